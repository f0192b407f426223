"""State of the process that task code may change, and that the next task must not find changed."""

from __future__ import annotations

import _locale
import gc
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_STREAMS_AND_HOOKS = ("stdin", "stdout", "stderr", "excepthook", "unraisablehook")


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of state.

    Attributes:
        read: Returns it, so that two states can be compared.
        write: Puts it back as it was read.
    """

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], None]


Snapshot = Sequence[Any]
"""What each part was, in the order of `PARTS`."""


def snapshot() -> Snapshot:
    """The present state; takes some microseconds, as it is taken for each attempt."""
    return [part.read() for part in PARTS]


def restore(before: Snapshot) -> list[str]:
    """Put back what has changed since `before`. Returns the names of these parts."""
    changed = []
    for part, value in zip(PARTS, before, strict=True):
        if part.read() != value:
            changed.append(part.name)
            with suppress(Exception):  # a folder that is gone, say: the others are put back anyway
                part.write(value)
    return changed


def _environment() -> dict[Any, Any]:
    # The mapping behind `os.environ`, whose own copy takes a hundred times as long.
    kept: dict[Any, Any] | None = getattr(os.environ, "_data", None)
    return dict(os.environ) if kept is None else kept.copy()


def _set_environment(before: Mapping[Any, Any]) -> None:
    now = _environment()
    for name in now.keys() - before.keys():
        del os.environ[os.fsdecode(name)]
    for name, value in before.items():
        if now.get(name) != value:
            os.environ[os.fsdecode(name)] = os.fsdecode(value)
    if _zone(now) != _zone(before) and hasattr(time, "tzset"):  # not on Windows
        time.tzset()


def _zone(environment: Mapping[Any, Any]) -> Any:
    return environment.get(b"TZ", environment.get("TZ"))


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109  # cheaper than Path.cwd(), for each attempt
    except OSError:  # it was removed
        return None


def _set_folder(before: str | None) -> None:
    if before is not None:
        os.chdir(before)


def _warnings() -> tuple[Any, ...]:
    return list(warnings.filters), warnings.showwarning


def _set_warnings(before: tuple[Any, ...]) -> None:
    filters, warnings.showwarning = before
    now: Any = warnings.filters
    now[:] = filters
    with warnings.catch_warnings():
        pass  # its end makes the module notice the filters, without a private function


def _set_path(before: list[str]) -> None:
    sys.path[:] = before


def _streams() -> tuple[Any, ...]:
    return tuple(getattr(sys, name) for name in _STREAMS_AND_HOOKS)


def _set_streams(before: tuple[Any, ...]) -> None:
    for name, value in zip(_STREAMS_AND_HOOKS, before, strict=True):
        setattr(sys, name, value)


def _interpreter() -> tuple[int, float, bool]:
    return sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled()


def _set_interpreter(before: tuple[int, float, bool]) -> None:
    recursion_limit, switch_interval, collects = before
    sys.setrecursionlimit(recursion_limit)
    sys.setswitchinterval(switch_interval)
    if collects:
        gc.enable()
    else:
        gc.disable()


def _socket_timeout() -> float | None:
    socket: Any = sys.modules.get("socket")
    return socket.getdefaulttimeout() if socket else None


def _set_socket_timeout(before: float | None) -> None:
    sys.modules["socket"].setdefaulttimeout(before)


def _locale_name() -> str:
    return _locale.setlocale(_locale.LC_ALL, None)


def _set_locale(before: str) -> None:
    _locale.setlocale(_locale.LC_ALL, before)


class _Loggers:
    """Levels, handlers, filters and (Powertools) keys of the loggers that there are."""

    def __init__(self) -> None:
        self._known: list[logging.Logger] = [logging.root]
        self._entries = 0

    def read(self) -> _Known:
        entries = logging.root.manager.loggerDict
        if len(entries) != self._entries:
            self._entries = len(entries)
            known = set(self._known)
            made = [each for each in tuple(entries.values()) if isinstance(each, logging.Logger)]
            self._known += [each for each in made if each not in known]
        return _Known([logging.root.manager.disable, *map(_state, self._known)])

    def write(self, before: _Known) -> None:
        disabled, *states = before
        logging.disable(disabled)
        for logger, state in zip(self._known, states, strict=False):
            if _state(logger) != state:
                _set_state(logger, state)


def _state(logger: logging.Logger) -> tuple[Any, ...]:
    if logger.handlers or logger.filters:
        handlers, filters = tuple(logger.handlers), tuple(logger.filters)
        return logger.level, logger.disabled, handlers, filters, tuple(map(_log_keys, handlers))
    return logger.level, logger.disabled


def _set_state(logger: logging.Logger, state: tuple[Any, ...]) -> None:
    level, logger.disabled, *more = state
    logger.setLevel(level)
    handlers, filters, keys = more or ((), (), ())
    logger.handlers[:], logger.filters[:] = handlers, filters
    for handler, own in zip(handlers, keys, strict=True):
        if own is not None:
            handler.formatter.log_format = dict(own)


def _log_keys(handler: logging.Handler) -> Mapping[str, Any] | None:
    """The keys that a Powertools formatter adds to every line."""
    keys = getattr(handler.formatter, "log_format", None)
    return dict(keys) if isinstance(keys, dict) else None


class _Known(list[Any]):
    """State of loggers in the order in which they were found: those found later are left alone."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, list) and all(
            ours == theirs for ours, theirs in zip(self, other, strict=False)
        )

    def __ne__(self, other: object) -> bool:
        return not self == other


_LOGGERS = _Loggers()

PARTS = (
    Part("environment", _environment, _set_environment),
    Part("working folder", _folder, _set_folder),
    Part("warnings", _warnings, _set_warnings),
    Part("sys.path", lambda: list(sys.path), _set_path),
    Part("streams and hooks", _streams, _set_streams),
    Part("interpreter", _interpreter, _set_interpreter),
    Part("logging", _LOGGERS.read, _LOGGERS.write),
    Part("socket timeout", _socket_timeout, _set_socket_timeout),
    Part("locale", _locale_name, _set_locale),
)
