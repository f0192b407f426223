"""The elements of a JSON Lines input: where batches begin, and what a line holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from taskmill.aws.s3.offset_lines import line_starts
from taskmill.model.given_elements import MAX_ELEMENT_BYTES
from taskmill.model.json_reading import BOM, NotJson, decoded, read_json


@dataclass(frozen=True, slots=True)
class Batches:
    """Where the batches of an input begin.

    Attributes:
        count: Elements of the input.
        ranges: Of each batch, the offset of its first byte and its number of bytes.
    """

    count: int
    ranges: list[tuple[int, int]]


def find_batches(chunks: Iterable[bytes], size: int) -> Batches:
    """Find where the batches of `size` elements begin; nothing is parsed.

    Raises:
        LimitExceeded: There are too many blank lines, see `line_starts`.
    """
    starts, count, length = list[int](), 0, 0

    def counted() -> Iterable[bytes]:
        nonlocal length
        for chunk in chunks:
            length += len(chunk)
            yield chunk

    for start in line_starts(counted()):
        if count % size == 0:
            starts.append(start)
        count += 1
    ends = [*starts[1:], length] if starts else []
    return Batches(count, [(start, end - start) for start, end in zip(starts, ends, strict=True)])


def text_of(line: bytes, index: int) -> str:
    """The JSON text of an element.

    Raises:
        NotJson: It is larger than 6 MB, or not JSON within the limits of `read_json`; the message
            names the element.
    """
    if len(line) > MAX_ELEMENT_BYTES:
        raise NotJson(f"element {index} is larger than {MAX_ELEMENT_BYTES:,} bytes")
    if line.startswith(BOM):  # one is skipped; of a second, no reader would know
        raise NotJson(f"element {index} is not JSON: it has two byte order marks")
    try:
        text = decoded(line).strip()
        read_json(text)
    except NotJson as error:
        raise NotJson(f"element {index} is not JSON: {error}") from None
    return text
