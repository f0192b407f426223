"""Works through what Lambda delivers of the work queues, and decides what comes again, and when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import Delivery, Queue
from taskmill.work.message_runner import MessageRunner

MAX_ASYNC = 10  # async tasks of one delivery that run at a time

Answers = dict[str, int | None]
"""By message id: None when it is done with, else seconds until its next delivery."""


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Runs async tasks beside each other and the others in turn; hands back what lacks time.

    Attributes:
        queues: Where records come from, by name.
        main: The queue of records that name none of those.
    """

    messages: MessageRunner
    queues: Mapping[str, Queue]
    main: Queue

    def handle(
        self, records: Sequence[Mapping[str, Any]], remaining_ms: Callable[[], int]
    ) -> list[str]:
        """Work through one delivery.

        Returns:
            Ids of the messages that must be delivered again.
        """
        answers = self._run_all([_delivery(record) for record in records], remaining_ms)
        hidden: defaultdict[str, dict[str, int]] = defaultdict(dict)  # queue name -> receipts
        for record in records:
            seconds = answers[record["messageId"]]
            if seconds is not None:
                hidden[_queue_name(record)][record["receiptHandle"]] = seconds
        for name, receipts in hidden.items():
            self.queues.get(name, self.main).show_again(receipts)
        return [name for name, seconds in answers.items() if seconds is not None]

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
        return _side_by_side(
            together, run, meanwhile=lambda: {each.id: run(each) for each in alone}
        )


def _side_by_side(
    deliveries: Sequence[Delivery],
    run: Callable[[Delivery], int | None],
    *,
    meanwhile: Callable[[], Answers],
) -> Answers:
    """Run these in threads, an event loop each, and something else in this one."""
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
