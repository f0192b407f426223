"""Work due much later, or again and again: all that speaks to EventBridge Scheduler."""

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

FIRE_TIME = "<aws.scheduler.scheduled-time>"  # AWS puts the time in its place


class Scheduler:
    """Entries that put messages on a work queue when they are due.

    One-time ones put a task's message there and delete themselves; recurring ones the key of
    their schedule and the time. AWS tries for 24 hours, as it does unless told otherwise.
    """

    def __init__(
        self, client: Any, *, group: str, role_arn: str, queue_arns: Mapping[Lane, str]
    ) -> None:
        self.client = client
        self.group = group
        self.role_arn = role_arn
        self.queue_arns = queue_arns

    def send_at(self, key: TaskKey, due: int, lane: Lane = Lane.NORMAL) -> None:
        """Send the task's message at `due` (epoch ms); a second call for it changes nothing."""
        moment = to_datetime(due + 999)  # whole seconds, never early
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
        """Make the recurring entry what the row says; a second call changes nothing."""
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
        """Delete the recurring entry; one that is not there is fine."""
        try:
            self.client.delete_schedule(Name=_entry_name(_name(row)), GroupName=self.group)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise

    def _entry(self, name: str, lane: Lane, body: str) -> dict[str, Any]:
        return {
            "Name": _entry_name(name),
            "GroupName": self.group,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": self.queue_arns[lane], "RoleArn": self.role_arn, "Input": body},
        }


def _name(row: ScheduleRow) -> str:
    return "/".join(row.stored)


def _entry_name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()  # the 64 characters that a name may have


def _start(row: ScheduleRow, now: int) -> dict[str, Any]:
    """When a rate begins; without it AWS would fire at once, at each change of the entry."""
    if not row.expression.startswith("rate"):
        return {}
    first = next_fire(row.expression, row.timezone, after=now, anchor=row.created_at or now)
    return {"StartDate": to_datetime(first)}


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
