"""Domain errors. The API maps each to HTTP once (`http_status`, `code`); the runner stores them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from taskmill.model.clock import to_datetime


class TaskmillError(Exception):
    """Anything taskmill itself refuses or reports."""

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class InvalidRequest(TaskmillError):
    """A request that can never work; `details` names the field and the limit."""

    code = "invalid_request"
    http_status = 422


class InvalidKey(InvalidRequest):
    """A tenant, type, code or key that is not of the documented form."""

    code = "invalid_key"
    http_status = 400


class LimitExceeded(TaskmillError):
    """Larger than a documented limit; `details` holds `field`, `actual` and `limit`."""

    code = "too_large"
    http_status = 413

    def __init__(self, field: str, *, actual: int, limit: int, unit: str) -> None:
        super().__init__(
            f"{field} is {actual:,} {unit}; at most {limit:,} are accepted",
            field=field,
            actual=actual,
            limit=limit,
        )


class Forbidden(TaskmillError):
    """The caller's tenant is not the path's."""

    code = "forbidden"
    http_status = 403


class TaskNotFound(TaskmillError):
    """No row has this key."""

    code = "not_found"
    http_status = 404


class Throttled(TaskmillError):
    """AWS or the API took no more for now; the same request may work in a moment."""

    code = "throttled"
    http_status = 429


class Conflict(TaskmillError):
    """What the row is now does not allow the change."""

    code = "conflict"
    http_status = 409


class TaskExists(Conflict):
    """A row with this key is there already."""


class IdempotencyConflict(Conflict):
    """The idempotency key was used before, for another request."""

    code = "idempotency_conflict"


class IllegalStatusChange(Conflict):
    """The status table does not allow this move."""

    code = "illegal_status_change"


class ClaimLost(TaskmillError):
    """This delivery may not run the task, or may no longer write to it.

    Attributes:
        again_in_ms: Deliver again after so many milliseconds; None: the message is done with.
    """

    code = "claim_lost"
    http_status = 409

    def __init__(self, message: str, *, again_in_ms: int | None = None) -> None:
        super().__init__(message)
        self.again_in_ms = again_in_ms


class SubtasksRemain(Exception):
    """Raised out of a batch to be invoked again: attempts are left, or the deadline is near."""


class SubtasksDueLater(SubtasksRemain):
    """Raised out of a batch to be invoked again at a time: nothing is left but later retries.

    The workflow knows it by the name of this class, and waits until the moment that its message is.

    Attributes:
        due: That moment in epoch milliseconds: a whole second, never early.
    """

    def __init__(self, due: int) -> None:
        self.due = -(-due // 1000) * 1000
        super().__init__(f"{to_datetime(self.due):%Y-%m-%dT%H:%M:%SZ}")


class Abort(TaskmillError):
    """Raised by a task function to fail at once, whatever its retry policy says."""

    code = "aborted"


class InvalidInput(Abort):
    """The stored input is not what the task function takes; another attempt cannot help."""

    code = "invalid_input"


class InvalidResult(Abort):
    """The task function returned something that cannot be stored."""

    code = "invalid_result"


class UnknownTaskType(Abort):
    """No task function is registered for the type."""

    code = "unknown_task_type"


class TaskFailed(TaskmillError):
    """A task that was waited for ended FAILED or CANCELLED.

    Attributes:
        task: As it ended.
        error: `{type, message, stack}` as stored; empty for a cancelled task.
    """

    code = "task_failed"
    http_status = 409

    def __init__(self, task: Any) -> None:
        stored = task.attributes.get("error")
        self.task = task
        self.error: Mapping[str, Any] = stored if isinstance(stored, dict) else {}
        super().__init__(f"{task.key} {self._outcome()}", **task.key.as_dict())

    @property
    def cause(self) -> Mapping[str, str]:
        """`{key, type, message}` of where it began: the task itself, or one that it waited for."""
        own = {"key": str(self.task.key), "type": str(self.error.get("type", "Error"))}
        known = self.error.get("cause")
        return known or {**own, "message": str(self.error.get("message", ""))}

    def _outcome(self) -> str:
        """How the task ended, in words."""
        if self.task.status != "FAILED":
            return f"is {self.task.status}"
        cause = self.cause
        place = "" if cause["key"] == str(self.task.key) else f" (in {cause['key']})"
        return f"failed: {cause['type']}: {cause['message']}{place}"


class WaitTimeout(TaskmillError):
    """The task goes on, but the time to wait for it is over.

    Attributes:
        task: As it was last seen.
    """

    code = "wait_timeout"
    http_status = 408

    def __init__(self, task: Any, timeout_seconds: float, reason: str = "") -> None:
        self.task = task
        message = f"{task.key} is still {task.status} after {timeout_seconds:g} s"
        super().__init__(f"{message}: {reason}" if reason else message)


class NotDeterministic(Abort):
    """A task function that waits for children did not start the same ones when it ran again."""

    code = "not_deterministic"


class TooDeep(InvalidRequest):
    """A chain of tasks that start tasks is longer than 32."""

    code = "too_deep"


class ChildrenFailed(TaskmillError):
    """The task function returned, but children that it did not wait for failed."""

    code = "children_failed"


class WrongRunner(Abort):
    """The type runs in containers only, and this is none."""

    code = "wrong_runner"


class AttemptsSpent(TaskmillError):
    """The last attempt's worker died: its lease ran out and no attempt is left."""

    code = "attempts_spent"


class PayloadMissing(TaskmillError):
    """An input or a result has expired, though the task that it belongs to has not."""

    code = "payload_missing"


class TaskTimeout(TaskmillError):
    """The attempt ran longer than `timeout_seconds`."""

    code = "timeout"


class TaskCancelled(TaskmillError):
    """The task was cancelled while this attempt ran."""

    code = "cancelled"
