"""Texts of users, made harmless for whoever looks at them: terminals, logs, files of lines."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

# What a terminal obeys, what splits a line, and what cannot be seen: control characters (C0, DEL,
# C1), separators of lines and paragraphs, all format characters (bidirectional overrides,
# zero-width characters, tags) and lone surrogates. The ranges are those of the categories Cc, Cf,
# Cs, Zl and Zp of Unicode 16, and of its property Default_Ignorable_Code_Point, without the two
# variation selectors that choose between an emoji and a plain sign.
_HARMFUL = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_line(text: str) -> str:
    r"""`text` in one line, with harmful characters as the escapes of Python: `\n`, `\x1b`."""
    if text.isascii() and text.isprintable():
        return text
    return _harmful().sub(lambda found: _escape(found[0]), text)


def safe_json(document: str) -> str:
    """A JSON document with the same value, whose harmful characters are escaped as JSON does it."""
    if document.isascii() and document.isprintable():
        return document
    return _harmful().sub(lambda found: _escape_in_json(found[0]), document)


def log_line(entry: Mapping[str, Any]) -> str:
    """A log entry as one line of JSON. What is not JSON is shown as its `str`."""
    return safe_json(json.dumps(entry, default=str, separators=(",", ":"), ensure_ascii=False))


@cache
def _harmful() -> re.Pattern[str]:
    """Compiled at the first text that may need it, to keep that out of the cold start."""
    return re.compile(f"[{_HARMFUL}]")


def _escape_in_json(character: str) -> str:
    code = ord(character)
    if character == "\n":
        return character  # between values; within them it is escaped already
    return f"\\u{code:04x}" if code < 0x10000 else json.dumps(character)[1:-1]  # a pair of units


def _escape(character: str) -> str:
    code = ord(character)
    if code < 0x100:
        return _NAMED.get(character, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
