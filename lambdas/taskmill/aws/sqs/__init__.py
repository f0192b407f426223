"""SQS: the protocol of a queue, the queue of SQS, one in memory, and the choice between them.

May import `model`.
"""
