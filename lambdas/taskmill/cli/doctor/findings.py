"""Findings of `taskmill doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from taskmill.cli.exits import Exit


class State(StrEnum):
    """What a finding means."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """What one check has found.

    Attributes:
        fix: What to do about it; empty if all is well.
        exit: The exit code, if it is the first thing that is wrong.
    """

    check: str
    state: State
    message: str
    fix: str = ""
    exit: Exit = Exit.USAGE


def fine(check: str, message: str) -> Finding:
    return Finding(check, State.OK, message)


def warning(check: str, message: str, fix: str) -> Finding:
    return Finding(check, State.WARNING, message, fix)


def wrong(check: str, message: str, fix: str, *, code: Exit = Exit.USAGE) -> Finding:
    return Finding(check, State.WRONG, message, fix, code)
