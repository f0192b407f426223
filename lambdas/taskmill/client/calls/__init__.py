"""HTTP calls of the clients, written once for both.

An operation is a generator of steps (`steps.py`): a request, a pause, a callback. `blocking.py`
carries the steps out for `TaskClient`, `awaited.py` for `AsyncTaskClient`; `operations.py` makes
methods of both.
"""
