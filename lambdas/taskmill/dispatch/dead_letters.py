"""Handles the dead-letter queue: fails tasks whose messages were received too often or not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sqs.protocol import Queue
from taskmill.dispatch.undelivered import as_sent, why_undelivered
from taskmill.functions.events import TaskQueueEvent
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import InvalidKey, TaskmillError, TaskNotFound
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.statuses import RUNNING
from taskmill.work.fires import Fire


class DeadLetter(TaskmillError):
    """The task's message was received too often, or its schedule could not send it."""

    code = "dead_letter"


@dataclass(frozen=True, kw_only=True)
class DeadLetterHandler:
    """Fails the tasks of dead letters. The dispatcher raises the alarm for the row change.

    Attributes:
        queue: The dead-letter queue.
    """

    tasks: TaskStore
    queue: Queue
    logger: Any
    clock: Clock = now_ms

    def handle(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Handle one delivery of the dead-letter queue.

        Returns:
            Ids of the messages to keep on it: malformed ones, and those of running tasks.
        """
        kept = []
        for record in records:
            try:
                done = self._fail_task(record)
            except InvalidKey:
                self.logger.exception("malformed message", message_id=record["messageId"])
                done = False
            except UnreadableRow:  # nothing can be written to it; once repaired, it is sent again
                self.logger.exception("unreadable row", message_id=record["messageId"])
                done = True
            if not done:
                kept.append(record["messageId"])
        return kept

    def _fail_task(self, record: Mapping[str, Any]) -> bool:
        """Fail the task of one message. False: keep the message, the task is still running."""
        record = {**record, "body": as_sent(record["body"])}
        if (fire := Fire.in_body(record["body"])) is not None:
            # A schedule's fire has no task yet, and its time is over; the next fire has its own
            # message.
            self.logger.error("fire lost", tenant=fire.tenant, schedule=fire.name, at=fire.at)
            return True
        key = TaskQueueEvent.from_sqs_record(record).key
        try:
            row = self.tasks.get(key)
        except TaskNotFound:
            return True
        left = (row.lease_until or 0) - self.clock()
        if row.status in RUNNING and left > 0:  # a worker got it from another message
            self.queue.show_again({record["receiptHandle"]: -(-left // 1000)})
            return False
        if self.tasks.fail(key, _error(record)):
            self.logger.error("dead letter", key=str(key), status=str(row.status))
        return True


def _error(record: Mapping[str, Any]) -> DeadLetter:
    if (why := why_undelivered(record)) is not None:
        return DeadLetter(f"its schedule could not send its message for 24 hours: {why}")
    return DeadLetter("its message was received too often; see the worker's log for why")
