"""Handles one SQS delivery to the worker function.

Runs each message's task, and reports which messages to redeliver, and after how long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import Delivery, Queue
from taskmill.work.message_runner import MessageRunner

MAX_ASYNC = 10  # async tasks of one delivery that run at the same time

Answers = dict[str, int | None]
"""By message id: None: delete the message; else seconds until it is delivered again."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Runs the tasks of one delivery: async ones in parallel, the others one after another.

    A task that would not have its whole timeout left before the Lambda deadline is not started;
    its message is redelivered at once. The first message is started in any case.

    Attributes:
        queues: The work queues by name; a record names its own in `eventSourceARN`.
        main: The queue of records whose queue is not among `queues`.
    """

    messages: MessageRunner
    queues: Mapping[str, Queue]
    main: Queue

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
        answers = self._run_all([_delivery(record) for record in records], remaining_ms)
        hidden: defaultdict[str, dict[str, int]] = defaultdict(dict)  # queue name -> receipts
        for record in records:
            seconds = answers[record["messageId"]]
            if seconds is not None:
                hidden[_queue_name(record)][record["receiptHandle"]] = seconds
        for name, receipts in hidden.items():
            self._show_again(self.queues.get(name, self.main), receipts)
        return [name for name, seconds in answers.items() if seconds is not None]

    def _show_again(self, queue: Queue, receipts: Mapping[str, int]) -> None:
        """Set when messages come again. If that fails, they do after their visibility timeout."""
        try:
            queue.show_again(receipts)
        except Exception as error:  # noqa: BLE001  # any error of the network or of AWS
            self.messages.logger.warning("queue unreachable", error=repr(error))

    def _run_all(self, deliveries: Sequence[Delivery], remaining_ms: Callable[[], int]) -> Answers:
        def run(delivery: Delivery) -> int | None:
            first = delivery is deliveries[0]
            if not first and not self.messages.fits(delivery, remaining_ms()):
                return 0
            return self.messages.run(delivery, remaining_ms=remaining_ms)

        together = [each for each in deliveries if self.messages.is_async(each)]
        if len(together) < 2:
            return {each.id: run(each) for each in deliveries}
        alone = [each for each in deliveries if each not in together]
        return _run_together(
            together, run, meanwhile=lambda: {each.id: run(each) for each in alone}
        )


def _run_together(
    deliveries: Sequence[Delivery],
    run: Callable[[Delivery], int | None],
    *,
    meanwhile: Callable[[], Answers],
) -> Answers:
    """Run async tasks in worker threads, one event loop each, and `meanwhile` in this thread."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(deliveries), MAX_ASYNC)) as threads:
        running = {each.id: threads.submit(copy_context().run, run, each) for each in deliveries}
        answers = meanwhile()
        return answers | {name: future.result() for name, future in running.items()}


def _delivery(record: Mapping[str, Any]) -> Delivery:
    return Delivery(
        id=record["messageId"],
        receipt=record["receiptHandle"],
        body=record["body"],
        receives=int(record.get("attributes", {}).get("ApproximateReceiveCount", 1)),
    )


def _queue_name(record: Mapping[str, Any]) -> str:
    return str(record.get("eventSourceARN", "")).rpartition(":")[2]
