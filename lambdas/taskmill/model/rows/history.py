"""The history in a task's row: which status it entered, when, in which attempt, and who caused it.

An entry is a list of three to five: status, time (epoch ms), attempt (0: in none) and, of a cancel
or retry that somebody asked for, who it was (`by`) and why (`reason`). Nobody else's moves have
them, so the rows of tasks that just run are no larger.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HISTORY_LIMIT = 32  # the newest entries are kept
MAX_BY = 64  # characters
MAX_REASON = 180  # characters: 100 of the caller, and the name of the bulk

Entry = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked for a cancel or retry, and why; bounded, as it is stored in each task's history.

    Attributes:
        by: Short name of the caller; None: not known, as in a process of our own.
        reason: What the caller said; None: nothing.
    """

    by: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, user: str | None, reason: str | None = None) -> Actor:
        """The actor for a caller as `createdBy` has it: an ARN, or the subject of a token."""
        return cls(short_name(user), _cut(reason, MAX_REASON))

    @property
    def tail(self) -> tuple[str, ...]:
        """What stands behind status, time and attempt; nothing if nothing is known."""
        if self.reason:
            return self.by or "", self.reason
        return (self.by,) if self.by else ()


NOBODY = Actor()


def short_name(user: str | None) -> str | None:
    """The part of a caller's name that people know, at most 64 characters.

    `alice` of the ARN of a user, `Role/session` of an assumed role; anything else stays as it is.
    """
    if not user:
        return None
    kind, _, path = user.split(":", 5)[-1].partition("/") if user.startswith("arn:") else ("",) * 3
    if kind == "assumed-role":
        user = path
    elif path:
        user = path.rpartition("/")[2]
    elif kind:  # `root`
        user = kind
    return _cut(user, MAX_BY)


def entry_of(stored: Any) -> Entry:
    """An entry as it is stored; what a newer version adds to it is left out.

    Raises:
        ValueError: It is none.
    """
    status, at, attempt, *tail = stored[:5]
    if not (isinstance(status, str) and isinstance(at, int) and isinstance(attempt, int)):
        raise ValueError(f"an entry of history is {stored!r}")  # noqa: TRY004
    told = all(isinstance(each, str) for each in tail)
    return (status, at, attempt, *tail) if told else (status, at, attempt)


def actor_of(entry: Entry) -> Actor:
    """Who and why, as an entry has it."""
    by, reason, *_ = (*entry[3:], "", "")
    return Actor(by or None, reason or None)


def _cut(text: str | None, limit: int) -> str | None:
    if not text:
        return None
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
