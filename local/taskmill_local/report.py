"""Progress of commands: the callable that is told about each step."""

import time
from collections.abc import Callable

Report = Callable[[str], None]


def printable(text: str) -> str:
    """`text` with escapes for what a terminal would obey or not show; line breaks stay.

    It repeats the output of other programs: the CDK's, the emulator's. The packages do not import
    each other, so this is a small brother of `taskmill/model/shown_text.py`.
    """
    return "".join(
        each if each.isprintable() or each in "\n\t" else each.encode("unicode_escape").decode()
        for each in text
    )


class TimedReport:
    """A ``Report`` that puts the seconds since its creation before each line."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._started = time.monotonic()

    def __call__(self, line: str) -> None:
        self._report(f"{time.monotonic() - self._started:5.1f} s  {line}")
