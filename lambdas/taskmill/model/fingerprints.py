"""Fingerprints of errors: equal for errors that differ only in ids, numbers and quoted text."""

from __future__ import annotations

import hashlib
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import CodeType, TracebackType
from typing import Any

from taskmill.model.error_members import members

FINGERPRINT_LENGTH = 12  # characters, hexadecimal
ERROR_TEXT_LIMIT = 200  # characters of `error_text`
FRAMES = 3  # newest frames of the task's own code that count
_READ = 4_000  # characters of a message that are looked at
_KEPT = 200  # characters of a normalised message that count
_CHAIN = 20  # causes of causes
_TASKMILL = str(Path(__file__).parents[1])
_NOT_OWN = ("site-packages", "dist-packages", "/opt/", "<frozen")


def fingerprint(error_type: str, message: str, frames: Sequence[str] = ()) -> str:
    """The fingerprint of an error: of its type, its normalised message and its frames.

    Args:
        frames: As `own_frames` returns them.
    """
    whole = "\n".join([error_type, normalised(message), *frames])
    return hashlib.sha256(whole.encode(errors="replace")).hexdigest()[:FINGERPRINT_LENGTH]


def fingerprint_of(error: Mapping[str, Any]) -> str:
    """The fingerprint of an error that is only known as `{type, message}`: one from outside."""
    return fingerprint(str(error.get("type", "")), str(error.get("message", "")))


def is_fingerprint(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{12}", value) is not None


def error_text(error: Mapping[str, Any]) -> str:
    """An error in one line of at most 200 characters: "ValueError: no such order"."""
    text = f"{error.get('type', 'Error')}: {error.get('message', '')}"
    return " ".join(text[: 2 * ERROR_TEXT_LIMIT].split())[:ERROR_TEXT_LIMIT]


def innermost(error: BaseException) -> BaseException:
    """The error at the end of the chain of `__cause__`: the one that others were raised from."""
    for _ in range(_CHAIN):
        cause = error.__cause__
        if cause is None or type(cause).__name__ == "_RemoteTraceback":  # a pool's text of a stack
            break
        error = next(members(cause))
    return error


def own_frames(trace: TracebackType | None) -> list[str]:
    """The newest 3 frames outside taskmill, installed packages and the standard library.

    Each as module and function, without a line number: so a changed line elsewhere in the file
    changes nothing. If there are none, the newest frames outside taskmill.
    """
    own: deque[str] = deque(maxlen=FRAMES)
    others: deque[str] = deque(maxlen=FRAMES)
    for module, code in _frames(trace):
        place = f"{module}:{code.co_qualname}"
        if _is_own(code.co_filename):
            own.append(place)
        elif not code.co_filename.startswith(_TASKMILL):
            others.append(place)
    return [*(own or others)]


def _frames(trace: TracebackType | None) -> Iterator[tuple[str, CodeType]]:
    while trace:
        frame = trace.tb_frame
        yield str(frame.f_globals.get("__name__", "")), frame.f_code
        trace = trace.tb_next


@cache
def _is_own(filename: str) -> bool:
    library = os.path.dirname(os.__file__)  # noqa: PTH120  # without resolving links, as in frames
    foreign = filename.startswith((_TASKMILL, library)) or "<string>" in filename
    return not foreign and not any(each in filename for each in _NOT_OWN)


def normalised(message: str) -> str:
    """A message without what differs from case to case: ids, numbers, dates and quoted text.

    Each of these, and each list of them, becomes one `#`; white space becomes one blank.
    """
    text = message[:_READ]
    for replace in _replacements():
        text = replace(text)
    return " ".join(text.split())[:_KEPT]


@cache
def _replacements() -> tuple[Callable[[str], str], ...]:
    """In order; compiled at the first error, which most processes never see."""
    return tuple(
        (lambda text, found=re.compile(pattern): found.sub("#", text)) for pattern in _PATTERNS
    )


_PATTERNS = (
    # Quoted text: an apostrophe within a word ("can't") begins none.
    r"(?<!\w)'(?:[^'\\]|\\.|'(?=\w))*'(?!\w)",
    r'"(?:[^"\\]|\\.)*"',
    r"`[^`]*`|“[^”]*”|„[^“”]*[“”]|«[^»]*»|‘[^’]*’(?!\w)",  # noqa: RUF001
    # Addresses of e-mail, uuids.
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    r"(?i)\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b",
    # Dates and times: 2026-11-28T07:05:01.5Z, 28 Nov 2026, Nov 28.
    r"\b\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?",
    r"(?i)\b(?:\d\d? )?(?:jan|feb|mar|apr|may|june?|july?|aug|sep|oct|nov|dec)\.? \d[\d,]*\b",
    # Ulids, hexadecimal digests, other words with a letter after a digit, numbers.
    r"(?i)\b[0-7][0-9a-hjkmnp-tv-z]{25}\b",
    r"(?i)\b(?:0x[0-9a-f]+|[0-9a-f]{8,})\b",
    r"\b\w*\d_*[^\W\d_]\w*\b",
    r"\d+(?:[.,]\d+)*",
    r"(?<![\w#])[-+]#",
    # Several of them, as in "[1, 2, 3]" and "2024/11".
    r"#(?:[\s,.:;/_+-]*#)+",
)
