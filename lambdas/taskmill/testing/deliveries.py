"""Delivers what is on the queues: to the functions, as Lambda does, or to a consumer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from taskmill.aws.sqs.memory_queue import MemoryQueue
from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Delivery
from taskmill.handlers import dead_letters, dispatch, work
from taskmill.testing.clients import Crash

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud
    from taskmill.work.consumer.consumer import Consumer

WORK_QUEUE, DEAD_LETTERS, FAILURES = "queue", "dead-letters", "failures"


class DeliveryPlayer:
    """Everything that can happen to a message.

    With `TASKMILL_RUNNER` set to "container" a consumer drains the work queues, in place of the
    worker function.
    """

    def __init__(self, cloud: InProcessCloud) -> None:
        self._cloud = cloud

    def steps(self) -> Iterator[Callable[[], None]]:
        """What can happen now, in the order in which it does when nothing is shuffled."""
        if self._holds(FAILURES):
            yield partial(self._deliver, FAILURES, dispatch.handler)
        for url in self._cloud.wiring.work_urls:
            if self._holds(url):
                yield self._consume if self._by_consumer else partial(self._work, url)
        if self._holds(DEAD_LETTERS):
            yield partial(self._deliver, DEAD_LETTERS, dead_letters.handler)

    def next_due(self) -> int | None:
        """When the next message shows up, in epoch ms."""
        queues = (self._of(url) for url in (FAILURES, *self._cloud.wiring.work_urls, DEAD_LETTERS))
        due = [queue.next_due() for queue in queues if queue]
        return min((each for each in due if each is not None), default=None)

    def put(self, arn: str, body: str, visible_at: int) -> None:
        """Put a message on the work queue that has this ARN, as a schedule does."""
        settings = self._cloud.wiring.environment
        lanes = ("QUEUE", "PRIORITY_QUEUE", "CONTAINER_QUEUE")
        own = {settings.get(f"TASKMILL_{lane}_ARN"): f"TASKMILL_{lane}_URL" for lane in lanes}
        if queue := self._of(settings.get(own.get(arn, ""), WORK_QUEUE)):
            queue.put(body, visible_at)

    @property
    def _by_consumer(self) -> bool:
        return self._cloud.wiring.environment.get("TASKMILL_RUNNER") == "container"

    @cached_property
    def _consumer(self) -> Consumer:
        return self._cloud.wiring.consumer()

    def _of(self, url: str) -> MemoryQueue | None:
        """The queue of a URL; None where it is of a kind that cannot be looked into."""
        if self._cloud.wiring.environment.get("TASKMILL_QUEUE_SERVICE", "sqs") == "sqs":
            return self._cloud.queues.of(url)
        queue = self._cloud.wiring.queue_at(url)
        return queue if isinstance(queue, MemoryQueue) else None

    def _holds(self, url: str) -> bool:
        queue = self._of(url)
        return queue is not None and queue.visible()

    def _work(self, url: str) -> None:
        self._deliver(url, work.handler, times=self._cloud.chaos.deliveries)

    def _deliver(self, url: str, handler: Any, *, times: int = 1) -> None:
        """Hand up to 10 messages to a function, so many times."""
        queue = self._of(url)
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
                return  # it died: its messages come again when their time is up
            kept &= {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        queue.delete(each.receipt for each in deliveries if each.id not in kept)

    def _consume(self) -> None:
        for url in self._cloud.wiring.work_urls:
            if queue := self._of(url):
                self._multiply(queue)
        try:
            self._consumer.drain()
        except Crash:
            del self.__dict__["_consumer"]  # the next one is a new process

    def _multiply(self, queue: MemoryQueue) -> None:
        """Put as many copies of each new message on its queue as it is to be delivered."""
        now = self._cloud.now
        new = [each for each in queue.messages if not each.receives and each.visible_at <= now]
        for message in new * (self._cloud.chaos.deliveries - 1):
            queue.put(message.body)
        if self._cloud.chaos.seed is not None:
            self._cloud.random.shuffle(queue.messages)


def record_of(delivery: Delivery, url: str) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": delivery.id,
        "receiptHandle": delivery.receipt,
        "body": delivery.body,
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{url}",
        "attributes": {"ApproximateReceiveCount": str(delivery.receives)},
    }
