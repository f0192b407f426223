"""The three steps of a fan-out: split into subtasks, work through a batch, finish.

May import `work` and everything below.
"""
