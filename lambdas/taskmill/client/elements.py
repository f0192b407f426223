"""The elements of a step function task's input, read from files in constant memory."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TextIO

from taskmill.errors import InvalidRequest

Format = Literal["json", "jsonl", "csv"]


def read_elements(path: Path, form: Format | None = None) -> Iterator[Any]:
    """Elements of a file: .json (an array), .jsonl (one a line) or .csv (a row with header each).

    Raises:
        InvalidRequest: No such file, another kind of file, or a line that is not what it should be.
    """
    known = form or _form_of(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from parse_elements(file, known)
    except OSError as error:
        raise InvalidRequest(f"cannot read {path}: {error.strerror}", field="input") from None
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{path} is not UTF-8: {error.reason}", field="input") from None


def parse_elements(file: TextIO, form: Format) -> Iterator[Any]:
    """Elements of an open file.

    Raises:
        InvalidRequest: A line that is not what it should be; its number is named.
    """
    return _PARSERS[form](file)


def _form_of(path: Path) -> Format:
    suffix = path.suffix.lower().removeprefix(".")
    for form in _PARSERS:
        if form == suffix or (form, suffix) == ("jsonl", "ndjson"):
            return form
    raise InvalidRequest(f"{path} is none of .json, .jsonl and .csv", field="input")


def _json_array(file: TextIO) -> Iterator[Any]:
    try:
        array = json.load(file)
    except ValueError as error:
        raise InvalidRequest(f"not JSON: {error}", field="input") from None
    if not isinstance(array, list):
        raise InvalidRequest("not a JSON array: each element becomes a subtask", field="input")
    yield from array


def _json_lines(file: Iterable[str]) -> Iterator[Any]:
    for number, line in enumerate(file, start=1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError as error:
            raise InvalidRequest(f"line {number} is not JSON: {error}", field="input") from None


def _csv_rows(file: Iterable[str]) -> Iterator[dict[str, str]]:
    """One object a row, all values text; a row must have as many fields as the header."""
    rows = csv.DictReader(file, strict=True)
    try:
        for row in rows:
            if None in row or None in row.values():
                raise InvalidRequest(
                    f"line {rows.line_num} has not as many fields as the header", field="input"
                )
            yield row
    except csv.Error as error:
        raise InvalidRequest(f"line {rows.line_num}: {error}", field="input") from None


_PARSERS: Mapping[Format, Callable[[TextIO], Iterator[Any]]] = {
    "json": _json_array,
    "jsonl": _json_lines,
    "csv": _csv_rows,
}
