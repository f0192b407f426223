"""Bulk operations: cancel or retry all that a filter matches, as a task that runs on the worker."""
