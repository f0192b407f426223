"""The elements that a caller gives: what may be iterated, how many there may be, and how large."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from typing import Any

from taskmill.model import batch_plan
from taskmill.model.errors import LimitExceeded, WrongOptionType

# Of JSON text. A function of 512 MB parses it safely: small objects take up to 30 times their text.
MAX_ELEMENT_BYTES = 6 << 20
# Texts and objects can be iterated too, but their characters and names are hardly meant.
_NO_LISTS = (str, bytes, bytearray, memoryview, Mapping, AsyncIterable)


def given_elements(
    given: Any,
    *,
    field: str = "inputs",
    limit: int | None = None,
    unit: str = "subtasks",
    kinds: str = "a list or an iterator",
) -> Iterator[Any]:
    """The elements of what a caller gave as a list; endless iterators are read up to the limit.

    Args:
        field: Name of the list in error messages.
        limit: Most elements; None: as many as a fan-out may have, 1,000,000.
        unit: What they are, in the message about too many.
        kinds: What is accepted, in the message about something else.

    Raises:
        WrongOptionType: It is text, a mapping, a model, asynchronous, or cannot be iterated at all.
        LimitExceeded: It has more elements; raised when the first of these is read.
    """
    is_model = hasattr(type(given), "__pydantic_fields__")
    if isinstance(given, _NO_LISTS) or is_model or not isinstance(given, Iterable):
        raise WrongOptionType(f"{field} is {type(given).__name__}: give {kinds}", field=field)
    return _up_to(batch_plan.MAX_SUBTASKS if limit is None else limit, given, unit)


def check_element(size: int, index: int) -> None:
    """Reject an element of more than 6 MB, which a function might not be able to parse.

    Raises:
        LimitExceeded: It is larger; the message names its index.
    """
    if size > MAX_ELEMENT_BYTES:
        raise LimitExceeded(f"input[{index}]", actual=size, limit=MAX_ELEMENT_BYTES, unit="bytes")


def _up_to(limit: int, given: Iterable[Any], unit: str) -> Iterator[Any]:
    for count, each in enumerate(given, start=1):
        if count > limit:
            raise LimitExceeded("input", actual=count, limit=limit, unit=unit)
        yield each
