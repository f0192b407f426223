"""How a function starts: before its first event, or before the snapshot it is restored from."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from taskmill.wiring.process import current, settings
from taskmill.wiring.wiring import Wiring


def hold_collection() -> None:
    """Collect no garbage in this function's process until it has started.

    Starting makes some hundred thousand objects and drops next to none. Looking through them again
    and again takes a tenth of the time; up to a quarter before Python 3.12.
    """
    if settings().function_name:
        gc.disable()


class Start:
    """What a function makes before its first event.

    With SnapStart or provisioned concurrency that is done as the process starts, ahead of any
    event; else with the first event, so that a function that is only imported pays nothing.

    Args:
        make: Make what every event needs: parts of the wiring.
        services: AWS services that most events call; clients of them belong into a snapshot.
        ahead: More to do while nobody waits.
    """

    def __init__(
        self,
        *make: Callable[[Wiring], object],
        services: Sequence[str] = ("dynamodb",),
        ahead: Callable[[], object] = lambda: None,
    ) -> None:
        self._make = make
        self._services = services
        self._started = False
        if settings().starts_ahead:
            ahead()
            self._start_ahead()
            if settings().is_snapshot:
                from taskmill.wiring.snap_start import after_restore

                after_restore(self._start_ahead)

    def __call__(self) -> Wiring:
        """The wiring of this process, started."""
        wiring = current()
        if not self._started:
            self._start(wiring)
        return wiring

    def _start_ahead(self) -> None:
        wiring = current()
        self._start(wiring)
        for service in self._services:
            wiring.client(service)

    def _start(self, wiring: Wiring) -> None:
        try:
            for make in self._make:
                make(wiring)
        finally:
            if not gc.isenabled():
                gc.freeze()  # what is there stays: no later collection needs to look at it
                gc.enable()
        self._started = True
