"""The three steps of a fan-out's state machine, one Lambda function each: split, batch, finish.

May import `work` and everything below.
"""
