"""What runs the built-in task types: code of taskmill's own, which works in turns.

It stores where it stands as often as it likes, under the fence of its claim. When its turn is over
it hands itself on: the task is resumed at once, by whatever worker is free, and no attempt is used
up. So it takes as long as it must, whatever Lambda's limit, and other tasks get their turns, too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.model.rows.task_row import TaskRow
from taskmill.work.leases import Lease
from taskmill.work.suspension import Suspended


class HandedOn(Suspended):
    """Ends a turn: the task goes on in the next one, which waits for nothing."""

    def __init__(self) -> None:
        super().__init__(0)


@dataclass(frozen=True, slots=True)
class BuiltInTurn:
    """One turn of a built-in task: its row as claimed, its input, and where it keeps its state."""

    row: TaskRow
    input: Any
    lease: Lease

    def keep(self, progress: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
        """Store progress and attributes, and extend the lease; attempts count anew from here.

        Raises:
            TaskCancelled: The task was cancelled: nothing was stored.
            ClaimLost: Another worker has the task now: nothing was stored.
        """
        kept = {"progress": progress, **attributes}
        self.lease.patience(lambda: self.lease.keep(kept))


BuiltIn = Callable[[BuiltInTurn], Any]
"""Runs a turn; its result becomes that of the task."""
FindBuiltIn = Callable[[str], BuiltIn | None]


def no_built_in(_: str) -> BuiltIn | None:
    """For processes that run no built-in types."""
    return None
