"""Splits a JSON Lines object into its lines, in constant memory whatever it holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from taskmill.model.errors import LimitExceeded
from taskmill.model.given_elements import MAX_ELEMENT_BYTES
from taskmill.model.json_reading import BOM

MAX_BLANK_LINES = 1_000_000  # each takes its time: a file of nothing else must not take minutes


def offset_lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Split chunks into non-blank lines, each with the offset of its first byte.

    A byte order mark at the beginning of a line, which some editors write, is skipped. Of a line
    of more than `MAX_ELEMENT_BYTES`, one byte more than that is returned: the rest is dropped.

    Raises:
        LimitExceeded: There are more than 1,000,000 blank lines.
    """
    blank = 0
    for offset, line in _split(chunks):
        mark = len(BOM) if line.startswith(BOM) else 0
        if line[mark:].strip():
            yield offset + mark, line[mark:]
            continue
        blank += 1
        if blank > MAX_BLANK_LINES:
            raise LimitExceeded("input", actual=blank, limit=MAX_BLANK_LINES, unit="blank lines")


def _split(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    most = MAX_ELEMENT_BYTES + len(BOM) + 1
    offset, length, kept = 0, 0, list[bytes]()  # of the line that has begun
    for chunk in chunks:
        head, *more = chunk.split(b"\n")
        kept.append(head[: max(most - length, 0)])
        length += len(head)
        for following in more:
            yield offset, b"".join(kept)
            offset, length, kept = offset + length + 1, len(following), [following[:most]]
    yield offset, b"".join(kept)
