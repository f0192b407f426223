"""The batches of a fan-out: their size, their index ranges, and the failure tolerance."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from taskmill.model.errors import InvalidRequest, LimitExceeded

MAX_SUBTASKS = 1_000_000
MAX_BATCHES = 5_000  # their ranges must fit into one state of the execution, at most 256 KB
MAX_BATCH_SIZE = 10_000
MOST_BY_DEFAULT = 100  # subtasks per batch; larger batches save little (decision 0020)
NOTIFY_EACH_UP_TO = 1_000  # subtasks; the default for more is `progress`
_TOLERANCE = re.compile(r"[0-9]{1,7}|(?:100|[0-9]{1,2}(?:\.[0-9]+)?)%")


def check_count(count: int) -> None:
    """Reject more than 1,000,000 subtasks.

    Raises:
        LimitExceeded: There are more; the message names the limit.
    """
    if count > MAX_SUBTASKS:
        raise LimitExceeded("input", actual=count, limit=MAX_SUBTASKS, unit="subtasks")


def batch_size_for(count: int, asked: int | None = None) -> int:
    """Subtasks per batch: `asked`, or by default the square root of `count`, rounded up.

    The default is at most 100, unless that would make more than 5,000 batches. A batch costs two
    state transitions, no matter how many subtasks it has: see decision 0020.

    Raises:
        InvalidRequest: `asked` would make more than 5,000 batches.
    """
    least = max(-(-count // MAX_BATCHES), 1)
    if asked is None:
        root = math.isqrt(max(count - 1, 0)) + 1  # rounded up, exactly
        return max(min(MOST_BY_DEFAULT, root), least)
    if asked < least:
        raise InvalidRequest(
            f"batchSize {asked} makes {batch_count(count, asked):,} batches of {count:,} subtasks;"
            f" at most {MAX_BATCHES:,} are possible, so at least {least}",
            field="batchSize",
            limit=least,
        )
    return asked


def batch_count(count: int, size: int) -> int:
    """How many batches so many subtasks make."""
    return -(-count // size)


def batch_spans(count: int, size: int) -> list[tuple[int, int]]:
    """First and last index (inclusive) of every batch."""
    return [(first, min(first + size, count) - 1) for first in range(0, count, size)]


def batch_span(number: int, count: int, size: int) -> tuple[int, int]:
    """First and last index (inclusive) of one batch, by its number from 0."""
    return number * size, min((number + 1) * size, count) - 1


def default_notify(count: int) -> str:
    return "each" if count <= NOTIFY_EACH_UP_TO else "progress"


def check_tolerance(text: str) -> str:
    """Return `text` if it is a count ("10") or a percentage ("2.5%").

    Raises:
        InvalidRequest: It is neither.
    """
    if not _TOLERANCE.fullmatch(text):
        raise InvalidRequest(
            f"toleratedFailures is a count from 0 or a percentage such as '5%', not {text!r}",
            field="toleratedFailures",
        )
    return text


def tolerates(tolerance: str | None, *, failed: int, total: int) -> bool:
    """Whether a fan-out with `failed` of `total` subtasks still completes; None tolerates 0."""
    text = tolerance or "0"
    if text.endswith("%"):
        # Decimal, because the float 0.57 * 10_000 is less than 5_700.
        return failed * 100 <= Decimal(text[:-1]) * total
    return failed <= int(text)
