"""The clocks of the in-process cloud: that of the services, and a wrong one of the processes."""

from __future__ import annotations

from email.utils import formatdate

from taskmill.aws.server_clock import ServerClock
from taskmill.model.clock import Clock


class Clocks:
    """The clock of functions and consumers, which learn the time from the answers of services.

    Args:
        services: The virtual time, in epoch ms.
        skew_seconds: How far the processes' own clock is ahead; 0: it is the same.
    """

    def __init__(self, services: Clock, skew_seconds: float) -> None:
        self._services = services
        self._is_skewed = skew_seconds != 0
        skew_ms = round(skew_seconds * 1000)
        self._corrected = ServerClock(lambda: services() + skew_ms, lambda: services() / 1000)

    @property
    def of_processes(self) -> Clock:
        return self._corrected if self._is_skewed else self._services

    def tell(self) -> None:
        """The `Date` header of an answer."""
        if self._is_skewed:
            self._corrected.learn(formatdate(self._services() // 1000, usegmt=True))
