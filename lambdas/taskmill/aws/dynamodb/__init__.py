"""DynamoDB: the tasks table, a store for each kind of row.

May import `model`. Every change of a row is one conditional write, which a store words.
"""
