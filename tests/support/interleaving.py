"""Threads that run one at a time and change places at their AWS calls, in an order set by a seed.

Two requests of an API, or a request and a worker, meet between their reads and writes. In one
thread they never do. Here each actor has a thread, only one of them runs, and before each AWS call
it may have to let another go on. With the same seed, the same happens again.
"""

import random
import threading
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from taskmill.testing import InProcessCloud
from taskmill.testing.clients import Meter

Actor = Callable[[], object]
# The threads in which a worker runs tasks inherit it: they go on in their actor's place.
_TURN: ContextVar[threading.Semaphore | None] = ContextVar("turn", default=None)


class Interleaving:
    """Runs actors side by side.

    Args:
        seed: Decides who goes on at each call.
    """

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  # an order, no secret
        self._turns: list[threading.Semaphore] = []  # of the actors that still run
        self._errors: list[BaseException] = []
        self.switches = 0

    def run(self, *actors: Actor) -> None:
        """Run all actors to their ends.

        Raises:
            BaseException: What the first failing actor raised.
        """
        ended = threading.Event()

        def play(actor: Actor, mine: threading.Semaphore) -> None:
            _TURN.set(mine)
            mine.acquire()
            try:
                actor()
            except BaseException as error:  # noqa: BLE001  # raised in the caller's thread
                self._errors.append(error)
            finally:
                self._turns.remove(mine)
                if self._turns:
                    self._random.choice(self._turns).release()
                else:
                    ended.set()

        for actor in actors:
            self._turns.append(threading.Semaphore(0))
            threading.Thread(target=play, args=(actor, self._turns[-1]), daemon=True).start()
        self._random.choice(self._turns).release()
        ended.wait()
        for error in self._errors:
            raise error

    def pause(self) -> None:
        """Perhaps let another actor go on; what is called outside of `run` is not held up."""
        mine = _TURN.get()
        if mine is None:
            return
        chosen = self._random.choice(self._turns)
        if chosen is not mine:
            self.switches += 1
            chosen.release()
            mine.acquire()


@dataclass
class InterleavedMeter(Meter):
    """Counts as `Meter` does; before each call of an actor another may go on."""

    interleaving: Interleaving | None = None

    def call(self, name: str, run: Callable[[], Any]) -> Any:
        if self.interleaving:
            self.interleaving.pause()
        return super().call(name, run)


def interleaved(cloud: InProcessCloud, seed: int) -> Interleaving:
    """Let the AWS calls of a cloud that was not entered yet be the places of change."""
    interleaving = Interleaving(seed)
    cloud.meter = InterleavedMeter(interleaving=interleaving)
    return interleaving
