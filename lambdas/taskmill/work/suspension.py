"""The exception that stops a task function while it waits for children."""

from __future__ import annotations

from taskmill.model.interruptions import Interruption


class Suspended(Interruption):
    """Stops the task function until its children have ended; then it runs again from the top.

    Attributes:
        awaited: How many children must end before the task is resumed: all that it has waited
            for in this run, ended ones included.
    """

    def __init__(self, awaited: int) -> None:
        super().__init__(f"suspended until {awaited} children have ended")
        self.awaited = awaited
