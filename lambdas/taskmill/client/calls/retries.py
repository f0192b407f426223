"""Retries of HTTP requests: which are safe, and the pauses between them."""

from __future__ import annotations

import random

import httpx

ATTEMPTS = 4  # in all
BASE_SECONDS = 0.2
CAP_SECONDS = 5.0

_BUSY = frozenset({429})  # throttled: the request did nothing
_BROKEN = frozenset({500, 502, 503, 504})  # the request may have done something
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Outcome = httpx.Response | httpx.TransportError


class Retries:
    """Decides after each attempt of one request whether another follows.

    Args:
        repeatable: The request is idempotent. If not, it is retried only after failures in which
            it certainly did nothing.
    """

    def __init__(self, *, repeatable: bool) -> None:
        self._repeatable = repeatable
        self._made = 0

    def pause_after(self, outcome: Outcome) -> float | None:
        """Seconds to wait before the next attempt; None: this outcome is final."""
        self._made += 1
        if self._made >= ATTEMPTS or not self._may_repeat(outcome):
            return None
        return max(backoff(self._made), _retry_after_seconds(outcome))

    def _may_repeat(self, outcome: Outcome) -> bool:
        if isinstance(outcome, httpx.Response):
            return outcome.status_code in (_BUSY | _BROKEN if self._repeatable else _BUSY)
        return self._repeatable or isinstance(outcome, _NEVER_SENT)


def backoff(attempt: int) -> float:
    """Seconds before the next attempt: exponential, capped, with full jitter.

    Args:
        attempt: Attempts already made, from 1.
    """
    return random.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2**attempt))  # noqa: S311  # no secret


def _retry_after_seconds(outcome: Outcome) -> float:
    """Seconds of the header `Retry-After`, up to `CAP_SECONDS`; 0 without one."""
    if not isinstance(outcome, httpx.Response):
        return 0.0
    text = outcome.headers.get("retry-after", "")
    return min(float(text), CAP_SECONDS) if text.isascii() and text.isdigit() else 0.0
