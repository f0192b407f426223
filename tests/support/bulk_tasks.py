"""Task functions for the tests of bulk operations."""

from typing import Any

from taskmill import Abort, Retry, task

BROKEN: set[str] = set()
"""What fails at the moment: names of task types."""
BAD: set[int] = set()
"""Elements that fail at the moment."""
RAN: list[int] = []
"""Elements that were run, in order."""
LOST_WORKERS = Retry(max_attempts=5, base_seconds=0)  # cost an attempt; an `Abort` fails at once


@task("bulk-fails", retry=LOST_WORKERS)
def bulk_fails(value: Any) -> Any:
    if "bulk-fails" in BROKEN:
        raise Abort(f"no vat for {value}")
    return value


@task("bulk-other", retry=LOST_WORKERS)
def bulk_other(value: Any) -> Any:
    if "bulk-other" in BROKEN:
        raise Abort(f"no key {value}")
    return value


@task("bulk-element", retry=LOST_WORKERS)
def bulk_element(value: int) -> int:
    RAN.append(value)
    if value in BAD:
        raise Abort(f"element {value} is bad")
    return value
