"""How a task function is left while it waits for children."""

from __future__ import annotations


class Suspended(BaseException):
    """Ends the function's run; no `Exception`, so that task code does not take it for an error.

    Attributes:
        awaited: How many children of this run wake the task when they have ended.
    """

    def __init__(self, awaited: int) -> None:
        super().__init__(f"suspended until {awaited} children have ended")
        self.awaited = awaited
