"""Checks requests for schedules, and makes schedule rows of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from taskmill.functions.registry import Registry
from taskmill.model.api.requests import InvokeContext, TaskOptions
from taskmill.model.api.schedules import NewSchedule, fire_after
from taskmill.model.errors import InvalidInput, InvalidRequest, LimitExceeded
from taskmill.model.json_text import DEEPEST_IN_A_ROW, dump_json, fits_row
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.recurrence.timetable import check_expression, check_timezone
from taskmill.model.rows.schedule_row import ScheduleRow
from taskmill.model.submit_options import all_callbacks, all_log_ids
from taskmill.model.task_settings import TaskSettings

INPUT_LIMIT = 65_536  # bytes; the input is stored in the schedule's row
_TASK_OPTIONS = ("task_type", "on_success", "on_failure", "on_completion", "log_ids")
_BOOKKEEPING = ("created_at", "updated_at", "created_by", "created_ip", "request_id", "version")


def checked(given: Mapping[str, Any]) -> NewSchedule:
    """The request model made of keyword arguments.

    Raises:
        InvalidRequest: An argument is not valid; only the first one is named.
    """
    try:
        return NewSchedule(**given)
    except ValidationError as error:
        wrong = error.errors()[0]
        field = str(wrong["loc"][0])
        raise InvalidRequest(f"{field}: {wrong['msg']}", field=field) from None


def schedule_row(
    tenant: str,
    name: str,
    asked: NewSchedule,
    context: InvokeContext,
    *,
    now: int,
    max_bytes: int,
) -> ScheduleRow:
    """The row of a new schedule.

    Args:
        now: Epoch milliseconds.
        max_bytes: The configured limit of any payload; it applies if below 64 KB.

    Raises:
        InvalidRequest: Expression, time zone, input or callbacks are not valid, or the schedule
            would never fire.
        LimitExceeded: The input is too large.
    """
    options = TaskOptions(**{name: getattr(asked, name) for name in _TASK_OPTIONS})
    row = ScheduleRow(
        tenant=tenant,
        name=name,
        task_type=asked.task_type,
        expression=check_expression(asked.expression),
        timezone=check_timezone(asked.timezone),
        state="PAUSED" if asked.paused else "ENABLED",
        input=_input(asked.given_input, limit=min(INPUT_LIMIT, max_bytes)),
        task_name=asked.task_name,
        notify=asked.notify,
        priority=asked.priority,
        expires_seconds=asked.expires_seconds,
        deadline_seconds=asked.deadline_seconds,
        overlap=None if asked.overlap == "allow" else asked.overlap,
        jitter_seconds=asked.jitter_seconds,
        callbacks=all_callbacks(options, TaskSettings()),  # the task type's are added at each fire
        log_ids=all_log_ids(options, context),
        created_at=now,
        updated_at=now,
        created_by=context.user,
        created_ip=context.source_ip,
        request_id=context.request_id,
    )
    if fire_after(row, now) is None:
        raise InvalidRequest("expression: it would never fire", field="expression")
    return row


def check_input(registry: Registry, task_type: str, value: Any) -> None:
    """Refuse an input that does not fit the task function of the type, if it can be loaded here.

    Raises:
        InvalidRequest: The input does not fit; the message says why.
    """
    try:
        registry.check_input(task_type, value)
    except InvalidInput as refused:
        message = refused.message.removeprefix("input: ")  # starts so if no field is named
        raise InvalidRequest(f"input: {message}", field="input") from None
    except Exception:  # noqa: BLE001, S110  # code that cannot be loaded here may run in the worker
        pass


def replaced(before: ScheduleRow | None, asked: ScheduleRow) -> ScheduleRow:
    """The row to store for a request, given the stored one.

    If both say the same, that is `before` itself, so that nothing is written. Otherwise the new row
    keeps the creation time: the moment from which a rate is counted.
    """
    if before is None or before.state == "DELETED":
        return asked
    same = dataclasses.replace(asked, **{name: getattr(before, name) for name in _BOOKKEEPING})
    if same == before:
        return before
    return dataclasses.replace(asked, created_at=before.created_at)


def _input(value: Any, *, limit: int) -> str | None:
    if value is LEFT_OUT:
        return None
    text = dump_json(value, field="input")
    if (size := len(text.encode())) > limit:
        raise LimitExceeded("input", actual=size, limit=limit, unit="bytes")
    if not fits_row(text, limit=limit):
        raise InvalidRequest(
            f"input: nested deeper than {DEEPEST_IN_A_ROW} levels, or with an unpaired surrogate",
            field="input",
        )
    return text
