"""Threads of the in-process cloud, in virtual time: one acts at a time, and all sleep together."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from functools import partial

from taskmill.model.clock import Clock
from taskmill.testing.clients import Crash
from taskmill.work.side_calls import Cancel, Join, Threads


@dataclass(eq=False)
class Actor:
    """A thread that acts only when it is its turn.

    Attributes:
        wakes_at: Epoch ms; it sleeps until then.
        awaits: It waits for the end of this one.
        error: What its call raised.
    """

    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    wakes_at: int = 0
    awaits: Actor | None = None
    ended: bool = False
    error: BaseException | None = None

    def is_ready(self, now: int) -> bool:
        return (self.awaits is None or self.awaits.ended) and self.wakes_at <= now


class Stage:
    """Runs actors one at a time, so that what happens depends on nothing but their order.

    Nested threads, as those of time limits, act for the actor that waits for them.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._actors: list[Actor] = []
        self._back = threading.Semaphore(0)
        self._closed = False

    def act(self, call: Callable[[], None]) -> Actor:
        """Add an actor; it makes the call when it gets its turn."""
        actor = Actor(wakes_at=self._clock())
        context = copy_context()

        def run() -> None:
            actor.turn.acquire()
            try:
                context.run(_ACTOR.set, actor)
                if not self._closed:
                    context.run(call)
            except BaseException as error:  # noqa: BLE001  # raised again where it is awaited
                actor.error = error
            actor.ended = True
            self._back.release()

        threading.Thread(target=run, daemon=True).start()
        self._actors.append(actor)
        return actor

    def steps(self) -> Iterator[Callable[[], None]]:
        """The turns that are possible now."""
        now = self._clock()
        return (partial(self._give_turn, each) for each in self._actors if each.is_ready(now))

    def next_due(self) -> int | None:
        """When the next actor wakes, in epoch ms."""
        asleep = [each.wakes_at for each in self._actors if each.awaits is None]
        return min(asleep, default=None)

    def sleep_until(self, moment: int) -> bool:
        """Let an actor sleep. False: the caller is none."""
        actor = _ACTOR.get()
        if actor is None or actor.ended:
            return False
        actor.wakes_at = moment
        self._give_back(actor)
        return True

    def await_end(self, other: Actor) -> None:
        """Let an actor wait for another one."""
        actor = _ACTOR.get()
        if actor is None:
            raise RuntimeError("only an actor can wait for another one")
        actor.awaits = other
        self._give_back(actor)
        actor.awaits = None
        if other.error is not None:
            raise other.error

    def close(self) -> None:
        """End all actors where they are."""
        self._closed = True
        while self._actors:
            self._give_turn(self._actors[0])

    def _give_turn(self, actor: Actor) -> None:
        actor.turn.release()
        self._back.acquire()
        if actor.ended:
            self._actors.remove(actor)

    def _give_back(self, actor: Actor) -> None:
        self._back.release()
        actor.turn.acquire()
        if self._closed:
            raise Crash("the in-process cloud was closed")


_ACTOR: ContextVar[Actor | None] = ContextVar("taskmill_actor", default=None)


class VirtualSideCalls:
    """Side calls in virtual time.

    Args:
        stage: Where threads act; None: they are real ones, and time passes only in one of them.
    """

    def __init__(self, clock: Clock, stage: Stage | None) -> None:
        self._clock = clock
        self._stage = stage
        self._planned: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._cancelled: set[int] = set()

    def start(self, call: Callable[[], None]) -> Join:
        if self._stage is None:
            return Threads().start(call)
        return partial(self._stage.await_end, self._stage.act(call))

    def hurry(self, call: Callable[[], None]) -> Join:
        Context().run(call)  # that of a new thread: tests do not hold it up, as it has locks
        return lambda: None

    def after(self, seconds: float, call: Callable[[], None]) -> Cancel:
        number = next(self._numbers)
        heapq.heappush(self._planned, (self._clock() + round(seconds * 1000), number, call))
        return partial(self._cancelled.add, number)

    def next_due(self) -> int | None:
        """When the next call is planned for, in epoch ms."""
        while self._planned and self._planned[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._planned)[1])
        return self._planned[0][0] if self._planned else None

    def take(self, by: int) -> tuple[int, Callable[[], None]] | None:
        """Take the next call that is planned for a time up to `by` (epoch ms), and that time."""
        due = self.next_due()
        if due is None or due > by:
            return None
        at, _, call = heapq.heappop(self._planned)
        return at, call
