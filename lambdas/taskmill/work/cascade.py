"""Cancelling what a cancelled task has started."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.children import ChildStore
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import Throttled
from taskmill.model.rows.task_row import TaskRow

INDEX_LAG_MS = 600_000  # the index of children has certainly caught up after so long
_TRIES = 5


class ChildrenMissing(Exception):
    """Fewer children were found than the task had announced: look again later."""


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """Cancels the open children of a task; theirs follow when their own rows change."""

    children: ChildStore
    clock: Clock = now_ms

    def cancel(self, parent: TaskRow) -> None:
        """Cancel every open child of the parent's run, or of an earlier one.

        Raises:
            ChildrenMissing: Some that were announced are not there yet.
            Throttled: They keep changing.
        """
        if not parent.child_count:
            return
        found = 0
        for _ in range(_TRIES):
            keys = list(self.children.keys_of(parent.key))
            rows = [row for row in self.children.read(keys) if row and row.parent_run is not None]
            found = len(rows)
            mine = [row for row in rows if (row.parent_run or 0) <= parent.run]
            open_rows = [row for row in mine if not row.ended]
            if all(self.children.cancel(open_rows)):
                break
        else:
            raise Throttled(f"the children of {parent.key} keep changing")
        self._check_found(parent, found)

    def _check_found(self, parent: TaskRow, found: int) -> None:
        ended = parent.finished_at or self.clock()
        if found < (parent.child_count or 0) and self.clock() - ended < INDEX_LAG_MS:
            raise ChildrenMissing(f"{found} of {parent.child_count} children of {parent.key}")
