"""A buffer for the elements of an input as JSON Lines: in memory up to 4 MB, then on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self

from taskmill.client.wire import INLINE_LIMIT, to_json, weight
from taskmill.model.given_elements import check_element

_CHUNK = 1 << 20


class Spool:
    """The elements of an input: written first, then read as a JSON array or as chunks of bytes.

    Attributes:
        size: Bytes of the JSON Lines.

    Raises:
        LimitExceeded: An element is larger than 6 MB.
        InvalidRequest: An element cannot be converted to JSON.
    """

    def __init__(self, elements: Iterable[Any] = ()) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=INLINE_LIMIT)  # noqa: SIM115  # __exit__
        self.size = 0
        self._weight = 0
        self._count = 0
        try:
            self.extend(elements)
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
        """Whether the elements fit into the body of the submit; if not, they must be uploaded."""
        return self._weight <= INLINE_LIMIT

    def array(self) -> bytes:
        """All elements as one JSON array."""
        self._file.seek(0)
        return b"[" + self._file.read().rstrip(b"\n").replace(b"\n", b",") + b"]"

    def chunks(self) -> Iterator[bytes]:
        """All bytes in chunks of 1 MB; each call begins at the start, for retries."""
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK):
            yield chunk

    def extend(self, elements: Iterable[Any]) -> None:
        """Write further elements. Raises as the class says."""
        for element in elements:
            self.append(element)

    def append(self, element: Any) -> None:
        """Write one further element. Raises as the class says."""
        line = to_json(element, field=f"input[{self._count}]") + b"\n"
        check_element(len(line) - 1, self._count)
        self._file.write(line)
        self._count += 1
        self.size += len(line)
        self._weight += weight(line)
