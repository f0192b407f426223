"""The last and the next due times of a schedule."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from taskmill.model.clock import DAY_SECONDS
from taskmill.model.recurrence.timetable import next_fire

_FIRST_SPAN_MS = 3_600_000
_FARTHEST_MS = 3 * 366 * DAY_SECONDS * 1000


def next_fires(
    expression: str, timezone: str, *, after: int, anchor: int, most: int
) -> Iterator[int]:
    """The first times after `after`, at most `most`; all times are epoch ms, as of `next_fire`."""
    for _ in range(most):
        found = next_fire(expression, timezone, after=after, anchor=anchor)
        if found is None:
            return
        yield found
        after = found


def last_fires(expression: str, timezone: str, *, before: int, anchor: int, most: int) -> list[int]:
    """The last times up to `before` since the anchor, newest first, at most `most`.

    Expressions only tell what comes next, so it looks at longer and longer spans before.
    """
    span, found = _FIRST_SPAN_MS, deque[int](maxlen=most)
    while True:
        begin = max(before - span, anchor - 1)
        found.clear()
        for each in next_fires(expression, timezone, after=begin, anchor=anchor, most=1 << 20):
            if each > before:
                break
            found.append(each)
        if len(found) == most or begin < anchor or span > _FARTHEST_MS:
            return [*reversed(found)]
        span *= 2 if len(found) > 1 else 8
