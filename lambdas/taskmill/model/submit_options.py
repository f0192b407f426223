"""Merges the options of a submit with the settings of its task type, for the row."""

from __future__ import annotations

from collections.abc import Mapping

from taskmill.model.api.requests import CreateTask, InvokeContext, TaskOptions
from taskmill.model.clock import to_ms
from taskmill.model.errors import InvalidRequest
from taskmill.model.flow_control.holds import DEBOUNCED, UNTIL_END, UNTIL_START
from taskmill.model.limits import MAX_DELAY_SECONDS, MAX_LOG_IDS
from taskmill.model.pools import check_priority
from taskmill.model.task_settings import Callback, TaskSettings, callbacks_of

EVENTS: Mapping[str, str] = {
    "onSuccess": "on_success",
    "onFailure": "on_failure",
    "onCompletion": "on_completion",
}


def start_of(task: CreateTask, now: int) -> int | None:
    """When a task submitted `now` (epoch ms) should start, in epoch ms; None: at once."""
    if task.debounce:
        return now + task.debounce.seconds * 1000
    if task.delay_seconds:
        return now + task.delay_seconds * 1000
    if task.run_at is None:
        return None
    moment = to_ms(task.run_at)
    return moment if moment > now else None


def check_start(task: CreateTask, now: int) -> None:
    """Reject a start given both as a delay and as a time, or more than a year ahead.

    Raises:
        InvalidRequest: Names the field and, for the latter, the limit.
    """
    if task.debounce and (task.delay_seconds or task.run_at):
        field = "runAt" if task.run_at else "delaySeconds"
        raise InvalidRequest(
            f"give either debounce, which says when the task starts, or {field}", field=field
        )
    if task.delay_seconds and task.run_at:
        raise InvalidRequest("give either delaySeconds or runAt, not both", field="runAt")
    if (start_of(task, now) or now) > now + MAX_DELAY_SECONDS * 1000:
        raise InvalidRequest(
            f"runAt is {task.run_at}; at most {MAX_DELAY_SECONDS:,} seconds ahead are accepted",
            field="runAt",
            limit=MAX_DELAY_SECONDS,
        )


def key_of(task: CreateTask) -> str | None:
    """The key that a task has to itself, as its row has it; None: no such thing was asked for.

    Raises:
        InvalidRequest: Options contradict each other.
    """
    field = "debounce" if task.unique is None else "unique"
    if task.unique and task.debounce:
        raise InvalidRequest("give either unique or debounce, not both", field="debounce")
    if (task.unique or task.debounce) and task.idempotency_key is not None:
        raise InvalidRequest(
            f"give either {field} or idempotencyKey: a code makes a submit with a key repeatable",
            field="idempotencyKey",
        )
    if task.debounce:
        return f"{DEBOUNCED}:{task.debounce.asked.key}"
    if task.unique is None:
        return None
    asked = task.unique.asked
    return f"{UNTIL_END if asked.until == 'end' else UNTIL_START}:{asked.key}"


def all_callbacks(task: TaskOptions, settings: TaskSettings) -> tuple[Callback, ...]:
    """Callbacks that the type declares, then those of the submit, without duplicates.

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
    """Log ids of the caller and of the task; where both have a name, the task's value wins.

    Raises:
        InvalidRequest: There are more than ten in all.
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
    """The priority of the submit, else of the type; None, which rows omit, means "normal".

    Raises:
        InvalidRequest: It is an urgent one, and the type runs in a pool.
    """
    check_priority(task.task_type, task.priority, settings.pool)
    priority = task.priority or settings.priority
    return None if priority == "normal" else priority
