"""Which tasks may be claimed: the condition of a claim, and why one was refused."""

from __future__ import annotations

from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.writes import not_found
from taskmill.model.errors import AttemptsSpent, ClaimLost, NotAdmitted
from taskmill.model.flow_control.admission import is_admitted
from taskmill.model.flow_control.holds import is_debounced
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, Status
from taskmill.model.time_bounds import near_deadline, too_late

_OPEN = frozenset({*RUNNING, Status.CREATED, Status.QUEUED, Status.ERRORED, Status.SCHEDULED})
CLAIM_SOURCES = {
    "created": Status.CREATED,
    "queued": Status.QUEUED,
    "scheduled": Status.SCHEDULED,
    "errored": Status.ERRORED,
    "processing": Status.PROCESSING,
    "waiting": Status.WAITING,
    "zero": 0,
}
# A task may be claimed if it has attempts left, its deadline has not passed, it has the slots and
# the units that its limits demand (see docs/decisions/0049) and, clause by clause:
# it has not expired before it began, and is queued, or new or scheduled and due; its retry
# is due; all awaited children have ended; or its lease has expired.
CLAIMABLE = (
    "attempts < :limit AND (attribute_not_exists(deadlineAt) OR deadlineAt > :now)"
    " AND (attribute_not_exists(gates) OR attribute_exists(slots))"
    " AND (attribute_not_exists(rates) OR rateAt BETWEEN :late AND :now) AND ("
    "((attribute_not_exists(expiresAt) OR expiresAt > :now OR attempts > :zero"
    " OR attribute_exists(#fence)) AND ("
    "#status = :queued"
    " OR (#status IN (:created, :scheduled) AND (attribute_not_exists(runAt) OR runAt <= :now))))"
    " OR (#status = :errored AND (attribute_not_exists(retryAt) OR retryAt <= :now))"
    " OR (#status = :waiting AND awaitedDone >= awaitedTotal)"
    " OR (#status IN (:started, :processing) AND leaseUntil < :now))"
)


def spent_reason(row: TaskRow, max_attempts: int) -> str:
    """Why a task has no attempt left, although its last one did not fail it."""
    if row.status in RUNNING:
        return f"attempt {row.attempts} of {max_attempts} was lost with its worker"
    before = row.max_attempts or max_attempts
    lowered = f" ({before} when it was claimed)" if before != max_attempts else ""
    return f"no attempt is left: {row.attempts} were made, {max_attempts} are allowed now{lowered}"


def why_unclaimed(
    key: TaskKey, refused: ConditionFailed, max_attempts: int, *, now: int
) -> Exception:
    """The error for a claim that the table refused: what the row was instead of claimable."""
    if refused.old is None:
        return not_found(key)
    row = TaskRow.from_values(refused.old)
    due = _due(row, now)
    if due is not None and due > now:
        put_off = row if row.run_at == due and is_debounced(row) else None
        told = f"{key} is {row.status} until {due}"
        return ClaimLost(told, again_in_ms=due - now, put_off=put_off)
    # A parent that suspends gets its attempt back; one that was reported to wait does not.
    waits_for_none = row.status is Status.WAITING and not _is_suspended(row)
    if (row.status in _OPEN or waits_for_none) and row.attempts >= max_attempts:
        return AttemptsSpent(spent_reason(row, max_attempts), row=row)
    if (row.status in _OPEN or row.is_awake) and not is_admitted(row, now):
        return too_late(row, now) or NotAdmitted(f"{key} waits for its limits", row=row)
    # If it is open, the row changed between the write and this read.
    again = 1_000 if row.status in _OPEN else None
    return too_late(row, now) or ClaimLost(f"{key} is {row.status}", again_in_ms=again)


def _due(row: TaskRow, now: int) -> int | None:
    """When to look again at a task that is not due; None: it is not known."""
    if row.status in RUNNING:
        return row.lease_until
    waiting = {
        Status.ERRORED: row.retry_at,
        Status.CREATED: row.run_at,
        Status.SCHEDULED: row.run_at,
    }
    due = waiting.get(row.status)
    return near_deadline(row, now) if due is None else due


def _is_suspended(row: TaskRow) -> bool:
    return (row.awaited_done or 0) < (row.awaited_total or 0)
