"""Retries of HTTP requests: which are safe, and the pauses between them."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx

Sleep = Callable[[float], None]

ATTEMPTS = 4  # in all
BASE_SECONDS = 0.2
CAP_SECONDS = 5.0

_BUSY = frozenset({429})  # throttled: the request did nothing
_BROKEN = frozenset({500, 502, 503, 504})  # the request may have done something
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def send_with_retries(
    send: Callable[[], httpx.Response], *, repeatable: bool, sleep: Sleep
) -> httpx.Response:
    """The first response that needs no retry, or that of the last attempt.

    Args:
        send: Sends the request once.
        repeatable: The request is idempotent. If not, it is retried only after failures in which
            it certainly did nothing.
        sleep: Waits so many seconds.

    Raises:
        httpx.TransportError: There was no response, and a retry is not safe or was the last one.
    """
    for attempt in range(1, ATTEMPTS):
        wait_seconds = backoff(attempt)
        try:
            response = send()
        except _NEVER_SENT:
            pass
        except httpx.TransportError:
            if not repeatable:
                raise
        else:
            again = _BUSY | _BROKEN if repeatable else _BUSY
            if response.status_code not in again:
                return response
            wait_seconds = max(wait_seconds, _retry_after_seconds(response))
        sleep(wait_seconds)
    return send()


def backoff(attempt: int) -> float:
    """Seconds before the next attempt: exponential, capped, with full jitter.

    Args:
        attempt: Attempts already made, from 1.
    """
    return random.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2**attempt))  # noqa: S311  # no secret


def _retry_after_seconds(response: httpx.Response) -> float:
    """Seconds of the header `Retry-After`, up to `CAP_SECONDS`; 0 without one."""
    text = response.headers.get("retry-after", "")
    return min(float(text), CAP_SECONDS) if text.isascii() and text.isdigit() else 0.0
