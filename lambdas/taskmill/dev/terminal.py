"""What `taskmill dev` prints: a line for each attempt, log lines of task code, errors."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from taskmill.model.keys import TaskKey
from taskmill.model.shown_text import one_line

_COLOURS = {"green": "32", "red": "31", "yellow": "33", "dim": "2", "cyan": "36"}
# Keys of every log line, which the line shows in its own way or which say nothing here.
_OURS = frozenset(
    (
        *("level", "location", "message", "timestamp", "service", "exception", "exception_name"),
        *("stack_trace", "xray_trace_id", "correlation_id", "user", "request_id", "key", "attempt"),
        *("logId", "rootLogId", "log_id", "root_log_id"),
    )
)


class Terminal:
    """Prints whole lines to stderr, also from several threads; none while a debugger has it.

    Attributes:
        link: Gives the address of a task's page, to which its lines lead where terminals can;
            None: they lead nowhere.
    """

    link: Callable[[TaskKey], str] | None = None

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._held: list[str] | None = None

    def line(self, text: str, *, colour: str | None = None, about: TaskKey | None = None) -> None:
        """Print one line.

        Args:
            about: The task to whose page the line leads.
        """
        shown = one_line(text)
        if about and self.link and _has_links():
            shown = f"\x1b]8;;{self.link(about)}\x1b\\{shown}\x1b]8;;\x1b\\"
        if colour and _has_colours():
            shown = f"\x1b[{_COLOURS[colour]}m{shown}\x1b[0m"
        with self._lock:
            if self._held is not None:
                self._held.append(shown)
                return
            sys.stderr.write(f"{shown}\n")
            sys.stderr.flush()

    def lines(self, text: str, *, indent: str = "    ", colour: str | None = None) -> None:
        """Print the lines of a text, indented."""
        with self._lock:
            for each in text.rstrip().splitlines():
                self.line(f"{indent}{each}", colour=colour)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Print nothing in a `with` block, and all of it afterwards."""
        with self._lock:
            outermost = self._held is None
            if outermost:
                self._held = []
        try:
            yield
        finally:
            if outermost:
                with self._lock:
                    held, self._held = self._held or [], None
                    for each in held:
                        sys.stderr.write(f"{each}\n")
                    sys.stderr.flush()

    def attempt(self, key: TaskKey, outcome: str, *, seconds: float, note: str = "") -> None:
        """Print the outcome of an attempt, and below it what went wrong."""
        colour = {"COMPLETED": "green", "FAILED": "red", "ERRORED": "yellow"}.get(outcome, "cyan")
        took = f"{seconds:.2f} s" if seconds < 60 else f"{seconds / 60:.1f} min"
        with self._lock:
            self.line(f"{now()}  {name_of(key)}  {outcome}  {took}", colour=colour, about=key)
            if note:
                self.lines(note, colour=colour)


class LogLines:
    """A stream for the runtime's logger: shows its JSON lines as people read them."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def write(self, text: str) -> int:
        try:
            entry = json.loads(text)
        except ValueError:
            self._terminal.lines(text, indent="")
            return len(text)
        self._show(entry)
        return len(text)

    def flush(self) -> None:
        """Lines are written at once."""

    def _show(self, entry: Mapping[str, Any]) -> None:
        level, message = entry.get("level", "INFO"), entry.get("message", "")
        if not isinstance(message, str):
            message = json.dumps(message, ensure_ascii=False)
        more = " ".join(
            f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
            for name, value in entry.items()
            if name not in _OURS
        )
        colour = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "red"}.get(level, "dim")
        whose = _type_in(entry)
        shown = "  ".join(each for each in (now(), whose, level, message, more) if each)
        self._terminal.line(shown, colour=colour)
        if trace := entry.get("exception"):
            self._terminal.lines(str(trace), colour=colour)


def name_of(key: TaskKey) -> str:
    """A key as arguments of the command line."""
    return f"{key.type} {key.code}" if key.index is None else f"{key.type} {key.code} {key.index}"


def now() -> str:
    return datetime.now().astimezone().strftime("%H:%M:%S")


def _type_in(entry: Mapping[str, Any]) -> str:
    try:
        return TaskKey.from_text(str(entry["key"])).type
    except Exception:  # noqa: BLE001  # task code may have replaced the key
        return ""


def _has_colours() -> bool:
    return sys.stderr.isatty() and not os.environ.get("NO_COLOR")


def _has_links() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
