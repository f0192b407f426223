"""The API for task code: `@task`, type checks, `TaskContext`, events and handles.

May import `aws` and `model`. Attempts are run by `work`, and `wiring.connecting` provides the
connection to a task service.
"""
