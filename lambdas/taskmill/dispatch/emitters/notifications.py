"""Publishes status notifications and alarms to SNS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.sns import (
    MESSAGES_A_CALL,
    Notification,
    Topic,
    alarm_notification,
    status_notification,
)
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import Publish, RaiseAlarm
from taskmill.model.chunks import chunked
from taskmill.model.redaction import RedactedNames


@dataclass(frozen=True, kw_only=True)
class NotificationEmitter:
    """Publishes the status and progress of tasks, and alarms about those that failed."""

    table_name: str
    status_topic: Topic
    alarm_topic: Topic
    redacted: RedactedNames = field(default_factory=RedactedNames)

    def emit(self, delivery: StreamDelivery) -> None:
        self._publish(
            self.status_topic,
            delivery.of(Publish),
            lambda each: status_notification(each.row, each.action, table=self.table_name),
            delivery,
        )
        self._publish(
            self.alarm_topic,
            delivery.of(RaiseAlarm),
            lambda each: alarm_notification(each.row, table=self.table_name),
            delivery,
        )

    def _masked(self, notification: Notification) -> Notification:
        body = notification["body"]
        content = self.redacted.masked_parts(body["content"], ("attributes", "errorDetails"))
        return {**notification, "body": {**body, "content": content}}

    def _publish(
        self,
        topic: Topic,
        caused: Sequence[Caused],
        shape: Callable[[Any], Any],
        delivery: StreamDelivery,
    ) -> None:
        shaped: dict[int, Any] = {}
        for place, each in enumerate(caused):
            with delivery.parking([each.record]):
                shaped[place] = self._masked(shape(each.reaction))

        def publish(caused: Sequence[Caused]) -> None:
            sent = topic.publish([each.reaction for each in caused])
            delivery.lose(each for each, done in zip(caused, sent, strict=True) if not done)

        ready = [Caused(caused[place].record, each) for place, each in shaped.items()]
        for chunk in chunked(ready, MESSAGES_A_CALL):
            delivery.together(chunk, publish)
