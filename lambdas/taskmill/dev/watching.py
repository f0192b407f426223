"""Watches the files of the task folder, and has the modules imported anew when one is saved."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from taskmill.dev.reloading import Reloader
from taskmill.dev.terminal import Terminal, now
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.sources.loading import place_of
from taskmill.functions.user_code import described

GROUPED_MS = 50  # changes that follow each other this soon are one


class Watcher:
    """A thread that reloads the task modules."""

    def __init__(self, reloader: Reloader, terminal: Terminal) -> None:
        self._reloader = reloader
        self._terminal = terminal
        self._stopping = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, name="taskmill-watch", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _watch(self) -> None:
        from watchfiles import PythonFilter, watch

        for changes in watch(
            self._reloader.folder,
            watch_filter=PythonFilter(),
            debounce=GROUPED_MS,
            step=GROUPED_MS // 2,
            stop_event=self._stopping,
            raise_interrupt=False,
        ):
            began = time.monotonic()
            failures = self._reloader.load(path for _, path in changes)
            tell_loaded(self._terminal, failures, seconds=time.monotonic() - began)


def tell_loaded(
    terminal: Terminal, failures: Mapping[str, BaseException], *, seconds: float | None = None
) -> None:
    """Print what was imported, or why something could not be.

    Args:
        seconds: How long importing anew took; None: it is the first time.
    """
    for module, error in failures.items():
        place = place_of(error)
        terminal.line(f"{now()}  {place or module}  {described(error)}", colour="red")
    if failures and seconds is not None:
        terminal.line(f"{now()}  not reloaded: tasks go on with the old code", colour="red")
        return
    types = ", ".join(sorted(FUNCTIONS)) or "none yet"
    if seconds is None:
        terminal.line(f"task types: {types}")
    else:
        terminal.line(f"{now()}  reloaded in {seconds * 1000:.0f} ms: {types}", colour="dim")
