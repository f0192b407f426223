"""The three Lambda functions of a fan-out's state machine: split, batch (the Map), finish.

May import `work` and everything below.
"""
