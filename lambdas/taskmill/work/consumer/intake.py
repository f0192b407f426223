"""Asks the queues for messages: never for more than there are free slots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Delivery, Queue
from taskmill.work.consumer.back_off import BackOff
from taskmill.work.consumer.jobs import Jobs
from taskmill.work.consumer.keeper import HIDDEN_SECONDS
from taskmill.work.consumer.threads import start

IDLE_SECONDS = 20  # how long a queue is asked to wait for a message; SQS allows no more
CROWDED_SECONDS = 1  # likewise, while there are fewer free slots than queues
PATIENCE_SECONDS = 0.05  # a free slot waits so long for others, for one call to fill them all
SETTLING_SECONDS = 0.002  # and half of them for one more, while others become free


@dataclass(eq=False)
class Source:
    """A queue that is asked.

    Attributes:
        attended: By how many threads, which wait for a message or for trouble to pass; meanwhile
            nobody else asks it. Guarded by the condition of the jobs.
    """

    queue: Queue
    attended: int = 0
    back_off: BackOff = field(default_factory=BackOff)


class Intake:
    """Receives messages, of the first queue first.

    While there is work, the queues are asked in turn, so that nothing waits behind what comes
    after it. When all of them are empty, all are waited for at once.

    Args:
        begin: Takes over messages, each in a reserved slot; returns those that it does not want
            any more.
        crashed: Told of what ends the process.
        stopping: Set when nothing more is to be received.
    """

    def __init__(
        self,
        queues: Sequence[Queue],
        jobs: Jobs,
        *,
        slots: int,
        begin: Callable[[Queue, Sequence[Delivery]], Sequence[Delivery]],
        crashed: Callable[[BaseException], None],
        stopping: threading.Event,
        logger: Any,
        idle_seconds: int = IDLE_SECONDS,
    ) -> None:
        self._sources = [Source(queue) for queue in queues]
        self._jobs = jobs
        self._most = min(MESSAGES_A_CALL, slots)
        self._worthwhile = min(MESSAGES_A_CALL, -(-slots // 2))
        self._begin = begin
        self._crashed = crashed
        self._stopping = stopping
        self._logger = logger
        self._idle_seconds = idle_seconds

    def run(self) -> None:
        """Receive until it is time to stop."""
        try:
            while self._await_slots():
                if len(self._sources) == 1:
                    self._try(self._sources[0], MESSAGES_A_CALL, self._idle_seconds)
                elif not self._go_round(self._try):
                    self._wait_for_all()
        except BaseException as crash:  # noqa: BLE001  # a test's, or the interpreter's end
            self._crashed(crash)

    def fetch(self) -> bool:
        """Ask every queue once, without waiting; whether one had something.

        Raises:
            Exception: One could not be asked.
        """
        return self._go_round(self._ask)

    def _await_slots(self) -> bool:
        """Wait until a queue can be asked; False: it is time to stop."""

        def ready(free: int) -> bool:
            return self._stopping.is_set() or bool(free and self._to_ask())

        self._jobs.wait_for(ready)
        self._await_free(self._worthwhile, PATIENCE_SECONDS)
        before = 0
        while before < (free := self._jobs.free) < self._most:
            self._await_free(self._most, SETTLING_SECONDS)
            before = free
        return not self._stopping.is_set()

    def _await_free(self, slots: int, seconds: float) -> None:
        self._jobs.wait_for(lambda free: self._stopping.is_set() or free >= slots, seconds)

    def _to_ask(self) -> list[Source]:
        with self._jobs.changed:
            return [each for each in self._sources if not each.attended]

    def _go_round(self, ask: Callable[[Source, int, int], int]) -> bool:
        """Ask the queues in turn; whether one had something."""
        return sum(ask(source, MESSAGES_A_CALL, 0) for source in self._to_ask()) > 0

    def _wait_for_all(self) -> None:
        """Wait for all queues side by side, with a slot each; the others stay free for a rush."""
        sources = self._to_ask()
        seconds = CROWDED_SECONDS if self._jobs.free < len(sources) else self._idle_seconds
        for source in sources:
            self._attend(source, partial(self._try, source, 1, seconds))

    def _try(self, source: Source, at_most: int, wait_seconds: int) -> int:
        """As `_ask`; a queue that is in trouble is left alone for a while."""
        try:
            found = self._ask(source, at_most, wait_seconds)
        except Exception as error:  # noqa: BLE001  # the network's, or AWS's
            self._logger.warning("queue unreachable", error=repr(error))
            pause = source.back_off.next_seconds()
            self._attend(source, partial(self._stopping.wait, pause))
            return 0
        source.back_off.reset()
        return found

    def _attend(self, source: Source, do: Callable[[], object]) -> None:
        """Do something for a queue in a thread of its own."""

        def attend() -> None:
            try:
                do()
            except BaseException as crash:  # noqa: BLE001  # a test's, or the interpreter's end
                self._crashed(crash)
            finally:
                with self._jobs.changed:
                    source.attended -= 1
                    self._jobs.changed.notify_all()

        with self._jobs.changed:
            source.attended += 1
        start(attend)

    def _receive(self, queue: Queue, at_most: int, wait_seconds: int) -> list[Delivery]:
        """Messages for free slots, which are reserved for them."""
        slots = self._jobs.reserve(at_most)
        deliveries: list[Delivery] = []
        try:
            if slots:
                deliveries = queue.receive(slots, wait_seconds, HIDDEN_SECONDS)
        finally:
            self._jobs.give_back(slots - len(deliveries))
        return deliveries

    def _ask(self, source: Source, at_most: int, wait_seconds: int) -> int:
        """Fill free slots from a queue; how many messages there were."""
        deliveries = self._receive(source.queue, at_most, wait_seconds)
        late = self._begin(source.queue, deliveries)
        if late:
            self._jobs.give_back(len(late))
            source.queue.show_again({each.receipt: 0 for each in late})
        return len(deliveries)
