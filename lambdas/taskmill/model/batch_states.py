"""What a batch is, given its fan-out and its row: pure functions for readers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from taskmill.model.batch_plan import batch_span
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import EMPTY, TaskRow
from taskmill.model.statuses import COUNTED, FINAL, Status
from taskmill.model.subtask_states import is_counted, standing

BatchState = Literal["WAITING", "OPEN", "CLOSED", "VOID"]


@dataclass(frozen=True, kw_only=True)
class BatchSeen:
    """A batch as readers are to see it.

    Attributes:
        counts: Its subtasks by outcome, as far as they are told; complete if CLOSED or VOID.
        certain: Nothing but what the state and the counts say can be stored of its subtasks: no
            outcome from outside, and none of an earlier run.
    """

    number: int
    first: int
    last: int
    state: BatchState
    counts: Mapping[str, int]
    started_at: int | None = None
    finished_at: int | None = None
    certain: bool = True

    def may_have(self, statuses: Collection[Status]) -> bool:
        """Whether one of its subtasks may have one of these statuses."""
        if self.state == "OPEN" or not self.certain:
            return True
        if self.state == "WAITING":
            return Status.CREATED in statuses
        return any(self.counts.get(COUNTED[each]) for each in statuses if each in FINAL)


def batch_seen(parent: TaskRow, number: int, row: BatchRow | None) -> BatchSeen:
    """The batch with this number.

    Args:
        row: As it is stored; None: it has none, or it is unreadable.
    """
    first, last = batch_span(number, parent.child_count or 0, parent.batch_size or 1)
    known = standing(parent, row)
    if known is None:
        return _unstored(parent, number, first, last)
    state: BatchState = "OPEN"
    if known.status is Status.CREATED:
        state = "WAITING"
    elif known.given_up:
        state = "VOID"
    elif known.status is Status.COMPLETED:
        state = "CLOSED"
    is_void = state == "VOID"
    return BatchSeen(
        number=number,
        first=first,
        last=last,
        state=state,
        counts=known.counts,
        started_at=None if is_void or state == "WAITING" else known.updated_at,
        finished_at=known.updated_at if is_void else known.finished_at,
        certain=state != "WAITING" or not known.reports,
    )


def _unstored(parent: TaskRow, number: int, first: int, last: int) -> BatchSeen:
    """One without a row: its subtasks are CREATED, or were cancelled with their fan-out."""
    state: BatchState = "WAITING"
    counts: Mapping[str, int] = EMPTY
    certain = parent.run == 1 and not parent.rows_stored
    if parent.ended and is_counted(parent):
        certain = True
        state = "CLOSED"  # its row has expired, and so have those of its subtasks
    elif parent.ended:
        state, counts = "VOID", {COUNTED[Status.CANCELLED]: last - first + 1}
    return BatchSeen(
        number=number, first=first, last=last, state=state, counts=counts, certain=certain
    )
