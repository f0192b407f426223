"""Children of tasks: insert, read, and the exact tally on their parent."""

from __future__ import annotations

from taskmill.clock import Clock, now_ms
from taskmill.store.table import Table


class ChildStore:
    """What parents know of their children."""

    def __init__(self, table: Table, *, clock: Clock = now_ms) -> None:
        self.table = table
        self.clock = clock
