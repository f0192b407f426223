"""Pauses after trouble with the network: longer each time, never two consumers in step."""

from __future__ import annotations

import random

FIRST_SECONDS = 0.5
CAP_SECONDS = 30.0


class BackOff:
    """Pauses between tries. Each is drawn from the upper half of a span that doubles."""

    def __init__(self) -> None:
        self._span = FIRST_SECONDS

    def next_seconds(self) -> float:
        span, self._span = self._span, min(2 * self._span, CAP_SECONDS)
        return random.uniform(span / 2, span)  # noqa: S311  # spreads load, keeps no secret

    def reset(self) -> None:
        self._span = FIRST_SECONDS
