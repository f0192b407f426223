"""Reads elements of a fan-out's input from S3, adjacent ones in one ranged GET."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from taskmill.aws.s3.payloads import PayloadRef, PayloadStore
from taskmill.model.errors import PayloadMissing
from taskmill.model.rows.task_row import TaskRow

PIECE_BYTES = 4 << 20  # read and kept in memory at once; a larger element is a piece by itself
GAP_BYTES = 256 << 10  # between two elements of a piece; reading it is faster than another request


@dataclass(slots=True)
class _Piece:
    """A range of an object: the bytes from `start` up to, but not including, `end`."""

    key: str
    start: int
    end: int

    def takes(self, ref: PayloadRef) -> bool:
        start = ref.start or 0
        if ref.key != self.key or not self.end <= start <= self.end + GAP_BYTES:
            return False
        return start + ref.length - self.start <= PIECE_BYTES


class Elements:
    """The inputs of some subtasks. Read in the order of `rows`, each piece is fetched once.

    Only one piece is kept in memory. Any other order, and any other reference, works too, but
    takes more requests.
    """

    def __init__(self, payloads: PayloadStore, rows: Iterable[TaskRow]) -> None:
        self._payloads = payloads
        refs = (row.input_ref for row in rows if row.input_ref)
        self._pieces = dict(_pieces(refs))
        self._newest: tuple[_Piece, bytes] | None = None
        self._gone: set[str] = set()

    def get(self, ref: str) -> str:
        """The JSON text behind a reference.

        Raises:
            PayloadMissing: It has expired.
        """
        piece = self._pieces.get(ref)
        if piece is None:
            return self._payloads.get(ref)
        where = PayloadRef.parse(ref)
        offset = (where.start or 0) - piece.start
        return self._read(piece)[offset : offset + where.length].decode()

    def _read(self, piece: _Piece) -> bytes:
        if piece.key in self._gone:
            raise PayloadMissing(f"the payload {piece.key} has expired")
        newest = self._newest  # a timed-out attempt may still be reading in its thread
        if newest is None or newest[0] is not piece:
            self._newest = None  # not two pieces in memory
            try:
                body = self._payloads.part(piece.key, piece.start, piece.end - piece.start)
            except PayloadMissing:
                self._gone.add(piece.key)  # not asked for again by each of its elements
                raise
            newest = (piece, body)
            self._newest = newest
        return newest[1]


def _pieces(refs: Iterable[str]) -> Iterator[tuple[str, _Piece]]:
    """Yield each reference to a part of an object, with the piece that contains it."""
    piece: _Piece | None = None
    for text in refs:
        ref = PayloadRef.parse(text)
        if ref.start is None:
            continue
        if piece is not None and piece.takes(ref):
            piece.end = ref.start + ref.length
        else:
            piece = _Piece(ref.key, ref.start, ref.start + ref.length)
        yield text, piece
