"""How a function starts: before its first event, or before the snapshot it is restored from."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from taskmill import wiring
from taskmill.wiring import Wiring


def hold_collection() -> None:
    """Collect no garbage in this function's process until it has started.

    Starting makes some hundred thousand objects and drops next to none. Looking through them again
    and again takes a tenth of the time; up to a quarter before Python 3.12.
    """
    if wiring.is_function():
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
        if wiring.starts_ahead():
            ahead()
            self._start_ahead()
            if wiring.is_snapshot():
                from taskmill.restoring import after_restore

                after_restore(self._start_ahead)

    def __call__(self) -> Wiring:
        """The wiring of this process, started."""
        current = wiring.current()
        if not self._started:
            self._start(current)
        return current

    def _start_ahead(self) -> None:
        current = wiring.current()
        self._start(current)
        for service in self._services:
            current.client(service)

    def _start(self, current: Wiring) -> None:
        try:
            for make in self._make:
                make(current)
        finally:
            if not gc.isenabled():
                gc.freeze()  # what is there stays: no later collection needs to look at it
                gc.enable()
        self._started = True
