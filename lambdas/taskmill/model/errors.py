"""Domain errors.

The API maps each one to an HTTP response by `http_status` and `code`; the runner stores those
that end a task in its row.
"""

from __future__ import annotations

from typing import Any, ClassVar

from taskmill.model.clock import to_datetime


class TaskmillError(Exception):
    """Base class of the errors that taskmill raises.

    Attributes:
        code: Of the error in a response of the API.
        http_status: HTTP status of that response.
        details: Further fields of that response.
    """

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


class UnknownPool(InvalidRequest):
    """The task type runs in a worker pool that the stack does not have; names those it has."""

    code = "unknown_pool"


class InvalidOption(InvalidRequest, ValueError):
    """An option, where it is given in Python, is out of range; names it and what is allowed."""


class WrongOptionType(InvalidOption, TypeError):
    """An option is of another type than any value that is allowed."""


class InvalidKey(InvalidRequest):
    """A tenant, type, code or key does not have the documented form."""

    code = "invalid_key"
    http_status = 400


class InvalidName(InvalidKey, InvalidOption):
    """An option that names a tenant, a task type or a code does not have the form of a name."""


class UnreadableMessage(InvalidKey):
    """The body of a queue's message is neither a task's key nor a schedule's fire."""


class LimitExceeded(TaskmillError):
    """A value exceeds a documented limit; `details` has `field`, `actual` and `limit`."""

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
    """The caller's tenant is not the one in the path."""

    code = "forbidden"
    http_status = 403


class TaskNotFound(TaskmillError):
    """No row has this key."""

    code = "not_found"
    http_status = 404


class Throttled(TaskmillError):
    """AWS or the API throttled the request; the same request may succeed a moment later."""

    code = "throttled"
    http_status = 429


class TooManyRequests(Throttled):
    """A tenant asks for more than its share.

    Attributes:
        after_seconds: When the same request may succeed.
    """

    def __init__(self, message: str, *, after_seconds: int) -> None:
        super().__init__(message)
        self.after_seconds = after_seconds


class Conflict(TaskmillError):
    """The current state of the row does not allow the change."""

    code = "conflict"
    http_status = 409


class TaskExists(Conflict):
    """A row with this key exists already."""


class IdempotencyConflict(Conflict):
    """The idempotency key was used before, for a different request."""

    code = "idempotency_conflict"


class IllegalStatusChange(Conflict):
    """The status table does not allow this move."""

    code = "illegal_status_change"


class ClaimLost(TaskmillError):
    """This delivery may not run the task, or may no longer write to it.

    Attributes:
        again_in_ms: Milliseconds after which to deliver the message again; None: delete it.
        put_off: The row of a debounced task that is not due yet: its message is to be replaced by
            another, as a message that is hidden again and again becomes a dead letter.
    """

    code = "claim_lost"
    http_status = 409

    def __init__(
        self, message: str, *, again_in_ms: int | None = None, put_off: Any = None
    ) -> None:
        super().__init__(message)
        self.again_in_ms = again_in_ms
        self.put_off = put_off


class SubtasksRemain(Exception):
    """Raised by the batch function so that Step Functions invokes it again.

    Either failed subtasks have attempts left, or the invocation is close to its deadline.
    """


class SubtasksDueLater(SubtasksRemain):
    """Raised by the batch function when only retries that are due later are left.

    The workflow catches it by the name of this class and waits until the timestamp that is its
    message.

    Attributes:
        due: That time in epoch milliseconds, rounded up to a whole second.
    """

    def __init__(self, due: int) -> None:
        self.due = -(-due // 1000) * 1000
        super().__init__(f"{to_datetime(self.due):%Y-%m-%dT%H:%M:%SZ}")


class Abort(TaskmillError):
    """Raised by a task function to fail the task without another attempt."""

    code = "aborted"


class InvalidInput(Abort):
    """The input does not match the task function's type hint; a retry cannot help."""

    code = "invalid_input"


class MissingInput(InvalidInput):
    """The task function takes an input, and the task was submitted without one."""


class InvalidResult(Abort):
    """The task function returned a value of the wrong type, or one that JSON cannot hold."""

    code = "invalid_result"


class UnknownTaskType(Abort):
    """No task function is registered for the type."""

    code = "unknown_task_type"


class NotDeterministic(Abort):
    """A task function that waits for children did not start the same ones when it was rerun."""

    code = "not_deterministic"


class TooDeep(InvalidRequest):
    """A chain of tasks that start tasks would be more than 32 levels deep."""

    code = "too_deep"


class CallbackBudgetSpent(TaskmillError):
    """Callbacks of a task are not submitted: its root may not cause any more."""

    code = "callback_budget_spent"


class ChildrenFailed(TaskmillError):
    """The task function returned, but children it had not waited for failed."""

    code = "children_failed"


class WrongRunner(Abort):
    """The task type runs in containers only, and this process is not one."""

    code = "wrong_runner"


class AttemptsSpent(TaskmillError):
    """No attempt is left: the worker of the last one died, or fewer are allowed than before.

    Attributes:
        row: The task's row as it was found; None: unknown.
    """

    code = "attempts_spent"

    def __init__(self, message: str, *, row: Any = None) -> None:
        super().__init__(message)
        self.row = row


class NotAdmitted(TaskmillError):
    """The task needs a slot, or units of a rate limit, before an attempt of it may begin.

    Attributes:
        row: The task's row as it was found.
    """

    code = "not_admitted"

    def __init__(self, message: str, *, row: Any) -> None:
        super().__init__(message)
        self.row = row


class PayloadMissing(Abort):
    """The stored input or result has expired, although its task still exists; a retry cannot help.

    `details` has the task's key, and "input" or "result" as `field`.
    """

    code = "payload_expired"
    http_status = 410


class PayloadTooLarge(Abort):
    """A stored input or result does not fit the memory of the function that is to read it."""

    code = "too_large"
    http_status = 413


class TaskTimeout(TaskmillError):
    """The attempt ran longer than `timeout_seconds`."""

    code = "timeout"


class TaskCancelled(TaskmillError):
    """The task was cancelled while this attempt ran."""

    code = "cancelled"
