"""Codes that sort by time: which range of a type's keys holds what was created within some time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

_ULID_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ULID_TIME = 10  # characters of a ULID that are its time, of 48 bits
_END = "~"  # behind every character of a code

Range = tuple[str, str]
"""The first and the last `sk`, both inclusive."""


def ranges_of_time(
    scheme: str, task_type: str, after: int | None, before: int | None
) -> list[Range] | None:
    """The keys of a type that can be of tasks created within a time, in order.

    Codes of the scheme that lie outside the time are in none of the ranges. Codes of one's own are,
    as far as they begin otherwise than those of our time do; so are those of children, which begin
    with the code of their parent, if that is within the time.

    Args:
        scheme: How the service makes codes.
        after: Created at this time or later, in epoch ms.
        before: Created earlier than this.

    Returns:
        None: codes of this scheme do not sort by time.
    """
    if scheme not in _SCHEMES:
        return None
    begin, end, prefix = _SCHEMES[scheme]
    low = begin if after is None else prefix(after)
    high = end if before is None else prefix(before)
    start = f"{task_type}#"
    ranges = [(start, start + begin), (start + low, start + high), (start + end, start + _END)]
    return [(first, last) for first, last in ranges if first < last]


def clipped(ranges: list[Range], after: str | None, *, descending: bool) -> list[Range]:
    """The ranges in the order of a list, without what comes before a place in it."""
    ordered = ranges[::-1] if descending else ranges
    if after is None:
        return ordered
    if descending:
        return [(first, min(last, after)) for first, last in ordered if first < after]
    return [(max(first, after), last) for first, last in ordered if last > after]


def _of_ulid(at: int) -> str:
    digits = [_ULID_DIGITS[at >> 5 * place & 31] for place in reversed(range(_ULID_TIME))]
    return "".join(digits)


def _of_uuid7(at: int) -> str:
    text = f"{at:012x}"
    return f"{text[:8]}-{text[8:]}"


# By scheme: where the codes of our time begin (2016) and end, and how one of a moment begins.
_SCHEMES: Mapping[str, tuple[str, str, Callable[[int], str]]] = {
    "ulid": ("01A", "0z", _of_ulid),
    "uuid7": ("015", "04", _of_uuid7),
}
