"""Groups many single tasks into few requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from taskmill.client.names import repeatable
from taskmill.client.wire import INLINE_LIMIT, check_request, to_json, to_moment, weight
from taskmill.functions.hooks.submits import submitted_log_ids
from taskmill.model.api.requests import NewTask
from taskmill.model.errors import WrongOptionType
from taskmill.model.given_elements import given_elements
from taskmill.model.json_reading import LEVELS_OF_A_BODY

TASKS_A_REQUEST = 100


def batches(tasks: Iterable[NewTask], *, ids: str, tenant: str) -> Iterator[bytes]:
    """Request bodies of up to 100 tasks and 4 MB each.

    Each task gets a code or an idempotency key, so that a repeated request stores it only once.

    Args:
        ids: How codes are made: "ulid", "uuid4", "uuid7" or "integer".

    Raises:
        InvalidRequest: An input cannot be converted to JSON, or an item is no `NewTask`.
        LimitExceeded: The input of one task is larger than a request may be.
    """
    lines: list[bytes] = []
    size = 0
    for index, task in enumerate(given_elements(tasks, field="tasks", unit="tasks")):
        if not isinstance(task, NewTask):
            raise WrongOptionType(
                f"tasks[{index}] is {type(task).__name__}: give a NewTask",
                field=f"tasks[{index}]",
            )
        fields = task.model_dump(mode="python", by_alias=True, exclude_defaults=True)
        if "input" in task.model_fields_set:
            fields["input"] = task.input  # also a null
        fields |= repeatable(ids, task.code, task.idempotency_key)
        if task.run_at is not None:
            fields["runAt"] = to_moment(task.run_at)
        log_ids = submitted_log_ids(task.task_type, task.log_ids, tenant=tenant)
        if log_ids is not None:
            fields["logIds"] = log_ids
        line = to_json(fields, field="input", around=LEVELS_OF_A_BODY)
        if lines and (len(lines) == TASKS_A_REQUEST or size + weight(line) > INLINE_LIMIT):
            yield _body(lines)
            lines, size = [], 0
        lines.append(line)
        size += weight(line)
    if lines:
        yield _body(lines)


def _body(lines: list[bytes]) -> bytes:
    return check_request(b'{"tasks":[' + b",".join(lines) + b"]}")
