"""Reads CSV: a header, then one object per row; doubtful files are refused, with the line."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator

from taskmill.client.inputs.malformed import Malformed

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}


def csv_rows(lines: Iterable[str], delimiter: str | None = None) -> Iterator[dict[str, str]]:
    """One object per row, with the names of the header; all values are strings.

    Args:
        delimiter: One character. By default the only one of comma, semicolon, tab and pipe that
            the header has outside quotes; comma, if it has none.

    Raises:
        Malformed: The header is missing, repeats a name or leaves one empty, or has several
            delimiters; a row has more or fewer fields than the header, an unfinished quote, or a
            field of more than 131,072 characters, the limit of Python's `csv`.
    """
    given = iter(lines)
    first = _header_lines(given)
    rows = csv.reader(_chain(first, given), delimiter=delimiter or _sniffed(first), strict=True)
    try:
        header = _checked_header(next(rows, []))
        for row in rows:
            if not row:
                continue  # an empty line
            if len(row) != len(header):
                raise Malformed(
                    f"line {rows.line_num} has not as many fields as the header:"
                    f" {len(row)}, not {len(header)}"
                )
            yield dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise Malformed(f"line {rows.line_num}: {error}") from None


def _checked_header(header: list[str]) -> list[str]:
    if not header:
        raise Malformed("line 1 has no header with the names of the fields")
    for position, name in enumerate(header, start=1):
        if not name.strip():
            raise Malformed(f"the header has no name for field {position}")
    if repeated := [name for name, count in Counter(header).items() if count > 1]:
        raise Malformed(f"the header has {repeated[0]!r} more than once")
    return header


def _header_lines(lines: Iterator[str]) -> list[str]:
    """The lines of the header: several, if a name in quotes has line breaks."""
    found: list[str] = []
    for line in lines:
        found.append(line)
        if "".join(found).count('"') % 2 == 0 or len(found) > 100:  # no header
            break
    return found


def _sniffed(header: list[str]) -> str:
    outside = "".join("".join(header).split('"')[::2])  # of pairs of quotes
    found = [each for each in DELIMITERS if each in outside]
    if len(found) > 1:
        names = " and ".join(DELIMITERS[each] for each in found)
        raise Malformed(f"the header has {names}: say which is the delimiter")
    return found[0] if found else ","


def _chain(first: Iterable[str], rest: Iterable[str]) -> Iterator[str]:
    yield from first
    yield from rest
