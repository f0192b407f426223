"""What becomes of a task whose message was received too often. Pure functions, no AWS, no clock.

A message is no proof that its task fails: it may have been handed back again and again by workers
that had no time for it, or by none at all while Lambda was throttled. So the row decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.model.errors import AttemptsSpent, TaskmillError
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, Status
from taskmill.model.time_bounds import beyond_deadline

MAX_RESENT = 3  # then the message itself seems to be what kills its workers


class DeadLetter(TaskmillError):
    """The task's message was received too often without the task coming to an end."""

    code = "dead_letter"


@dataclass(frozen=True, slots=True)
class Drop:
    """Nothing depends on the message."""


@dataclass(frozen=True, slots=True)
class Later:
    """A worker has the task, or it is not due yet; look at the message again at `at` (epoch ms).

    Whatever is due later has a message of its own that arrives then; if that is lost, there is
    still this one.
    """

    at: int


@dataclass(frozen=True, slots=True)
class Resend:
    """Send the task's message again."""


@dataclass(frozen=True, slots=True)
class Fail:
    """The task has failed, for this reason."""

    reason: TaskmillError


Verdict = Drop | Later | Resend | Fail


def verdict(row: TaskRow, letter: str, *, now: int) -> Verdict:
    """What becomes of a task with a dead letter.

    Args:
        letter: Id of the message; one that has been sent again before does not count once more.
        now: Epoch milliseconds.
    """
    if row.ended:
        return Drop()
    if _waits_for_children(row):  # the end of its last child sends another message
        late = beyond_deadline(row, now)  # this one may have been sent for its deadline
        return Drop() if late is None else Fail(late)
    if (due := _due(row)) is not None and due > now:
        return Later(due)
    if row.max_attempts is not None and row.attempts >= row.max_attempts:
        return Fail(_spent(row))
    if letter not in row.resent_for and (row.resent or 0) >= MAX_RESENT:
        return Fail(_given_up())
    return Resend()


def _waits_for_children(row: TaskRow) -> bool:
    return row.status is Status.FINISHED or (row.status is Status.WAITING and not row.is_awake)


def _due(row: TaskRow) -> int | None:
    """When a task may be claimed that is running, or waits for its time."""
    if row.status in RUNNING:
        return row.lease_until
    if row.status is Status.ERRORED:
        return row.retry_at
    if row.status is Status.CREATED and row.direct:
        return row.lease_until  # its submitter runs it until then
    return row.run_at if row.status in (Status.CREATED, Status.SCHEDULED) else None


def _spent(row: TaskRow) -> AttemptsSpent:
    lost = " with its worker" if row.status in RUNNING else ""
    return AttemptsSpent(f"attempt {row.attempts} of {row.max_attempts} was lost{lost}", row=row)


def _given_up() -> DeadLetter:
    return DeadLetter(
        f"its message was received too often, also after it had been sent again {MAX_RESENT} times;"
        " see the worker's log for why"
    )
