"""Handles the dead-letter queue: messages of tasks that were received too often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sqs.protocol import (
    MAX_HIDDEN_SECONDS,
    Delivery,
    Message,
    Queue,
)
from taskmill.dispatch.dead_letter_rules import DeadLetter, Drop, Fail, Later, Resend, verdict
from taskmill.dispatch.undelivered import as_sent, why_undelivered
from taskmill.functions.events import task_in_body
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import TaskNotFound, UnreadableMessage
from taskmill.model.keys import TaskKey
from taskmill.model.lanes import Lane, lane_of
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.work.fires import Fire
from taskmill.work.triggers.messages import NothingAsked, TriggerReader
from taskmill.work.unreadable import Unreadable

_TRIES = 5  # a row that changes meanwhile is looked at again


@dataclass(frozen=True, kw_only=True)
class DeadLetterHandler:
    """Sends the messages of tasks again that can still run, and fails those that cannot.

    First the row notes that its message is sent again, then it is sent, then the dead letter is
    deleted. So a crash in between sends it twice, which is harmless, but never too often.

    Attributes:
        queue: The dead-letter queue.
        lanes: The work queue of each lane.
        triggers: Reads messages that ask for new tasks.
        unreadable: Takes malformed messages, and those that ask for tasks nobody has stored.
    """

    tasks: TaskStore
    queue: Queue
    lanes: Mapping[Lane, Queue]
    triggers: TriggerReader
    unreadable: Unreadable
    logger: Any
    clock: Clock = now_ms

    def handle(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Handle one delivery of the dead-letter queue.

        Returns:
            Ids of the messages to keep on it: those of tasks that are running or not due yet, and
            those that could not be handled because AWS failed.
        """
        return [record["messageId"] for record in records if not self._is_done(record)]

    def _is_done(self, record: Mapping[str, Any]) -> bool:
        body = as_sent(record["body"])
        letter = Delivery(record["messageId"], record["receiptHandle"], body)
        if (why := why_undelivered(record)) is not None:
            self.logger.error("a schedule could not send its message", body=body, reason=why)
        try:
            return self._handle(letter)
        except Exception:  # of the network or AWS: it stays on the queue and stops no other
            self.logger.exception("dead letter not handled", message_id=letter.id)
            return False

    def _handle(self, letter: Delivery) -> bool:
        """Handle one message. False: keep it."""
        try:
            if (trigger := self.triggers.read(letter)) is not None:
                return self._settle_trigger(trigger.key, letter)
            if (fire := Fire.in_body(letter.body)) is not None:
                # A schedule's fire has no task yet, and its time is over; the next fire has its
                # own message.
                self.logger.error("fire lost", tenant=fire.tenant, schedule=fire.name, at=fire.at)
                return True
            return self._settle(task_in_body(letter.body), letter)
        except NothingAsked:
            return True
        except (UnreadableMessage, UnreadableRow) as odd:  # people have to look at it
            return self.unreadable.take(letter, odd)

    def _settle_trigger(self, key: TaskKey, letter: Delivery) -> bool:
        """Handle a message that asks for a task: if it is stored, as the message of that task."""
        if self.tasks.shown(key.stored) is None:
            reason = DeadLetter("no worker could store the task that this message asks for")
            return self.unreadable.take(letter, reason)
        return self._settle(key, letter)

    def _settle(self, key: TaskKey, letter: Delivery) -> bool:
        for _ in range(_TRIES):
            done = self._decide(key, letter)
            if done is not None:
                return done
        return False

    def _decide(self, key: TaskKey, letter: Delivery) -> bool | None:
        """Look at the row and act. None: the row has changed meanwhile."""
        try:
            row = self.tasks.get(key)
        except TaskNotFound:  # its row may still be put: see docs/decisions/0031
            return True if self.tasks.bury(key, letter.id) else None
        match verdict(row, letter.id, now=self.clock()):
            case Drop():
                return True
            case Later(at):
                self.queue.show_again({letter.receipt: self._seconds_until(at)})
                return False
            case Resend():
                return self._send_again(row, letter)
            case Fail(reason):
                if not self.tasks.fail(row, reason):
                    return None
                self.logger.error("dead letter", key=str(key), status=str(row.status))
                return True

    def _send_again(self, row: TaskRow, letter: Delivery) -> bool | None:
        if not self.tasks.note_resent(row, letter.id):
            return None
        (sent,) = self.lanes[lane_of(row)].send([Message(row.key)])
        self.logger.warning("dead letter sent again", key=str(row.key), status=str(row.status))
        return sent

    def _seconds_until(self, at: int) -> int:
        """Whole seconds, rounded up; 0 for the past."""
        return min(max(-(-(at - self.clock()) // 1000), 0), MAX_HIDDEN_SECONDS)
