"""Limits of concurrency at the claim: gets a task slots, or parks it and lets its message go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.model.errors import ClaimLost
from taskmill.model.flow_control.admission import wants_slots
from taskmill.model.rows.task_row import TaskRow

if TYPE_CHECKING:
    from taskmill.work.admission.gatekeeper import Gatekeeper


@dataclass(frozen=True, kw_only=True)
class GateAdmission:
    """Gets slots for a task that has none: one that was due later, a retry, a parent that goes on.

    Attributes:
        keeper: Returns the gatekeeper; its modules are imported only for tasks with limits.
    """

    keeper: Callable[[], Gatekeeper]

    def admit(self, row: TaskRow) -> TaskRow:
        """Return its row when the task has slots; see `Admission`.

        Raises:
            ClaimLost: There is no room: it is PARKED, and gets a new message when it has slots. Or
                the row has changed, and is to be looked at again.
        """
        if not wants_slots(row):
            return row
        decided = self.keeper().admit([row])
        if decided.parked:
            raise ClaimLost(f"{row.key} waits for a slot")
        if not decided.admitted:
            raise ClaimLost(f"{row.key} has changed", again_in_ms=0)
        return decided.admitted[0]
