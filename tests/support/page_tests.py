"""Runs the tests of the user guide's pages, in a process that does nothing else.

`python page_tests.py FOLDER...`: a folder has the files of a page, its tests in `shop.py`. What
pytest says goes into its `report.txt`; which lines of which files were run goes into `seen.json`.
"""

import contextlib
import io
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from taskmill.functions.hooks.middleware import MIDDLEWARE
from taskmill.functions.known_functions import FUNCTIONS


class Lines:
    """Notes the lines that are run in the files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.seen: set[tuple[str, int]] = set()

    def trace(self, frame: FrameType, _event: str, _value: Any) -> Callable[..., Any] | None:
        name = frame.f_code.co_filename
        if not name.startswith(self.folder):
            return None
        self.seen.add((Path(name).name, frame.f_lineno))
        return self.trace

    def pytest_runtest_call(self) -> None:
        sys.settrace(self.trace)  # a task that was interrupted within `trace` has switched it off


CURRENT: list[Lines] = []  # the page in hand: a thread may go on from page to page


def _trace(frame: FrameType, event: str, value: Any) -> Callable[..., Any] | None:
    return CURRENT[0].trace(frame, event, value)


def run(folder: Path) -> None:
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    before = set(sys.modules)
    FUNCTIONS.clear()
    MIDDLEWARE.clear()
    lines, said = Lines(folder), io.StringIO()
    CURRENT[:] = [lines]
    threading.settrace(_trace)
    sys.settrace(lines.trace)
    with contextlib.redirect_stdout(said):
        ended = pytest.main(["-q", "-p", "no:cacheprovider", "shop.py"], plugins=[lines])
    sys.settrace(None)
    (folder / "report.txt").write_text("" if ended == pytest.ExitCode.OK else said.getvalue())
    (folder / "seen.json").write_text(json.dumps(sorted(lines.seen)))
    sys.path.remove(str(folder))
    for name in set(sys.modules) - before:
        if str(folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


if __name__ == "__main__":
    for each in sys.argv[1:]:
        run(Path(each).resolve())
