"""When attempts may start under a rate limit: the generic cell rate algorithm (GCRA).

A limit is a single number, the *theoretical arrival time* up to which its units are spoken for. Who
takes units moves it on by what they are worth, and may start when it was less than a burst ahead.
It is ITU-T I.371's algorithm, of which a token bucket is another view: in any time `t` no more than
`burst + rate * t` units start.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """A rate: `rate` units in `per_seconds`, of which `burst` may start at once."""

    rate: int
    per_seconds: int
    burst: int

    def worth(self, units: int) -> int:
        """Microseconds that so many units are worth, rounded up."""
        return -(-units * self.per_seconds * MICROSECONDS // self.rate)

    def starts(self, units: Sequence[int], *, before: int, now: int) -> Iterator[int]:
        """When each of several attempts may start that take their units together.

        Args:
            units: What each attempt takes, in their order.
            before: The theoretical arrival time before that, in microseconds.
            now: The present time in epoch ms, before which none starts.

        Yields:
            Epoch ms, rounded up, for each attempt.
        """
        taken = 0
        for each in units:
            taken += each
            start = max(before, now * 1000) + self.worth(taken) - self.worth(self.burst)
            yield max(now, math.ceil(start / 1000))

    def behind(self, until: int) -> int:
        """The theoretical arrival time with which no unit starts before `until` (epoch ms)."""
        return until * 1000 + self.worth(self.burst) - self.worth(1)
