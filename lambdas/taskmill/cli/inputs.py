"""Reads inputs that arguments name: JSON text, `@file.json`, or `-` for stdin."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taskmill.client.elements import Format, parse_elements, read_elements
from taskmill.client.errors import UnreadableInput
from taskmill.model.left_out import LEFT_OUT

_HINT = """; write text with its quotes: '"like this"'"""


def read_input(text: str | None) -> Any:
    """The JSON value of the argument INPUT; `LEFT_OUT` if it is missing.

    Raises:
        UnreadableInput: The file is missing, or the text is not JSON.
    """
    if text is None:
        return LEFT_OUT
    if text != "-" and not text.startswith("@"):
        return _json(text, "INPUT", hint=_HINT)
    name = "stdin" if text == "-" else text[1:]
    try:
        return _json(sys.stdin.read() if text == "-" else _file(name), name)
    except OSError as error:
        raise UnreadableInput(f"cannot read {name}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{name} is not UTF-8: {error.reason}") from None


def read_inputs(source: str, form: Format | None) -> Iterator[Any]:
    """The elements of FILE, or of stdin for `-`.

    Args:
        form: By default the suffix of the file decides; stdin is JSON Lines by default.

    Raises:
        UnreadableInput: See `taskmill.client.elements`.
    """
    if source == "-":
        return parse_elements(sys.stdin, form or "jsonl", name="stdin")
    return read_elements(Path(source), form)


def _file(name: str) -> str:
    return Path(name).read_text(encoding="utf-8-sig")


def _json(text: str, name: str, *, hint: str = "") -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableInput(f"{name} is not JSON: {error}{hint}") from None
