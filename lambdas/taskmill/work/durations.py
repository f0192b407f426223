"""How long tasks have taken in this process, by type."""

from __future__ import annotations

from taskmill.model.clock import Clock, now_ms

SLOW_SECONDS = 1.0  # tasks that took longer are not worth waiting for
QUICK_SECONDS = 0.1  # tasks that took less are not worth a further delivery


class Durations:
    """Remembers how long the last task of each type took. Thread-safe."""

    def __init__(self, clock: Clock = now_ms) -> None:
        self.clock = clock
        self._last: dict[str, float] = {}

    def began(self) -> int:
        """The time when a task begins, for `ended`."""
        return self.clock()

    def ended(self, task_type: str, began: int) -> None:
        self._last[task_type] = (self.clock() - began) / 1000

    def are_slow(self, task_type: str) -> bool:
        """Whether the type's tasks take more than a second here."""
        return self._last.get(task_type, 0.0) > SLOW_SECONDS

    def are_quick(self, task_type: str) -> bool:
        """Whether the type's tasks are known to take less than 0.1 s here."""
        return self._last.get(task_type, SLOW_SECONDS) < QUICK_SECONDS
