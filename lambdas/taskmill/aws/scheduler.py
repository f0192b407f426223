"""EventBridge Scheduler: one-time and recurring schedules that send messages to work queues."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.sqs.protocol import message_body
from taskmill.model.clock import to_datetime
from taskmill.model.keys import TaskKey
from taskmill.model.lanes import Lane
from taskmill.model.recurrence.timetable import next_fire
from taskmill.model.rows.schedule_row import ScheduleRow

FIRE_TIME = "<aws.scheduler.scheduled-time>"  # AWS replaces this by the time of the fire


class Scheduler:
    """A schedule group of EventBridge Scheduler; its entries send messages to work queues.

    A one-time entry sends a task's message and then deletes itself; a recurring one sends the key
    of its schedule row and the time of the fire. Deliveries that fail are retried for 24 hours,
    which is AWS's default, and then go to the queue at `dead_letters_arn`, if there is one.
    """

    def __init__(
        self,
        client: Any,
        *,
        group: str,
        role_arn: str,
        queue_arns: Mapping[Lane, str],
        dead_letters_arn: str | None = None,
    ) -> None:
        self.client = client
        self.group = group
        self.role_arn = role_arn
        self.queue_arns = queue_arns
        self.dead_letters_arn = dead_letters_arn

    def send_at(self, key: TaskKey, due: int, lane: Lane = Lane.NORMAL) -> None:
        """Create a one-time entry that sends the task's message at `due` (epoch ms). Idempotent."""
        moment = to_datetime(due + 999)  # rounded up to a whole second
        try:
            self.client.create_schedule(
                **self._entry(f"{key}@{due}", lane, message_body(key)),
                ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
                ActionAfterCompletion="DELETE",
            )
        except ClientError as error:
            if _code(error) != "ConflictException":
                raise

    def apply(self, row: ScheduleRow, *, now: int) -> None:
        """Create or update the recurring entry of a schedule row. Idempotent."""
        body = json.dumps({**row.stored._asdict(), "at": FIRE_TIME})
        entry = {
            **self._entry(_name(row), Lane.NORMAL, body),
            "Description": _name(row),
            "ScheduleExpression": row.expression,
            "ScheduleExpressionTimezone": row.timezone,
            "State": "ENABLED" if row.state == "ENABLED" else "DISABLED",
            **_start(row, now),
        }
        try:
            self.client.create_schedule(**entry)
        except ClientError as error:
            if _code(error) != "ConflictException":
                raise
            self.client.update_schedule(**entry)

    def remove(self, row: ScheduleRow) -> None:
        """Delete the recurring entry, if it exists."""
        try:
            self.client.delete_schedule(Name=_entry_name(_name(row)), GroupName=self.group)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise

    def _entry(self, name: str, lane: Lane, body: str) -> dict[str, Any]:
        target: dict[str, Any] = {
            "Arn": self.queue_arns[lane],
            "RoleArn": self.role_arn,
            "Input": body,
        }
        if self.dead_letters_arn is not None:
            target["DeadLetterConfig"] = {"Arn": self.dead_letters_arn}
        return {
            "Name": _entry_name(name),
            "GroupName": self.group,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": target,
        }


def _name(row: ScheduleRow) -> str:
    return "/".join(row.stored)


def _entry_name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()  # 64 characters, the longest name AWS accepts


def _start(row: ScheduleRow, now: int) -> dict[str, Any]:
    """The start of a rate; without one, AWS fires immediately whenever the entry is changed."""
    if not row.expression.startswith("rate"):
        return {}
    first = next_fire(row.expression, row.timezone, after=now, anchor=row.created_at or now)
    return {"StartDate": to_datetime(first)}


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
