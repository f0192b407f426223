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

    Codes of the scheme that lie outside the time are in none of the ranges. All others are, such as
    codes of one's own and those of children, which begin with a hash: whoever reads them has to
    look when they were created. (Of codes that happen to look like the first characters of a code
    of our time, as "015" to "01f" do for UUIDs, only those within the time are.)

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
    low = begin if after is None else min(max(prefix(after), begin), end)
    high = end if before is None else min(max(prefix(before), begin), end)
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


# By scheme: where the codes of our time begin (2016) and end (2039), and how one of a time begins.
# No hash of lower-case digits lies between "01A" and "01[", which follows "01Z" in ASCII.
_SCHEMES: Mapping[str, tuple[str, str, Callable[[int], str]]] = {
    "ulid": ("01A", "01[", _of_ulid),
    "uuid7": ("015", "02", _of_uuid7),
}
