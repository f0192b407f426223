"""Cold start of a Lambda function: what to build, and whether before or at the first event."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence

from taskmill.wiring.process import current, settings
from taskmill.wiring.wiring import Wiring


def hold_collection() -> None:
    """Disable garbage collection in a Lambda function until `Start` has built its objects.

    A start creates some 100,000 objects and frees hardly any. Garbage collection would take a
    tenth of its time; up to a quarter before Python 3.12.
    """
    if settings().function_name:
        gc.disable()


class Start:
    """Builds what a Lambda function needs for its events.

    With SnapStart or provisioned concurrency, that happens when the process starts, and again after
    each restore from a snapshot. Otherwise it happens at the first event, so that merely importing
    the handler is cheap.

    Args:
        make: Functions that build the parts of the wiring that every event needs.
        services: AWS services that most events call; their clients are made ahead as well.
        ahead: Further work to do once when starting ahead of events.
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
        """The wiring of this process, after building what the function needs."""
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
                gc.freeze()  # these objects stay: exclude them from later collections
                gc.enable()
        self._started = True
