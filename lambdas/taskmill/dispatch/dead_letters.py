"""Ends the tasks of messages that were received too often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sqs.protocol import Queue
from taskmill.functions.events import TaskQueueEvent
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import InvalidKey, TaskmillError, TaskNotFound
from taskmill.model.statuses import RUNNING
from taskmill.work.fires import Fire


class DeadLetter(TaskmillError):
    """The task's message was received too often without the task coming to an end."""

    code = "dead_letter"


@dataclass(frozen=True, kw_only=True)
class Undertaker:
    """Marks tasks FAILED whose messages have died; the row change raises the alarm."""

    tasks: TaskStore
    queue: Queue
    logger: Any
    clock: Clock = now_ms

    def handle(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Returns the ids of messages to keep: malformed ones, and those of running tasks."""
        kept = []
        for record in records:
            try:
                done = self._bury(record)
            except InvalidKey:
                self.logger.exception("malformed message", message_id=record["messageId"])
                done = False
            if not done:
                kept.append(record["messageId"])
        return kept

    def _bury(self, record: Mapping[str, Any]) -> bool:
        if (fire := Fire.in_body(record["body"])) is not None:
            # There is no task to fail, and its time is over: the next fire is another message.
            self.logger.error("fire lost", tenant=fire.tenant, schedule=fire.name, at=fire.at)
            return True
        key = TaskQueueEvent.from_sqs_record(record).key
        try:
            row = self.tasks.get(key)
        except TaskNotFound:
            return True
        left = (row.lease_until or 0) - self.clock()
        if row.status in RUNNING and left > 0:  # another message of it is being worked on
            self.queue.show_again({record["receiptHandle"]: -(-left // 1000)})
            return False
        error = DeadLetter("its message was received too often; see the worker's log for why")
        if self.tasks.fail(key, error):
            self.logger.error("dead letter", key=str(key), status=str(row.status))
        return True
