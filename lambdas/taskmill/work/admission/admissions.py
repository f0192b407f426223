"""What is asked before an attempt of a limited task is claimed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from taskmill.model.rows.task_row import TaskRow


class Admission(Protocol):
    """A kind of limit."""

    def admit(self, row: TaskRow) -> TaskRow:
        """Get what the limits of a task demand; return its row if an attempt may be claimed now.

        Args:
            row: As it was read; it lacks something, or was not asked about.

        Raises:
            ClaimLost: It may not: `again_in_ms` says when to deliver the message again; None: it
                waits without a message.
        """


@dataclass(frozen=True)
class Admissions:
    """All kinds of limits, one after the other; the first that holds a task back raises."""

    kinds: tuple[Admission, ...] = ()

    def admit(self, row: TaskRow) -> TaskRow:
        for each in self.kinds:
            row = each.admit(row)
        return row


NO_LIMITS = Admissions()
