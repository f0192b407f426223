"""Delivery of SQS messages: to the functions, as Lambda's event source does, or to a consumer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from taskmill.aws.sqs.memory_queue import MemoryQueue
from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Delivery
from taskmill.handlers import dead_letters, dispatch, work
from taskmill.testing.clients import Crash
from taskmill.testing.environment import DEAD_LETTERS, FAILURES, WORK_QUEUE

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud
    from taskmill.work.consumer.consumer import Consumer


class DeliveryPlayer:
    """Delivers the messages of all queues of the in-process cloud.

    Work queues are drained by the worker function, or by a consumer if `TASKMILL_RUNNER` is
    "container".
    """

    def __init__(self, cloud: InProcessCloud) -> None:
        self._cloud = cloud
        self._duplicated: set[str] = set()  # ids of messages, and of their copies

    def steps(self) -> Iterator[Callable[[], None]]:
        """Deliveries that are possible now; without a seed the first one is made."""
        if self._has_visible(FAILURES):
            yield partial(self._deliver, FAILURES, dispatch.handler)
        for url in self._cloud.wiring.work_urls:
            if self._has_visible(url):
                yield self._consume if self._uses_consumer else partial(self._deliver_work, url)
        if self._has_visible(DEAD_LETTERS):
            yield partial(self._deliver, DEAD_LETTERS, dead_letters.handler)

    def next_due(self) -> int | None:
        """When the next message becomes visible, in epoch ms; None if there are no messages."""
        queues = (
            self._queue(url) for url in (FAILURES, *self._cloud.wiring.work_urls, DEAD_LETTERS)
        )
        due = [queue.next_due() for queue in queues if queue]
        return min((each for each in due if each is not None), default=None)

    def put(self, arn: str, body: str, visible_at: int) -> None:
        """Send a message to the work queue with this ARN, as EventBridge Scheduler does.

        Args:
            visible_at: In epoch ms.
        """
        settings = self._cloud.wiring.environment
        lanes = ("QUEUE", "PRIORITY_QUEUE", "CONTAINER_QUEUE")
        own = {settings.get(f"TASKMILL_{lane}_ARN"): f"TASKMILL_{lane}_URL" for lane in lanes}
        if queue := self._queue(settings.get(own.get(arn, ""), WORK_QUEUE)):
            queue.put(body, visible_at)

    @property
    def _uses_consumer(self) -> bool:
        return self._cloud.wiring.environment.get("TASKMILL_RUNNER") == "container"

    @cached_property
    def _consumer(self) -> Consumer:
        return self._cloud.wiring.consumer()

    def _queue(self, url: str) -> MemoryQueue | None:
        """The queue of a URL; None if it is a custom queue that is not in memory."""
        if self._cloud.wiring.environment.get("TASKMILL_QUEUE_SERVICE", "sqs") == "sqs":
            return self._cloud.queues.of(url)
        queue = self._cloud.wiring.queue_at(url)
        return queue if isinstance(queue, MemoryQueue) else None

    def _has_visible(self, url: str) -> bool:
        queue = self._queue(url)
        return queue is not None and queue.visible()

    def _deliver_work(self, url: str) -> None:
        self._deliver(url, work.handler, times=self._cloud.chaos.deliveries)

    def _deliver(self, url: str, handler: Any, *, times: int = 1) -> None:
        """Receive up to 10 messages, and invoke a function with them `times` times."""
        queue = self._queue(url)
        if queue is None:
            return
        if self._cloud.chaos.seed is not None:
            self._cloud.random.shuffle(queue.messages)
        deliveries = queue.receive(MESSAGES_A_CALL)
        event = {"Records": [record_of(delivery, url) for delivery in deliveries]}
        kept = {delivery.id for delivery in deliveries}
        for _ in range(times if deliveries else 0):
            answer = self._cloud.invoke(handler, event)
            if answer is None:
                return  # it crashed: SQS delivers its messages again after the visibility timeout
            kept &= {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        queue.delete(each.receipt for each in deliveries if each.id not in kept)

    def _consume(self) -> None:
        for url in self._cloud.wiring.work_urls:
            if queue := self._queue(url):
                self._duplicate(queue)
        try:
            self._consumer.drain()
        except Crash:
            del self.__dict__["_consumer"]  # the next delivery starts a new one

    def _duplicate(self, queue: MemoryQueue) -> None:
        """Copy each message that was not received yet, once per further delivery."""
        now, known = self._cloud.now, self._duplicated
        due = [each for each in queue.messages if not each.receives and each.visible_at <= now]
        new = [
            each for each in due if each.id not in known
        ]  # a consumer may die before it receives
        for message in new * (self._cloud.chaos.deliveries - 1):
            queue.put(message.body)
        known.update(each.id for each in queue.messages if each.visible_at <= now)
        if self._cloud.chaos.seed is not None:
            self._cloud.random.shuffle(queue.messages)


def record_of(delivery: Delivery, url: str) -> dict[str, Any]:
    """A message as a record of a Lambda event."""
    return {
        "messageId": delivery.id,
        "receiptHandle": delivery.receipt,
        "body": delivery.body,
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{url}",
        "attributes": {"ApproximateReceiveCount": str(delivery.receives)},
    }
