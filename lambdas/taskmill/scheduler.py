"""Work due later than SQS can hold it back: all that speaks to EventBridge Scheduler."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from taskmill.clock import to_datetime
from taskmill.keys import TaskKey
from taskmill.lanes import Lane
from taskmill.queue import message_body


class Scheduler:
    """One-time schedules that put a task's message on a work queue and delete themselves."""

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
                Name=hashlib.sha256(f"{key}@{due}".encode()).hexdigest()[:64],
                GroupName=self.group,
                ScheduleExpression=f"at({moment:%Y-%m-%dT%H:%M:%S})",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": self.queue_arns[lane],
                    "RoleArn": self.role_arn,
                    "Input": message_body(key),
                },
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise
