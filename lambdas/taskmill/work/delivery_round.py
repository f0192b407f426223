"""One delivery of a work queue: which of its messages run when, and beside which others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from taskmill.aws.sqs.protocol import Delivery
from taskmill.model.errors import ClaimLost
from taskmill.model.keys import TaskKey
from taskmill.work.durations import Durations
from taskmill.work.leases import Lease
from taskmill.work.message_runner import MessageRunner
from taskmill.work.side_calls import Join, SideCalls
from taskmill.work.waiting import Waiting

Answers = dict[str, int | None]
"""By message id: None: delete the message; else seconds until it is delivered again."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a message of a delivery asks for.

    Attributes:
        key: Of the task that it names; None: it names none.
        parallel: How many of this type may run at the same time.
    """

    delivery: Delivery
    key: TaskKey | None
    parallel: int

    @property
    def task_type(self) -> str | None:
        return None if self.key is None else self.key.type

    @classmethod
    def of(cls, delivery: Delivery, messages: MessageRunner) -> Self:
        key, _ = messages.task_of(delivery)
        if key is None:
            return cls(delivery, None, 1)
        return cls(delivery, key, messages.runner.attempt.registry.parallel(key.type))


class Round:
    """Runs the messages of one delivery.

    Tasks whose type allows it (`@task(parallel=N)`) run side by side, each in a thread; all others
    run in this thread, one after another, beside them.

    A task whose last worker vanished may be what killed it. It runs alone: the messages that wait
    are handed back, and if other tasks run already, it is handed back itself. It is the first to
    begin in its next delivery, as the message that was received most often.

    Args:
        turns: By message id.
    """

    def __init__(
        self,
        turns: Mapping[str, Turn],
        waiting: Waiting,
        *,
        messages: MessageRunner,
        durations: Durations,
        side_calls: SideCalls,
    ) -> None:
        self._turns = turns
        self._waiting = waiting
        self._messages = messages
        self._durations = durations
        self._side_calls = side_calls
        self._lock = threading.Lock()
        self._running: Counter[str | None] = Counter()
        self._answers: Answers = {}
        self._threads: list[Join] = []
        self._opened = False

    def run(self, remaining_ms: Callable[[], int]) -> Answers:
        """Run everything that is not handed back. Returns the answers to what was run."""
        self._remaining_ms = remaining_ms
        with ExitStack() as ends:
            ends.callback(self._waiting.close)
            ends.callback(self._join)
            if first := self._first():
                if first.delivery.receives == 1:
                    self._open()
                self._run(first)
            self._open()  # unless its claim has done so
            self._run_all(_is_plain)
            self._run_all(_is_any)
        return self._answers

    def _join(self) -> None:
        """Wait for the threads, all of them, and raise what one of them raised."""
        with ExitStack() as ends:
            for join in self._threads:
                ends.callback(join)

    def _first(self) -> Turn | None:
        """The message that begins in any case: if none came before, one that needs this thread."""
        came_before = any(turn.delivery.receives > 1 for turn in self._turns.values())
        return (None if came_before else self._take(_is_plain)) or self._take(_is_any)

    def _open(self) -> None:
        """Start the threads of the tasks that may run side by side; once."""
        if self._opened:
            return
        self._opened = True
        side_by_side = [turn for turn in self._turns.values() if turn.parallel > 1]
        for _ in side_by_side[: len(self._turns) - 1]:  # this thread runs one, too
            self._threads.append(self._side_calls.start(lambda: self._run_all(_is_parallel)))

    def _run_all(self, is_mine: Callable[[Turn], bool]) -> None:
        """Run the messages of a kind, one after another."""
        while turn := self._take(is_mine):
            if turn.key is None or self._messages.runner.fits(turn.key, self._remaining_ms()):
                self._run(turn)
            else:
                self._release(turn)
                self._waiting.hand_back([turn.delivery])

    def _take(self, is_mine: Callable[[Turn], bool]) -> Turn | None:
        """Take a message whose type has room for a further task."""

        def choose(delivery: Delivery) -> bool:
            turn = self._turns[delivery.id]
            return is_mine(turn) and self._running[turn.task_type] < turn.parallel

        with self._lock:
            delivery = self._waiting.take(choose)
            if delivery is None:
                return None
            turn = self._turns[delivery.id]
            self._running[turn.task_type] += 1
            return turn

    def _release(self, turn: Turn) -> None:
        with self._lock:
            self._running[turn.task_type] -= 1

    def _run(self, turn: Turn) -> None:
        self._waiting.began(turn.task_type)
        began, was_claimed = self._durations.began(), False

        def claimed(lease: Lease) -> None:
            nonlocal was_claimed
            self._claimed(lease)
            was_claimed = True

        try:
            self._answers[turn.delivery.id] = self._messages.run(
                turn.delivery, remaining_ms=self._remaining_ms, claimed=claimed
            )
        finally:
            self._release(turn)
            # A refused claim, as of a repeated message, says nothing about the type's tasks.
            if turn.task_type is not None and was_claimed:
                self._durations.ended(turn.task_type, began)

    def _claimed(self, lease: Lease) -> None:
        """A task is claimed and about to run.

        Raises:
            ClaimLost: It is to run alone, and others run already.
        """
        if not lease.taken_over:
            self._open()
            return
        self._waiting.hand_back()
        with self._lock:
            alone = self._running.total() == 1
        if not alone:
            lease.release()
            raise ClaimLost(f"{lease.row.key} is to run alone", again_in_ms=0)


def _is_any(_: Turn) -> bool:
    return True


def _is_plain(turn: Turn) -> bool:
    return turn.parallel == 1


def _is_parallel(turn: Turn) -> bool:
    return turn.parallel > 1
