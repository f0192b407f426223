"""Data types and rules: keys, statuses, rows, options, errors, request and response models.

Plain values that call no service: standard library, pydantic and python-ulid only. Imports
nothing from the rest of taskmill.
"""
