"""The input of one batch: its elements in order, read in pieces while the batch runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from taskmill.aws.s3.elements import PIECE_BYTES, Elements
from taskmill.aws.s3.offset_lines import offset_lines
from taskmill.aws.s3.payloads import SUBTASK_INPUT_INLINE, PayloadRef, PayloadStore
from taskmill.fanout.element_lines import text_of
from taskmill.model.errors import PayloadMissing
from taskmill.model.json_reading import NotJson
from taskmill.model.json_text import dump_json, fits_row
from taskmill.model.rows.task_row import TaskRow

Range = tuple[int, int]
"""Of an object: the offset of the first byte, and the number of bytes."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element: its JSON text, where it is stored, or why it can never run.

    Attributes:
        text: None: it is no JSON, or the input is gone.
        ref: Where it is stored, if it is too large for a row or gone.
        problem: Why it can never run.
    """

    text: str | None = None
    ref: str | None = None
    problem: str | None = None


@dataclass
class BatchInput:
    """The elements of a batch.

    Args:
        span: First and last index of the batch, inclusive.
        where: Its range of the input object. None: it is looked for, from the first line on.
        patience: Makes a call, again and again while AWS is unreachable.
    """

    payloads: PayloadStore
    parent: TaskRow
    span: tuple[int, int]
    where: Range | None
    patience: Callable[[Callable[[], Any]], Any]
    _held: dict[str, str] = field(default_factory=dict)
    _stored: Elements | None = None

    def elements(self) -> Iterator[Element]:
        """Yield every element of the batch in order.

        An input that is gone, or was replaced since it was split, ends in elements that fail with
        `PayloadMissing` when they are read.
        """
        first, last = self.span
        if self.parent.input is not None:
            for value in json.loads(self.parent.input)[first : last + 1]:
                yield Element(text=dump_json(value, field="input"))
            return
        source = PayloadRef.parse(self.parent.input_ref or "").key
        index = first
        try:
            for offset, line in islice(self._lines(source), last - first + 1):
                yield _element(index, line, PayloadRef(source, offset, len(line)))
                index += 1
        except PayloadMissing:
            pass
        for _ in range(index, last + 1):
            yield Element(ref=str(PayloadRef(source, 0, 0)))

    def with_input(self, row: TaskRow, element: Element) -> TaskRow:
        """The row of a subtask with its input: as text, or as a reference if that is too long."""
        if element.text is not None and element.ref is not None:
            self._held[element.ref] = element.text
        short = element.text if element.ref is None else None
        return row.but(input=short, input_ref=element.ref)

    def let_go(self, row: TaskRow) -> None:
        """Forget the element of a subtask that has run."""
        if row.input_ref is not None:
            self._held.pop(row.input_ref, None)

    def expect(self, rows: Sequence[TaskRow]) -> None:
        """Prepare to read the inputs of stored rows, adjacent ones in one request."""
        self._stored = Elements(self.payloads, rows)

    def get(self, ref: str) -> str:
        """The JSON text behind the reference of a row that this batch runs.

        Raises:
            PayloadMissing: It has expired.
        """
        if (text := self._held.get(ref)) is not None:
            return text
        if is_gone(ref):
            raise PayloadMissing(f"the payload {PayloadRef.parse(ref).key} has expired")
        return self.payloads.get(ref) if self._stored is None else self._stored.get(ref)

    def _lines(self, source: str) -> Iterator[tuple[int, bytes]]:
        etag = self.parent.input_etag
        if self.where is None:
            return islice(self.payloads.lines(source, etag=etag), self.span[0], None)
        start, length = self.where
        lines = offset_lines(self._pieces(source, start, start + length))
        return ((start + offset, line) for offset, line in lines)

    def _pieces(self, source: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes of a range, read piece by piece: a batch may be larger than the memory."""
        for at in range(start, end, PIECE_BYTES):
            yield self._piece(source, at, min(PIECE_BYTES, end - at))

    def _piece(self, source: str, start: int, length: int) -> bytes:
        etag = self.parent.input_etag
        piece: bytes = self.patience(lambda: self.payloads.piece(source, start, length, etag=etag))
        return piece


def has_input(row: TaskRow) -> bool:
    """Whether a stored row says what its input is."""
    return row.input is not None or (row.input_ref is not None and not is_gone(row.input_ref))


def is_gone(ref: str) -> bool:
    """Whether this is the reference of an element that could not be read."""
    where = PayloadRef.parse(ref) if "#" in ref else None
    return where is not None and where.length == 0


def _element(index: int, line: bytes, ref: PayloadRef) -> Element:
    try:
        text = text_of(line, index)
    except NotJson as problem:
        return Element(problem=str(problem))
    return Element(text, None if fits_row(text, limit=SUBTASK_INPUT_INLINE) else str(ref))
