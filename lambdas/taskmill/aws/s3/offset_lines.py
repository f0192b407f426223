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
    for offset, line in _full(_split(chunks, MAX_ELEMENT_BYTES + 1)):
        mark = len(BOM) if line.startswith(BOM) else 0
        yield offset + mark, line[mark:]


def line_starts(chunks: Iterable[bytes]) -> Iterator[int]:
    """The offset at which each line begins that `offset_lines` yields, its mark included.

    What begins there, up to any later one of them, is split by `offset_lines` into the same lines.

    Raises:
        LimitExceeded: There are more than 1,000,000 blank lines.
    """
    return (offset for offset, _ in _full(_split(chunks, MAX_ELEMENT_BYTES + 1)))


def _full(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Leave out the blank lines."""
    blank = 0
    for offset, line in lines:
        if (line.removeprefix(BOM)).strip():
            yield offset, line
            continue
        blank += 1
        if blank > MAX_BLANK_LINES:
            raise LimitExceeded("input", actual=blank, limit=MAX_BLANK_LINES, unit="blank lines")


def _split(chunks: Iterable[bytes], most: int) -> Iterator[tuple[int, bytes]]:
    most += len(BOM)
    offset, length, kept = 0, 0, list[bytes]()  # of the line that has begun
    for chunk in chunks:
        head, *more = chunk.split(b"\n")
        kept.append(head[: max(most - length, 0)])
        length += len(head)
        for following in more:
            yield offset, b"".join(kept)
            offset, length, kept = offset + length + 1, len(following), [following[:most]]
    yield offset, b"".join(kept)
