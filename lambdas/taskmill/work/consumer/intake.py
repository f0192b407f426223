"""Polls the queues for messages: never for more than there are free slots."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Delivery, Queue
from taskmill.work.back_off import BackOff
from taskmill.work.consumer.jobs import Jobs
from taskmill.work.consumer.keeper import HIDDEN_SECONDS
from taskmill.work.consumer.threads import start

IDLE_SECONDS = 20  # long polling: how long a receive call waits; 20 s is the most SQS allows
CROWDED_SECONDS = 1  # the same, while there are fewer free slots than queues
PATIENCE_SECONDS = 0.05  # a free slot waits this long for others, so that one call fills them all
SETTLING_SECONDS = 0.002  # then wait on in steps of 2 ms, as long as each frees another slot


@dataclass(eq=False)
class Source:
    """One queue that the intake polls.

    Attributes:
        attended: How many threads wait for a message of this queue, or wait out its backoff.
            While there are any, the main loop does not poll it. Guarded by `Jobs.changed`.
    """

    queue: Queue
    attended: int = 0
    back_off: BackOff = field(default_factory=BackOff)


class Intake:
    """Receives messages, from the first queue first.

    While there is work, the queues are polled in order without waiting, so that no message of an
    earlier queue waits behind those of a later one. When all are empty, one thread per queue waits
    for a message, all at the same time.

    Args:
        begin: Takes over received messages, each in a reserved slot, and returns those that it
            refused because the consumer is stopping.
        crashed: Called with an error that must end the process.
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
        """Receive messages until `stopping` is set."""
        try:
            while self._await_slots():
                if len(self._sources) == 1:
                    self._try(self._sources[0], MESSAGES_A_CALL, self._idle_seconds)
                elif not self._go_round(self._try):
                    self._wait_for_all()
        except BaseException as crash:  # noqa: BLE001  # raised again by the main thread
            self._crashed(crash)

    def fetch(self) -> bool:
        """Poll every queue once, without waiting. True: there were messages.

        Raises:
            Exception: A queue could not be reached.
        """
        return self._go_round(self._ask)

    def _await_slots(self) -> bool:
        """Wait until there is a free slot and a queue to poll. False: it is time to stop."""

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
        """Poll the queues in order, without waiting. True: there were messages."""
        return sum(ask(source, MESSAGES_A_CALL, 0) for source in self._to_ask()) > 0

    def _wait_for_all(self) -> None:
        """Wait for a message of each queue in parallel, each with one slot; the rest stay free."""
        sources = self._to_ask()
        seconds = CROWDED_SECONDS if self._jobs.free < len(sources) else self._idle_seconds
        for source in sources:
            self._attend(source, partial(self._try, source, 1, seconds))

    def _try(self, source: Source, at_most: int, wait_seconds: int) -> int:
        """Like `_ask`, but after an error the queue is not polled for a backoff pause."""
        try:
            found = self._ask(source, at_most, wait_seconds)
        except Exception as error:  # noqa: BLE001  # any error of the network or of AWS
            self._logger.warning("queue unreachable", error=repr(error))
            pause = source.back_off.next_seconds()
            self._attend(source, partial(self._stopping.wait, pause))
            return 0
        source.back_off.reset()
        return found

    def _attend(self, source: Source, do: Callable[[], object]) -> None:
        """Wait for a queue, or for its backoff pause, in a thread of its own."""

        def attend() -> None:
            try:
                do()
            except BaseException as crash:  # noqa: BLE001  # raised again by the main thread
                self._crashed(crash)
            finally:
                with self._jobs.changed:
                    source.attended -= 1
                    self._jobs.changed.notify_all()

        with self._jobs.changed:
            source.attended += 1
        start(attend)

    def _receive(self, queue: Queue, at_most: int, wait_seconds: int) -> list[Delivery]:
        """Receive messages into free slots, which are reserved first."""
        slots = self._jobs.reserve(at_most)
        deliveries: list[Delivery] = []
        try:
            if slots:
                deliveries = queue.receive(slots, wait_seconds, HIDDEN_SECONDS)
        finally:
            self._jobs.give_back(slots - len(deliveries))
        return deliveries

    def _ask(self, source: Source, at_most: int, wait_seconds: int) -> int:
        """Fill free slots from a queue. Returns how many messages there were."""
        deliveries = self._receive(source.queue, at_most, wait_seconds)
        late = self._begin(source.queue, deliveries)
        if late:
            self._jobs.give_back(len(late))
            source.queue.show_again({each.receipt: 0 for each in late})
        return len(deliveries)
