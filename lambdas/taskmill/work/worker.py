"""Handles one SQS delivery to the worker function.

Runs each message's task, and reports which messages to redeliver, and after how long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.sqs.protocol import Delivery, Queue, delivery_of
from taskmill.work.delivery_round import Answers, Round, Turn
from taskmill.work.durations import Durations
from taskmill.work.message_runner import MessageRunner
from taskmill.work.side_calls import SideCalls, Threads
from taskmill.work.waiting import PATIENCE_SECONDS, Waiting


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Runs the tasks of one delivery: side by side where that is safe, else one after another.

    No task waits long behind another one: when a task has run for a second, the messages that are
    not begun go back to the queue; see `Waiting`. A task that would not have its whole timeout left
    before the Lambda deadline is not begun, either. The first message is begun in any case.

    Attributes:
        queues: The work queues by name; a record names its own in `eventSourceARN`.
        main: The queue of records whose queue is not among `queues`.
        durations: Of the tasks that this process has run.
        patience_seconds: How long messages wait behind a task that runs.
    """

    messages: MessageRunner
    queues: Mapping[str, Queue]
    main: Queue
    side_calls: SideCalls = field(default_factory=Threads)
    durations: Durations = field(default_factory=Durations)
    patience_seconds: float = PATIENCE_SECONDS

    def handle(
        self, records: Sequence[Mapping[str, Any]], remaining_ms: Callable[[], int]
    ) -> list[str]:
        """Work through one delivery.

        Args:
            records: The SQS records of the Lambda event.
            remaining_ms: Returns the milliseconds until the Lambda deadline.

        Returns:
            Ids of the messages to redeliver: the batch item failures.
        """
        deliveries = {record["messageId"]: _delivery(record) for record in records}
        queues = {
            record["messageId"]: self.queues.get(_queue_name(record), self.main)
            for record in records
        }
        waiting = Waiting(
            sorted(deliveries.values(), key=lambda each: -each.receives),
            queues=queues,
            durations=self.durations,
            side_calls=self.side_calls,
            sleep=self.messages.runner.sleep,
            logger=self.messages.logger,
            patience_seconds=self.patience_seconds,
        )
        turns = {name: Turn.of(each, self.messages) for name, each in deliveries.items()}
        answers = Round(
            turns,
            waiting,
            messages=self.messages,
            durations=self.durations,
            side_calls=self.side_calls,
        ).run(remaining_ms)
        self._hide(answers, deliveries, queues)
        again = {name for name, seconds in answers.items() if seconds is not None}
        return [name for name in deliveries if name in again | waiting.handed_back]

    def _hide(
        self, answers: Answers, deliveries: Mapping[str, Delivery], queues: Mapping[str, Queue]
    ) -> None:
        """Set when messages come again. If that fails, they do after their visibility timeout."""
        hidden: defaultdict[int, dict[str, int]] = defaultdict(dict)  # queue -> receipts
        by_id = {id(queue): queue for queue in queues.values()}
        for name, seconds in answers.items():
            if seconds is not None:
                hidden[id(queues[name])][deliveries[name].receipt] = seconds
        for queue_id, receipts in hidden.items():
            try:
                by_id[queue_id].show_again(receipts)
            except Exception as error:  # noqa: BLE001  # any error of the network or of AWS
                self.messages.logger.warning("queue unreachable", error=repr(error))


def _delivery(record: Mapping[str, Any]) -> Delivery:
    return delivery_of(
        record["messageId"],
        record["receiptHandle"],
        record["body"],
        record.get("attributes", {}),
        queue=_queue_name(record),
    )


def _queue_name(record: Mapping[str, Any]) -> str:
    return str(record.get("eventSourceARN", "")).rpartition(":")[2]
