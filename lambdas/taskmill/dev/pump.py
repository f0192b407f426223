"""Does what AWS would do between the functions: stream, dead letters, executions, schedules."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from taskmill.aws.sqs.protocol import MESSAGES_A_CALL
from taskmill.handlers import dead_letters, dispatch, statistics
from taskmill.model.clock import now_ms
from taskmill.testing.counting import Counting
from taskmill.testing.deliveries import record_of
from taskmill.testing.environment import DEAD_LETTERS, FAILURES
from taskmill.testing.stream import DELIVERED

if TYPE_CHECKING:
    from taskmill.dev.cloud import RealTimeCloud

RECORDS = 100  # of the stream, that the dispatcher gets at a time
UNCOUNTED = 10_000  # changes that wait until somebody reads the statistics; more are counted
LATE_MS = 60_000  # fires that are missed for longer, as the machine slept, are left out


class Pump:
    """One thread that delivers what is due, and sleeps until something else is."""

    def __init__(self, cloud: RealTimeCloud) -> None:
        self._cloud = cloud
        self._woken = threading.Event()
        self._stopping = False
        self._fired = now_ms()
        self._shard = f"memory-{self._fired}"
        self.counting = Counting(self._count)

    def wake(self) -> None:
        """Something has changed, so something may be due."""
        self._woken.set()

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    def run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                while self._step():
                    pass
                due = self._next_due()
            except Exception:  # of a bug: the service goes on
                self._cloud.wiring.logger.exception("a delivery failed")
                due = now_ms() + 1_000
            self._woken.wait(None if due is None else max(due - now_ms(), 1) / 1000)

    def _step(self) -> bool:
        """Do one thing that is due; False: nothing is."""
        step = next(self._possible(), None)
        if step is None or self._stopping:
            return False
        step()
        return True

    def _possible(self) -> Iterator[Callable[[], object]]:
        cloud = self._cloud
        if records := self._records():
            yield lambda: dispatch.handler({"Records": records}, cloud.context())
        for url, handler in ((FAILURES, dispatch.handler), (DEAD_LETTERS, dead_letters.handler)):
            if cloud.queue(url).visible():
                yield lambda url=url, handler=handler: self._deliver(url, handler)  # type: ignore[misc]
        if self.counting.pending > UNCOUNTED:
            yield self.counting.count
        if cloud.player.ready():
            yield cloud.player.step
        if (due := self._next_fire()) is not None and due <= now_ms():
            yield lambda: self._fire(due)

    def _records(self) -> list[dict[str, Any]]:
        """The next records of the stream, which are taken from it."""
        records = self._cloud.table.records
        found: list[dict[str, Any]] = []
        with self._cloud.meter.lock:
            while records and len(found) < RECORDS:
                found += filter(_is_delivered, records[:RECORDS])
                self.counting.offer(records[:RECORDS])
                del records[:RECORDS]
        return found

    def _count(self, records: list[dict[str, Any]]) -> None:
        # Numbers of changes begin anew in each process, but marks of earlier ones may be restored.
        event = {"Records": records, "shardId": self._shard}
        statistics.handler(event, self._cloud.context())

    def _deliver(self, url: str, handler: Any) -> None:
        queue = self._cloud.queue(url)
        deliveries = queue.receive(MESSAGES_A_CALL)
        event = {"Records": [record_of(each, url) for each in deliveries]}
        answer = handler(event, self._cloud.context())
        kept = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
        queue.delete(each.receipt for each in deliveries if each.id not in kept)

    def _next_fire(self) -> int | None:
        self._fired = max(self._fired, now_ms() - LATE_MS)
        with self._cloud.meter.lock:
            return self._cloud.schedules.next_due(after=self._fired)

    def _fire(self, due: int) -> None:
        with self._cloud.meter.lock:
            self._cloud.schedules.fire(due)
        self._fired = due

    def _next_due(self) -> int | None:
        """When something is due next, in epoch ms; None: when something changes."""
        queues = (self._cloud.queue(url).next_due() for url in (FAILURES, DEAD_LETTERS))
        due = (*queues, self._cloud.player.next_due(), self._next_fire())
        return min((each for each in due if each is not None), default=None)


def _is_delivered(record: dict[str, Any]) -> bool:
    image = record["dynamodb"].get("NewImage") or {}
    return image.get("row", {}).get("S") in DELIVERED
