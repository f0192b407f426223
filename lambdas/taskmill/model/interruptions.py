"""Interruptions: what taskmill itself raises through task code, to stop it."""

from __future__ import annotations


class Interruption(BaseException):
    """Base class: the time limit, the suspension of a parent, and a simulated crash in tests.

    Everything else that task code raises is an error of its attempt. A `BaseException`, so that
    `except Exception` in task code does not catch it.
    """


BLOCKED = "other async code has blocked the event loop"


class HeldUp(Interruption):
    """Code of another task blocks the event loop: the attempt did not get on and is not counted."""
