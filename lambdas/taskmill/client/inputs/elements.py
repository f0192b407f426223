"""Reads the elements of a step function task from files: JSON, JSON Lines or CSV, in UTF-8.

JSON Lines and CSV are read in constant memory; a JSON array is loaded as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal

from taskmill.client.errors import UnreadableInput
from taskmill.client.inputs.csv_rows import csv_rows
from taskmill.client.inputs.malformed import Malformed
from taskmill.model.given_elements import MAX_ELEMENT_BYTES
from taskmill.model.json_reading import BOM, NotJson, decoded, read_json

Format = Literal["json", "jsonl", "csv"]
_FORMATS: dict[str, Format] = {"json": "json", "jsonl": "jsonl", "ndjson": "jsonl", "csv": "csv"}


def read_elements(
    path: Path, form: Format | None = None, *, delimiter: str | None = None
) -> Iterator[Any]:
    """Elements of a file: .json (an array), .jsonl or .ndjson (one per line), or .csv.

    A row of a .csv becomes an object with the names of the header; all values are strings.

    Args:
        form: Format of the file; by default, its suffix decides.
        delimiter: Of a .csv; by default, its header shows it.

    Raises:
        UnreadableInput: The file is missing or of another kind, or a line is malformed.
    """
    known = form or _form_of(path)
    try:
        with path.open("rb") as file:
            yield from parse_elements(file, known, name=str(path), delimiter=delimiter)
    except OSError as error:
        raise UnreadableInput(f"cannot read {path}: {error.strerror}") from None


def parse_elements(
    file: BinaryIO, form: Format, *, name: str, delimiter: str | None = None
) -> Iterator[Any]:
    """Elements of an open file.

    Args:
        name: Name of the file in error messages.

    Raises:
        UnreadableInput: The file or a line of it is malformed.
    """
    try:
        if form == "json":
            yield from _json_array(file)
        elif form == "jsonl":
            yield from _json_lines(file)
        else:
            yield from csv_rows(_text_lines(file), delimiter)
    except Malformed as problem:
        raise UnreadableInput(f"{name}: {problem}") from None


def _form_of(path: Path) -> Format:
    form = _FORMATS.get(path.suffix.lower().removeprefix("."))
    if form is None:
        raise UnreadableInput(f"{path} is none of .json, .jsonl and .csv")
    return form


def _json_array(file: BinaryIO) -> Iterator[Any]:
    try:
        array = read_json(file.read(), around=1)
    except NotJson as error:
        raise Malformed(f"not JSON: {error}") from None
    if not isinstance(array, list):
        raise Malformed("not a JSON array, whose elements become the subtasks")
    yield from array


def _json_lines(file: BinaryIO) -> Iterator[Any]:
    for number, line in _lines(file):
        if not line.removeprefix(BOM).strip():
            continue
        try:
            yield read_json(line)
        except NotJson as error:
            raise Malformed(f"line {number} is not JSON: {error}") from None


def _text_lines(file: BinaryIO) -> Iterator[str]:
    for number, line in _lines(file):
        try:
            text = decoded(line)
        except NotJson as error:
            raise Malformed(f"line {number}: {error}") from None
        yield text.removeprefix("\ufeff") if number == 1 else text


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers from 1; a file without line breaks is not read as a whole."""
    number = 0
    longest = MAX_ELEMENT_BYTES + len(BOM) + len(b"\r\n")
    while line := file.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise Malformed(f"line {number} is longer than {MAX_ELEMENT_BYTES:,} bytes")
        yield number, line
