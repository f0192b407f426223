"""JSON Lines on the way to the cloud: in memory while small, then in a temporary file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from taskmill.client.wire import INLINE_LIMIT, to_json, weight
from taskmill.model.batch_plan import check_count

_CHUNK = 1 << 20


class Spool:
    """The elements of an input, written once, then read as an array or as a stream of bytes.

    Raises:
        LimitExceeded: More than 1,000,000 elements; those beyond are not even taken.
        InvalidRequest: JSON cannot hold an element.
    """

    def __init__(self, elements: Iterable[Any]) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=INLINE_LIMIT)  # noqa: SIM115  # __exit__
        self.size = 0  # bytes
        self._weight = 0
        try:
            self._fill(elements)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()

    @property
    def fits_inline(self) -> bool:
        """Whether it may travel in the submit itself."""
        return self._weight <= INLINE_LIMIT

    def array(self) -> bytes:
        """All elements as one JSON array."""
        self._file.seek(0)
        return b"[" + self._file.read().rstrip(b"\n").replace(b"\n", b",") + b"]"

    def chunks(self) -> Iterator[bytes]:
        """All bytes from the start; may be asked for again."""
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def _fill(self, elements: Iterable[Any]) -> None:
        for count, element in enumerate(elements, start=1):
            check_count(count)
            line = to_json(element, field=f"input[{count - 1}]") + b"\n"
            self._file.write(line)
            self.size += len(line)
            self._weight += weight(line)
