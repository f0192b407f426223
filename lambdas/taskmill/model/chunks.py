"""Lists in pieces of the size that one request takes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def chunked(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in order, up to `size` at a time; reads no further than it is asked to."""
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk
