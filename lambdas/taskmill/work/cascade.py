"""Cancels the children of a cancelled task."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.children import ChildStore
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import Throttled
from taskmill.model.rows.history import NOBODY, Actor, actor_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

INDEX_LAG_MS = 600_000  # 10 min: by then the `children` index (a GSI) has caught up
_TRIES = 5


class ChildrenMissing(Exception):
    """The index shows fewer children than the task announced: look again later."""


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """Cancels the open children of a task. The stream then does the same for their children."""

    children: ChildStore
    clock: Clock = now_ms

    def cancel(self, parent: TaskRow) -> None:
        """Cancel every open child that belongs to the parent's current run or an earlier one.

        Raises:
            ChildrenMissing: The index does not show all announced children yet. Not raised once
                the parent ended more than 10 minutes ago: those children were never inserted.
            Throttled: In 5 tries, some child always changed between read and write.
        """
        if not parent.child_count:
            return
        found, actor = 0, _canceller(parent)
        for _ in range(_TRIES):
            keys = list(self.children.keys_of(parent.key))
            rows = [row for row in self.children.readable(keys) if row.parent_run is not None]
            found = len(rows)
            own = [row for row in rows if (row.parent_run or 0) <= parent.run]
            open_rows = [row for row in own if not row.ended]
            if all(self.children.cancel(open_rows, actor=actor)):
                break
        else:
            raise Throttled(f"the children of {parent.key} keep changing")
        self._check_found(parent, found)

    def _check_found(self, parent: TaskRow, found: int) -> None:
        ended = parent.finished_at or self.clock()
        if found < (parent.child_count or 0) and self.clock() - ended < INDEX_LAG_MS:
            raise ChildrenMissing(f"{found} of {parent.child_count} children of {parent.key}")


def _canceller(parent: TaskRow) -> Actor:
    """Who cancelled the parent."""
    last = parent.history[-1] if parent.history else ()
    return actor_of(last) if last[:1] == (Status.CANCELLED,) else NOBODY
