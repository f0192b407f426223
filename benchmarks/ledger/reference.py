"""The reference design: what a published package of the same kind does for a task, from its counts.

It writes, then publishes, then reads the queue that the topic feeds, at every status. Only what it
is known to do is priced, so its Lambda time, for one, is free here. Its rows hold the whole input;
its parent's row holds some 100 bytes of every subtask.
"""

import math

from benchmarks.ledger.usage import GATEWAY, Usage, What

ROW_BYTES = 400  # of a row without its input
PER_SUBTASK_BYTES = 100  # that the parent's row grows by
MOST_SUBTASKS = 458  # their inputs travel in the execution's, of 256 KB
PAGE = 10  # rows that one of its queries reads


def single_task(input_bytes: int) -> Usage:
    """4 writes, 4 publishes, 4 queue deliveries, 5 function calls."""
    usage = Usage()
    usage.add(What.WRITES, "reference", "write", 4)
    usage.add(What.WRITE_UNITS, "reference", "write", 4 * _units(ROW_BYTES + input_bytes))
    _statuses(usage, function_calls=5)
    usage.add(What.API_REQUESTS, GATEWAY, "request")
    return usage


def subtask(of: int, input_bytes: int) -> Usage | None:
    """One of so many: 5 writes, 2 of them to the parent, 2 queries for every 10; None: too many."""
    if of > MOST_SUBTASKS:
        return None
    parent = sum(_units(ROW_BYTES + PER_SUBTASK_BYTES * index) for index in range(of)) / of
    queries = 2 * math.ceil(of / PAGE)
    row = ROW_BYTES + input_bytes
    usage = Usage()
    usage.add(What.WRITES, "reference", "write", 5)
    usage.add(What.WRITE_UNITS, "reference", "write", 3 * _units(row))
    usage.add(What.WRITE_UNITS, "reference", "write of the parent", 2 * parent)
    usage.add(What.CALLS, "reference", "query", queries)
    usage.add(What.READ_UNITS, "reference", "query", queries * 0.5 * _units(PAGE * row, 4096))
    usage.add(What.TRANSITIONS, "reference", "state")
    _statuses(usage, function_calls=6)
    return usage


def _statuses(usage: Usage, *, function_calls: int) -> None:
    usage.add(What.CALLS, "reference", "write and publish", 4 + usage.total(What.WRITES))
    usage.add(What.PUBLISHES, "reference", "publish", 4)
    usage.add(What.QUEUE_REQUESTS, "reference", "receive and delete", 8)
    usage.add(What.FUNCTION_CALLS, "reference", "invocation", function_calls)


def _units(size: float, chunk: int = 1024) -> int:
    return math.ceil(size / chunk)
