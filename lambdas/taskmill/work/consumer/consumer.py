"""Drains work queues in a process of one's own: for as long as it likes, and in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from typing import Any

from taskmill.aws.sqs.protocol import Delivery, Queue
from taskmill.model.clock import Clock, now_ms
from taskmill.work.consumer.answers import Answers
from taskmill.work.consumer.intake import IDLE_SECONDS, Intake
from taskmill.work.consumer.jobs import Job, Jobs
from taskmill.work.consumer.keeper import HIDDEN_SECONDS, LEASE_MS, LOOK_SECONDS, Keeper
from taskmill.work.consumer.threads import DaemonThreads, start
from taskmill.work.consumer.together import FEWEST_TOGETHER, Together, no_deadline
from taskmill.work.message_runner import MessageRunner

CONCURRENCY = 10
GRACE_SECONDS = 25.0  # Fargate kills 30 s after it has asked


class Consumer:
    """Works off messages, up to `concurrency` at a time, until it is told to stop.

    Its tasks may run for hours: it keeps their messages hidden and their leases alive. When it
    dies, another worker has them within 90 s.

    Args:
        queues: Asked in this order.
        grace_seconds: What running tasks get to end, once it is told to stop.
        idle_seconds: How long an empty queue is asked to wait for a message, up to 20.
        look_seconds: How often to look what must be extended.
        stopping: Called when it stops, with how many tasks still run.
    """

    def __init__(
        self,
        *,
        queues: Sequence[Queue],
        messages: MessageRunner,
        logger: Any,
        concurrency: int = CONCURRENCY,
        grace_seconds: float = GRACE_SECONDS,
        idle_seconds: int = IDLE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        stopping: Callable[[int], None] = lambda _: None,
        clock: Clock = now_ms,
    ) -> None:
        self.concurrency = concurrency
        self._messages = messages
        self._logger = logger
        self._grace_seconds = grace_seconds
        self._look_seconds = look_seconds
        self._tell_stopping = stopping
        self._clock = clock
        self._events: SimpleQueue[BaseException | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._jobs = Jobs(concurrency)
        self._together = Together(messages, logger)
        self._answers = Answers(logger, self._events.put)
        self._keeper = Keeper(self._jobs, logger, clock)
        self._intake = Intake(
            queues,
            self._jobs,
            slots=concurrency,
            begin=self._begin,
            crashed=self._events.put,
            stopping=self._stopping,
            logger=logger,
            idle_seconds=idle_seconds,
        )

    @property
    def done(self) -> int:
        """How many messages are done with so far."""
        return self._jobs.done

    @property
    def running(self) -> int:
        """How many are under work."""
        return len(self._jobs.running())

    def run(self) -> int:
        """Work until `stop` is called; then let running tasks end, and hand back what is left.

        Returns:
            How many tasks were handed back. Their code may still run, and can write nothing.
        """
        with self._at_work():
            start(lambda: self._keeper.run(self._ended, self._look_seconds))
            start(self._intake.run)
            self._await_end()
            self._tell_stopping(self.running)
            self._jobs.wait_idle(self._grace_seconds)
            return self._hand_back()

    def stop(self) -> None:
        """Make `run` return soon. May be called in a signal handler."""
        self._events.put(None)  # the only kind of queue whose `put` may interrupt itself

    def drain(self) -> None:
        """Work off what can be received now, and return when that has ended.

        Raises:
            Exception: A queue could not be asked.
        """
        with self._at_work():
            while self._events.empty() and self._intake.fetch():
                self._jobs.wait_idle()
        if not self._events.empty():
            self._await_end()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        self._threads = DaemonThreads[Callable[[], None]](lambda work: work())
        self._ended.clear()
        try:
            with self._answers:
                yield
        finally:
            self._ended.set()
            self._threads.close()

    def _await_end(self) -> None:
        """Wait until `stop` is called, or something ends the process."""
        error = self._events.get()
        self._stopping.set()
        self._jobs.close()
        if error is not None:
            raise error

    def _begin(self, queue: Queue, deliveries: Sequence[Delivery]) -> list[Delivery]:
        hidden_until = self._clock() + HIDDEN_SECONDS * 1000
        jobs = [Job(queue, each, hidden_until=hidden_until) for each in deliveries]
        begun = [job for job in jobs if self._jobs.begin(job)]
        if len(begun) >= FEWEST_TOGETHER:
            self._threads.put(partial(self._claim, begun))
        else:
            self._start(begun)
        return [job.delivery for job in jobs if job not in begun]

    def _start(self, jobs: Sequence[Job]) -> None:
        """Give each of these a thread of its own."""
        for job in jobs:
            self._threads.put(partial(self._work, job))

    def _claim(self, jobs: Sequence[Job]) -> None:
        """Claim what came together, and start it; in a thread that then runs the last of them."""
        try:
            self._together.claim(jobs)
        except BaseException as crash:  # noqa: BLE001  # a test's, or the interpreter's end
            self._events.put(crash)
            for job in jobs:
                self._jobs.end(job, done=False)
            return
        *others, last = jobs
        self._start(others)
        self._work(last)

    def _work(self, job: Job) -> None:
        """Run one message in a thread of its own."""
        try:
            seconds = self._messages.run(
                job.delivery,
                remaining_ms=no_deadline,
                lease_ms=LEASE_MS,
                claimed=lambda lease: self._jobs.hold(job, lease),
                returned=lambda: self._jobs.vacate(job),
                lease=job.begun,
            )
        except BaseException as crash:  # noqa: BLE001  # a test's, or the interpreter's end
            self._events.put(crash)
            self._jobs.end(job, done=False)
        else:
            if self._jobs.end(job, done=seconds is None):
                self._answers.add(job.queue, job.delivery.receipt, seconds)

    def _hand_back(self) -> int:
        """Give up the leases of what still runs, and show its messages at once."""
        left = self._jobs.hand_back()
        for job in left:
            try:
                if job.lease is not None:
                    job.lease.release()
            except Exception as error:  # noqa: BLE001  # it has just ended, or the network's
                self._logger.info("not released", reason=str(error))
            self._answers.add(job.queue, job.delivery.receipt, 0)
        return len(left)
