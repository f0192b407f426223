"""Exponential backoff with jitter, after errors of the network or of AWS."""

from __future__ import annotations

import random

FIRST_SECONDS = 0.5
CAP_SECONDS = 30.0


class BackOff:
    """The pauses between tries: the n-th is random, between half and all of 0.5 s * 2^(n-1).

    The jitter keeps consumers from retrying at the same moments.

    Args:
        cap_seconds: How far that span grows.
    """

    def __init__(self, cap_seconds: float = CAP_SECONDS) -> None:
        self._span = FIRST_SECONDS
        self._cap = cap_seconds

    def next_seconds(self) -> float:
        span, self._span = self._span, min(2 * self._span, self._cap)
        return random.uniform(span / 2, span)  # noqa: S311  # jitter, not cryptography

    def reset(self) -> None:
        self._span = FIRST_SECONDS
