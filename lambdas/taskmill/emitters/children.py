"""Children: counted on their parents, cancelled with them; parents end with the last of them."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.clock import Clock, now_ms
from taskmill.emitters.delivery import Delivery
from taskmill.store import TaskStore
from taskmill.store.children import ChildStore


@dataclass(frozen=True, kw_only=True)
class ChildEmitter:
    """Keeps the tally of parents."""

    tasks: TaskStore
    children: ChildStore
    clock: Clock = now_ms

    def emit(self, delivery: Delivery) -> None:
        """Nothing yet."""
