"""The worker outside Lambda: a long-running process that polls the work queues."""

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
from taskmill.work.consumer.rooms import ASIDE_SECONDS, PATIENCE_SECONDS, Room, Rooms
from taskmill.work.consumer.threads import DaemonThreads, start
from taskmill.work.consumer.together import FEWEST_TOGETHER, Together, no_deadline
from taskmill.work.consumer.waking import next_item
from taskmill.work.message_runner import MessageRunner

CONCURRENCY = 10
GRACE_SECONDS = 25.0  # Fargate sends SIGKILL 30 s after SIGTERM


class Consumer:
    """Receives messages and runs their tasks, up to `concurrency` at a time, until `stop`.

    Of a type with `@task(parallel=N)` it runs up to N at a time.

    Its tasks may run for hours: while they do, it extends the visibility timeouts of their messages
    and renews their leases. If the process dies, another worker can take the tasks over within
    90 s.

    Args:
        queues: The work queues, polled in this order.
        grace_seconds: How long running tasks may go on after `stop`.
        idle_seconds: How long one receive call waits for a message (long polling), up to 20.
        look_seconds: How often to check which timeouts and leases must be extended.
        stopping: Called when the consumer stops, with the number of tasks that still run.
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
        self._on_stopping = stopping
        self._clock = clock
        self._events: SimpleQueue[BaseException | None] = SimpleQueue()
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._jobs = Jobs(concurrency)
        self._rooms = Rooms(messages.runner.attempt.registry.written_parallel)
        self._patience_seconds: float | None = PATIENCE_SECONDS
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
        """How many messages were handled for good so far."""
        return self._jobs.done

    @property
    def running(self) -> int:
        """How many messages are being handled now."""
        return len(self._jobs.running())

    def run(self) -> int:
        """Work until `stop` is called, then wait for running tasks and hand back the rest.

        Returns:
            How many tasks were handed back to the queues because they outlived the grace period.
            Their code may still run, but can write nothing more.
        """
        with self._at_work():
            start(lambda: self._keeper.run(self._ended, self._look_seconds))
            start(self._intake.run)
            self._await_end()
            self._on_stopping(self.running)
            self._jobs.wait_idle(self._grace_seconds)
            return self._hand_back()

    def stop(self) -> None:
        """Make `run` return soon. May be called in a signal handler."""
        self._events.put(None)  # `SimpleQueue.put` is reentrant, as a signal handler needs

    def drain(self) -> None:
        """Handle all messages that can be received now, then return.

        Raises:
            Exception: A queue could not be reached.
        """
        self._patience_seconds = None
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
        """Wait until `stop` is called, or raise the error that crashed a thread."""
        error = next_item(self._events)
        self._stopping.set()
        self._jobs.close()
        if error is not None:
            raise error

    def _begin(self, queue: Queue, deliveries: Sequence[Delivery]) -> list[Delivery]:
        hidden_until = self._clock() + HIDDEN_SECONDS * 1000
        jobs = [self._job(queue, each, hidden_until) for each in deliveries]
        begun = [job for job in jobs if self._jobs.begin(job)]
        free = [job for job in begun if not self._rooms.limits(job.task_type)]
        if len(free) >= FEWEST_TOGETHER:
            self._threads.put(partial(self._claim, free))
        else:
            self._start(free)
        self._start([job for job in begun if job not in free])
        return [job.delivery for job in jobs if job not in begun]

    def _job(self, queue: Queue, delivery: Delivery, hidden_until: int) -> Job:
        key, is_new = self._messages.task_of(delivery)
        return Job(queue, delivery, key, hidden_until, stored=not is_new)

    def _start(self, jobs: Sequence[Job]) -> None:
        """Run each job in a thread of its own."""
        for job in jobs:
            self._threads.put(partial(self._work, job))

    def _claim(self, jobs: Sequence[Job]) -> None:
        """Claim the tasks of messages received together, and run them all.

        The last one runs in this thread, each of the others in its own.
        """
        try:
            self._together.claim(jobs)
        except BaseException as crash:  # noqa: BLE001  # raised again by the main thread
            self._events.put(crash)
            for job in jobs:
                self._jobs.end(job, done=False)
            return
        *others, last = jobs
        self._start(others)
        self._work(last)

    def _work(self, job: Job) -> None:
        """Handle one message, in the thread of its job."""
        try:
            with self._rooms.room(job.task_type, self._patience_seconds) as room:
                if room is None or self._is_late(job):
                    seconds: int | None = ASIDE_SECONDS
                else:
                    seconds = self._run(job, room)
        except BaseException as crash:  # noqa: BLE001  # raised again by the main thread
            self._events.put(crash)
            self._jobs.end(job, done=False)
        else:
            if self._jobs.end(job, done=seconds is None):
                self._answers.add(job.queue, job.delivery.receipt, seconds)

    def _is_late(self, job: Job) -> bool:
        """Whether the consumer was stopped while the task waited for others of its type."""
        return self._stopping.is_set() and self._rooms.limits(job.task_type)

    def _run(self, job: Job, room: Room) -> int | None:
        def returned() -> None:
            room.leave()
            self._jobs.vacate(job)

        return self._messages.run(
            job.delivery,
            remaining_ms=no_deadline,
            lease_ms=LEASE_MS,
            claimed=lambda lease: self._jobs.hold(job, lease),
            returned=returned,
            lease=job.begun,
        )

    def _hand_back(self) -> int:
        """Release the leases of tasks that still run, and have their messages redelivered now."""
        left = self._jobs.hand_back()
        for job in left:
            try:
                if job.lease is not None:
                    job.lease.release()
            except Exception as error:  # noqa: BLE001  # it has just ended, or a network error
                self._logger.info("not released", reason=str(error))
            self._answers.add(job.queue, job.delivery.receipt, 0)
        return len(left)
