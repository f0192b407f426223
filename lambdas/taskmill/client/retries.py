"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx

Sleep = Callable[[float], None]

ATTEMPTS = 4
BASE_SECONDS = 0.2
CAP_SECONDS = 5.0

_BUSY = frozenset({429})  # API Gateway turned it away: nothing was done
_BROKEN = frozenset({500, 502, 503, 504})  # something may have been done
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def send_with_retries(
    send: Callable[[], httpx.Response], *, repeatable: bool, sleep: Sleep
) -> httpx.Response:
    """The first good answer, or the last bad one.

    Args:
        repeatable: Doing it twice is as good as once. If not, only a request that surely did
            nothing is sent again.

    Raises:
        httpx.TransportError: No answer at all.
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
            wait_seconds = max(wait_seconds, _asked_to_wait(response))
        sleep(wait_seconds)
    return send()


def backoff(attempt: int) -> float:
    """Seconds before the next attempt: exponential, capped, with full jitter.

    Args:
        attempt: Attempts already made, from 1.
    """
    return random.uniform(0, min(CAP_SECONDS, BASE_SECONDS * 2**attempt))  # noqa: S311  # no secret


def _asked_to_wait(response: httpx.Response) -> float:
    """Seconds that `Retry-After` asks for, within reason."""
    text = response.headers.get("retry-after", "")
    return min(float(text), CAP_SECONDS) if text.isascii() and text.isdigit() else 0.0
