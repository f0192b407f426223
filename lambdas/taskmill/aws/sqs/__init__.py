"""Queues: the protocol, SQS, an in-memory queue, and queue classes that users supply.

May import `model`.
"""
