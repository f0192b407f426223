"""Reads inputs that arguments name: JSON text, `@file.json`, or `-` for stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taskmill.client.errors import UnreadableInput
from taskmill.client.inputs.elements import Format, parse_elements, read_elements
from taskmill.model.json_reading import NotJson, read_json
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
        given = sys.stdin.buffer.read() if text == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UnreadableInput(f"cannot read {name}: {error.strerror}") from None
    return _json(given, name)


def read_inputs(source: str, form: Format | None, *, delimiter: str | None = None) -> Iterator[Any]:
    """The elements of FILE, or of stdin for `-`.

    Args:
        form: By default the suffix of the file decides; stdin is JSON Lines by default.
        delimiter: Of CSV; by default, the header shows it.

    Raises:
        UnreadableInput: See `taskmill.client.inputs.elements`.
    """
    if source == "-":
        stdin = sys.stdin.buffer  # as bytes: the locale's encoding may be another than UTF-8
        return parse_elements(stdin, form or "jsonl", name="stdin", delimiter=delimiter)
    return read_elements(Path(source), form, delimiter=delimiter)


def checked_delimiter(given: str | None) -> str | None:
    """The delimiter of CSV that an option names: a character, or `tab`.

    Raises:
        UnreadableInput: It is neither, or a quote, a line break or a letter, which cannot be one.
    """
    if given is None or given in ("tab", r"\t"):
        return given and "\t"
    if len(given) != 1 or given.isalnum() or given in '"\r\n\0':
        raise UnreadableInput(f"--delimiter is a character such as ; or 'tab', not {given!r}")
    return given


def _json(text: str | bytes, name: str, *, hint: str = "") -> Any:
    try:
        return read_json(text)
    except NotJson as error:
        raise UnreadableInput(f"{name} is not JSON: {error}{hint}") from None
