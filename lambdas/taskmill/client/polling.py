"""How often a waiting caller looks again."""

from __future__ import annotations

import random
from collections.abc import Iterator

FIRST_SECONDS = 0.2
FACTOR = 1.5


def intervals(*, cap_seconds: float) -> Iterator[float]:
    """Seconds between looks: growing up to the cap, each 20 % more or less by chance.

    Chance keeps a thousand callers that began together from asking together.
    """
    seconds = FIRST_SECONDS
    while True:
        yield min(seconds, cap_seconds) * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
        seconds = min(seconds * FACTOR, cap_seconds)
