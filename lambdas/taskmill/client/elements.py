"""Reads the elements of a step function task from files: JSON, JSON Lines or CSV.

JSON Lines and CSV are read in constant memory; a JSON array is loaded as a whole.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TextIO

from taskmill.client.errors import UnreadableInput

Format = Literal["json", "jsonl", "csv"]


def read_elements(path: Path, form: Format | None = None) -> Iterator[Any]:
    """Elements of a file: .json (an array), .jsonl or .ndjson (one per line), or .csv.

    A row of a .csv becomes an object with the names of the header; all values are strings.

    Args:
        form: Format of the file; by default, its suffix decides.

    Raises:
        UnreadableInput: The file is missing or of another kind, or a line is malformed.
    """
    known = form or _form_of(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from parse_elements(file, known, name=str(path))
    except OSError as error:
        raise UnreadableInput(f"cannot read {path}: {error.strerror}") from None


def parse_elements(file: TextIO, form: Format, *, name: str) -> Iterator[Any]:
    """Elements of an open file.

    Args:
        name: Name of the file in error messages.

    Raises:
        UnreadableInput: The file or a line of it is malformed.
    """
    try:
        yield from _PARSERS[form](file)
    except UnicodeDecodeError as error:
        raise UnreadableInput(f"{name} is not UTF-8: {error.reason}") from None
    except _Problem as problem:
        raise UnreadableInput(f"{name}: {problem}") from None


class _Problem(Exception):
    """A file is malformed; the message says where, without the name of the file."""


def _form_of(path: Path) -> Format:
    suffix = path.suffix.lower().removeprefix(".")
    for form in _PARSERS:
        if form == suffix or (form, suffix) == ("jsonl", "ndjson"):
            return form
    raise UnreadableInput(f"{path} is none of .json, .jsonl and .csv")


def _json_array(file: TextIO) -> Iterator[Any]:
    try:
        array = json.load(file)
    except (json.JSONDecodeError, RecursionError) as error:
        raise _Problem(f"not JSON: {error}") from None
    if not isinstance(array, list):
        raise _Problem("not a JSON array, whose elements become the subtasks")
    yield from array


def _json_lines(file: Iterable[str]) -> Iterator[Any]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            raise _Problem(f"line {number} is not JSON: {error}") from None


def _csv_rows(file: Iterable[str]) -> Iterator[dict[str, str]]:
    """One object per row, all values strings; rows must have as many fields as the header."""
    rows = csv.DictReader(file, strict=True)
    try:
        for row in rows:
            if None in row or None in row.values():
                raise _Problem(f"line {rows.line_num} has not as many fields as the header")
            yield row
    except csv.Error as error:
        raise _Problem(f"line {rows.line_num}: {error}") from None


_PARSERS: Mapping[Format, Callable[[TextIO], Iterator[Any]]] = {
    "json": _json_array,
    "jsonl": _json_lines,
    "csv": _csv_rows,
}
