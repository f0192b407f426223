"""How many tasks of a type a consumer runs at a time, for the types that say so."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_SECONDS = 1.0  # how long a task waits in its slot until another one of its type ends
ASIDE_SECONDS = 5  # then its message is hidden, so that the next ones are received


class Room:
    """Room for one task; it is left once, however often that is said."""

    def __init__(self, leave: Callable[[], None] = lambda: None) -> None:
        self._leave = leave

    def leave(self) -> None:
        """Let the next one in."""
        leave, self._leave = self._leave, lambda: None
        leave()


class Rooms:
    """The tasks that run now, by type.

    A task that finds no room waits a second for one; then its message goes back to the queue, so
    that tasks of other types get its slot.

    Args:
        limit: How many tasks of a type may run at a time here; None: as many as there are slots.
    """

    def __init__(self, limit: Callable[[str], int | None]) -> None:
        self._limit = limit
        self._changed = threading.Condition()
        self._inside: Counter[str] = Counter()

    def limits(self, task_type: str | None) -> bool:
        """Whether tasks of this type may have to wait for each other."""
        return task_type is not None and self._limit(task_type) is not None

    @contextmanager
    def room(self, task_type: str | None, seconds: float | None) -> Iterator[Room | None]:
        """Wait for room, and keep it inside the `with` block. None: there was none in time.

        Args:
            seconds: How long to wait; None: for ever.
        """
        room = self._enter(task_type, seconds)
        try:
            yield room
        finally:
            if room is not None:
                room.leave()

    def _enter(self, task_type: str | None, seconds: float | None) -> Room | None:
        limit = None if task_type is None else self._limit(task_type)
        if task_type is None or limit is None:
            return Room()
        with self._changed:
            if not self._changed.wait_for(lambda: self._inside[task_type] < limit, seconds):
                return None
            self._inside[task_type] += 1
        return Room(lambda: self._left(task_type))

    def _left(self, task_type: str) -> None:
        with self._changed:
            self._inside[task_type] -= 1
            self._changed.notify_all()
