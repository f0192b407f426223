"""Exponential backoff with jitter, after errors of the network or of AWS."""

from __future__ import annotations

import random

FIRST_SECONDS = 0.5
CAP_SECONDS = 30.0


class BackOff:
    """The pauses between tries: the n-th is random, between half and all of 0.5 s * 2^(n-1).

    That span grows up to 30 s. The jitter keeps consumers from retrying at the same moments.
    """

    def __init__(self) -> None:
        self._span = FIRST_SECONDS

    def next_seconds(self) -> float:
        span, self._span = self._span, min(2 * self._span, CAP_SECONDS)
        return random.uniform(span / 2, span)  # noqa: S311  # jitter, not cryptography

    def reset(self) -> None:
        self._span = FIRST_SECONDS
