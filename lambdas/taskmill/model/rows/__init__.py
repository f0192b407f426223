"""Rows of the tasks table, in Python's names: what a store reads and writes.

Plain dataclasses, without pydantic: they are on the cold-start path of every function.
"""
