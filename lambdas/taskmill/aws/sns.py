"""SNS: status notifications and alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from taskmill.model.actions import ALARM
from taskmill.model.chunks import chunked
from taskmill.model.error_details import parted_error
from taskmill.model.json_text import message_text
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow, plain_attributes

MESSAGES_A_CALL = 10
Notification = dict[str, Any]


class Topic:
    """An SNS topic and its client."""

    def __init__(self, client: Any, arn: str) -> None:
        self.client = client
        self.arn = arn

    def publish(self, notifications: Sequence[Notification]) -> list[bool]:
        """Publish, 10 per request; False for each notification that SNS rejected."""
        sent: list[bool] = []
        for chunk in chunked(notifications, MESSAGES_A_CALL):
            sent += self._publish_call(chunk)
        return sent

    def _publish_call(self, notifications: Sequence[Notification]) -> list[bool]:
        answer = self.client.publish_batch(
            TopicArn=self.arn,
            PublishBatchRequestEntries=[
                {
                    "Id": str(index),
                    # Compact, as when the payloads were measured: 10 of the largest fit.
                    "Message": message_text(each["body"]),
                    "MessageAttributes": _attributes(each["attributes"]),
                }
                for index, each in enumerate(notifications)
            ],
        )
        refused = {int(each["Id"]) for each in answer.get("Failed", [])}
        return [index not in refused for index in range(len(notifications))]


def status_notification(row: TaskRow, action: str, *, table: str) -> Notification:
    """The notification of a task's status and attributes; a large result is a reference."""
    content = {"status": str(row.status), "attributes": plain_attributes(row.attributes)}
    return _notification(row, action, table, content)


def alarm_notification(
    row: TaskRow, *, table: str, error_details: Mapping[str, Any] | None = None
) -> Notification:
    """The alarm for a failed task: `error_details`, or by default the error in its row."""
    error, _ = parted_error(error_details or row.attributes.get("error") or {})
    content = {
        "status": str(row.status),
        "attributes": plain_attributes(row.attributes),
        "errorMessage": error.get("message", f"{row.key} failed"),
        "errorDetails": error,
    }
    return _notification(row, ALARM, table, content)


def _notification(
    row: TaskRow, action: str, table: str, content: Mapping[str, Any]
) -> Notification:
    key: TaskKey = row.key
    return {
        "attributes": {
            "action": action,
            "tenantCode": key.tenant,
            "taskType": key.type,
            "status": str(row.status),
        },
        "body": {
            "action": action,
            **key.as_dict(),
            "table": table,
            # The same for each delivery of one change, so that subscribers can drop duplicates.
            "id": row.notify_id or f"{key.sk}@{row.version}",
            "tenantCode": key.tenant,
            "content": content,
        },
    }


def _attributes(values: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}
