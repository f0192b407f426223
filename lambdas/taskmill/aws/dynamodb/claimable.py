"""Which tasks may be claimed: the condition of a claim, and why one was refused."""

from __future__ import annotations

from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.writes import not_found
from taskmill.model.errors import AttemptsSpent, ClaimLost
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, Status

_OPEN = frozenset({*RUNNING, Status.CREATED, Status.QUEUED, Status.ERRORED, Status.SCHEDULED})
CLAIM_SOURCES = {
    "created": Status.CREATED,
    "queued": Status.QUEUED,
    "scheduled": Status.SCHEDULED,
    "errored": Status.ERRORED,
    "processing": Status.PROCESSING,
    "waiting": Status.WAITING,
}
# A task may be claimed if it has attempts left and, clause by clause: it is queued; it is new or
# scheduled, and due; its retry is due; all awaited children have ended; or its lease has expired.
CLAIMABLE = (
    "attempts < :limit AND ("
    "#status = :queued"
    " OR (#status IN (:created, :scheduled) AND (attribute_not_exists(runAt) OR runAt <= :now))"
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
    due = {
        Status.ERRORED: row.retry_at,
        Status.CREATED: row.run_at,
        Status.SCHEDULED: row.run_at,
    }.get(row.status)
    if row.status in RUNNING:
        due = row.lease_until
    if due is not None and due > now:
        return ClaimLost(f"{key} is {row.status} until {due}", again_in_ms=due - now)
    # A parent that suspends gets its attempt back; one that was reported to wait does not.
    waits_for_none = row.status is Status.WAITING and not _is_suspended(row)
    if (row.status in _OPEN or waits_for_none) and row.attempts >= max_attempts:
        return AttemptsSpent(spent_reason(row, max_attempts), row=row)
    if row.status in _OPEN:  # the row changed between the write and this read
        return ClaimLost(f"{key} is {row.status}", again_in_ms=1_000)
    return ClaimLost(f"{key} is {row.status}")


def _is_suspended(row: TaskRow) -> bool:
    return (row.awaited_done or 0) < (row.awaited_total or 0)
