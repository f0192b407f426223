"""DynamoDB: the tasks table, with a store class for each kind of row.

May import `model`. Every state change is one conditional write, defined in a store.
"""
