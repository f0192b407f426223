"""What a submit may say about its task, and what its type declares, as one row holds it."""

from __future__ import annotations

from collections.abc import Mapping

from taskmill.model.api.base import MAX_DELAY_SECONDS, MAX_LOG_IDS
from taskmill.model.api.requests import CreateTask, InvokeContext, TaskOptions
from taskmill.model.clock import to_ms
from taskmill.model.errors import InvalidRequest
from taskmill.model.task_settings import Callback, TaskSettings, callbacks_of

EVENTS: Mapping[str, str] = {
    "onSuccess": "on_success",
    "onFailure": "on_failure",
    "onCompletion": "on_completion",
}


def start_of(task: CreateTask, now: int) -> int | None:
    """When a task submitted `now` is to start, in epoch milliseconds; None: at once."""
    if task.delay_seconds:
        return now + task.delay_seconds * 1000
    if task.run_at is None:
        return None
    moment = to_ms(task.run_at)
    return moment if moment > now else None


def check_start(task: CreateTask, now: int) -> None:
    """Refuse a start that is said in two ways, or more than a year from now.

    Raises:
        InvalidRequest: With the limit.
    """
    if task.delay_seconds and task.run_at:
        raise InvalidRequest("give either delaySeconds or runAt, not both", field="runAt")
    if (start_of(task, now) or now) > now + MAX_DELAY_SECONDS * 1000:
        raise InvalidRequest(
            f"runAt is {task.run_at}; at most {MAX_DELAY_SECONDS:,} seconds ahead are accepted",
            field="runAt",
            limit=MAX_DELAY_SECONDS,
        )


def all_callbacks(task: TaskOptions, settings: TaskSettings) -> tuple[Callback, ...]:
    """What the type declares and what the submit adds, each once.

    Raises:
        InvalidRequest: The task's own type is among them.
    """
    for field, name in EVENTS.items():
        if task.task_type in getattr(task, name):
            raise InvalidRequest(
                f"{field} names {task.task_type!r}, the type of the task itself: it would never"
                " end",
                field=field,
            )
    added = callbacks_of(
        success=task.on_success, failure=task.on_failure, completion=task.on_completion
    )
    return tuple(dict.fromkeys((*settings.callbacks, *added)))


def all_log_ids(task: TaskOptions, context: InvokeContext) -> dict[str, str] | None:
    """Of the task and of whoever submits it; the task's own come first.

    Raises:
        InvalidRequest: Together they are more than ten.
    """
    log_ids = {**(context.log_ids or {}), **(task.log_ids or {})}
    if len(log_ids) > MAX_LOG_IDS:
        raise InvalidRequest(
            f"logIds are {len(log_ids)}, with the caller's; at most {MAX_LOG_IDS} are accepted",
            field="logIds",
            limit=MAX_LOG_IDS,
        )
    return log_ids or None


def stored_priority(task: TaskOptions, settings: TaskSettings) -> str | None:
    """The submit's priority, else the type's; "normal" is what a row without one has."""
    priority = task.priority or settings.priority
    return None if priority == "normal" else priority
