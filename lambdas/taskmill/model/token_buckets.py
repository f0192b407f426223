"""Token buckets in the memory of a process: how often each caller may do something."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

KNOWN = 10_000  # callers that are remembered; whose bucket is dropped begins with a full one


class TokenBuckets:
    """A bucket for each caller: full at first, and refilled steadily. Thread-safe.

    Args:
        capacity: Tokens in a full bucket.
        per_second: Tokens that are added each second.
        clock: The time in milliseconds.
    """

    def __init__(self, *, capacity: int, per_second: float, clock: Callable[[], int]) -> None:
        self.capacity = capacity
        self.per_second = per_second
        self.clock = clock
        self._buckets: dict[str, tuple[float, int]] = {}  # tokens, and when they were counted
        self._lock = threading.Lock()

    def take(self, caller: str) -> int:
        """Take a token.

        Returns:
            0, or the seconds after which there will be one, rounded up.
        """
        with self._lock:
            now = self.clock()
            tokens, counted = self._buckets.pop(caller, (float(self.capacity), now))
            passed = max(now - counted, 0) / 1000
            tokens = min(tokens + passed * self.per_second, self.capacity)
            missing = max(1 - tokens, 0)
            self._buckets[caller] = (tokens if missing else tokens - 1, now)
            if len(self._buckets) > KNOWN:
                del self._buckets[next(iter(self._buckets))]  # the one used longest ago
            return math.ceil(missing / self.per_second)
