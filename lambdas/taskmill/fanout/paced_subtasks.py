"""Rate limits of subtasks: a batch takes units for some of its subtasks together, and waits."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from taskmill.aws.dynamodb.flow_control.rates import RateStore
from taskmill.functions.registry import Registry
from taskmill.model.clock import Clock
from taskmill.model.flow_control.admission import LATE_MS
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.flow_control.reservations import Pace
from taskmill.model.json_reading import read_json
from taskmill.model.rows.task_row import TaskRow

AHEAD_SECONDS = 0.1  # a batch takes together what the limit gives in this time
MOST_AHEAD = 100
Take = tuple[str, int, int, int, int]


@dataclass
class PacedSubtasks:
    """Tells when each subtask of a batch may start. Thread-safe.

    What a batch takes ahead is little, so that batches that run side by side do not wait for each
    other's reservations for long. What it has taken and not used when it ends is lost.
    """

    registry: Registry
    rates: RateStore
    clock: Clock
    _ahead: defaultdict[Take, deque[int]] = field(default_factory=lambda: defaultdict(deque))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start_of(self, row: TaskRow, text: Callable[[], str | None]) -> int:
        """When an attempt of a subtask may start, in epoch ms; 0: it is not limited.

        Args:
            text: Returns the subtask's input, as JSON text.

        Raises:
            InvalidRequest: The input does not tell the limit's key, or its units.
        """
        if not self.registry.settings(row.key.type).rates:
            return 0
        takes = self.registry.takes_of(row.key, read_json(text() or "null"))
        return max((self._next(take) for take in takes), default=0)

    def _next(self, take: Take) -> int:
        with self._lock:
            known, now = self._ahead[take], self.clock()
            while known and known[0] < now - LATE_MS:
                known.popleft()
            if not known:
                known.extend(self._taken(take))
            return known.popleft()

    def _taken(self, take: Take) -> list[int]:
        text, units, rate, per_seconds, burst = take
        limit, declared = LimitId.from_text(text), Pace(rate, per_seconds, burst)
        pace = self.rates.pace(limit, declared)
        in_time = int(pace.rate / pace.per_seconds * AHEAD_SECONDS / units)
        count = min(max(in_time, 1), MOST_AHEAD, max(pace.burst // units, 1))
        return self.rates.take(limit, [units] * count, declared)
