"""The calls of a `TaskContext` that are about rate limits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from taskmill.model.errors import Conflict
from taskmill.model.flow_control.retry_after import RetryAfter

if TYPE_CHECKING:
    from taskmill.model.flow_control.declared_limits import RateLimit
    from taskmill.work.admission.limit_calls import AttemptLimits

LONGEST_WAIT_SECONDS = 30.0  # that an attempt waits for units; beyond it, it is given back


class LimitUses:
    """Uses of rate limits beyond the start of the attempt."""

    _given_limits: AttemptLimits | None = None

    def used(self, limit: RateLimit, units: int) -> None:
        """Tell how many units this attempt has used in all, when it took an estimate at its start.

        What it used beyond that delays others; what it did not use lets them start sooner.

        Args:
            limit: A rate limit of the task's type.
            units: 0 or more.

        Raises:
            InvalidOption: The type is not subject to this limit, or `units` is no whole number.
        """
        self._limits.used(limit, units)

    def limit(self, limit: RateLimit, *, units: int = 1, key: Any = None) -> Units:
        """Units of a rate limit for a part of the attempt: `with ctx.limit(stripe, units=3): ...`.

        It waits until the units may be used; `async with` waits without blocking the event loop. If
        that takes more than 30 s, the attempt is given back, and made again after that time.

        Args:
            limit: Any rate limit; it need not be one of the task's type.
            units: From 1 to the limit's burst.
            key: What the limit is counted by, if it has a key; by default that of the task.

        Raises:
            InvalidOption: A value is out of range, or the key is missing.
            RetryAfter: The wait is too long. Do not catch it.
        """
        limits = self._limits
        return Units(lambda: limits.take(limit, units, key), limits.calls.sleep)

    @property
    def _limits(self) -> AttemptLimits:
        if self._given_limits is None:
            raise Conflict("there are no limits where this attempt runs")
        return self._given_limits


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a rate limit, taken on entry. They are used up: leaving gives nothing back."""

    _take: Callable[[], float]
    _sleep: Callable[[float], None] = time.sleep

    def __enter__(self) -> None:
        self._sleep(self._wait())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    async def __aenter__(self) -> None:
        await asyncio.sleep(await asyncio.to_thread(self._wait))

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def _wait(self) -> float:
        seconds = self._take()
        if seconds > LONGEST_WAIT_SECONDS:
            raise RetryAfter(seconds)
        return seconds
