"""Progress of commands: the callable that is told about each step."""

import time
from collections.abc import Callable

Report = Callable[[str], None]


class TimedReport:
    """A ``Report`` that puts the seconds since its creation before each line."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._started = time.monotonic()

    def __call__(self, line: str) -> None:
        self._report(f"{time.monotonic() - self._started:5.1f} s  {line}")
