"""Reports from outside about subtasks, which may have no row yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.reported_rows import ReportedRows
from taskmill.aws.dynamodb.subtask_reads import SubtaskReads
from taskmill.aws.dynamodb.writes import attribute_paths, not_found
from taskmill.model.errors import Conflict, IllegalStatusChange, Throttled
from taskmill.model.keys import TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status, may_move
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import fresh, has_begun, seen

_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class SubtaskReport:
    """A status that a caller reports for a subtask."""

    reads: SubtaskReads
    key: TaskKey
    target: Status

    def store(self, attributes: Mapping[str, Any], extra: Mapping[str, Any]) -> TaskRow:
        """Move the subtask, and return its new row; it gets one if it has none.

        Raises:
            TaskNotFound: There is no such subtask.
            Conflict: Its fan-out is not split yet.
            IllegalStatusChange: The status table does not allow the move.
        """
        for _ in range(_TRIES):
            parent = self.reads.tasks.shown(self.key.parent.stored)
            if not isinstance(parent, TaskRow) or not on_demand(parent):
                return self.reads.tasks.move(
                    self.key, self.target, attributes=attributes, extra=extra
                )
            if (row := self._stored(parent, attributes, extra)) is not None:
                return row
        raise Throttled(f"{self.key} is changed by others all the time")

    def _stored(
        self, parent: TaskRow, attributes: Mapping[str, Any], extra: Mapping[str, Any]
    ) -> TaskRow | None:
        """The new row; None: something has changed since it was read."""
        index, size = self.key.index or 0, parent.batch_size or 1
        if index >= (parent.child_count or 0):
            raise not_found(self.key)
        found = self.reads.batches.find(parent, [index // size])[index // size]
        batch = found if isinstance(found, BatchRow) else None
        row = self.reads.tasks.shown(self.key.stored)
        if isinstance(row, UnreadableRow):
            raise row
        shown = seen(parent, batch, row, index)
        if shown is None:
            raise not_found(self.key)
        if not may_move(shown.status, self.target):
            raise IllegalStatusChange(
                f"{self.key} is {shown.status} and cannot become {self.target}",
                status=shown.status,
                **self.key.as_dict(),
            )
        expires = {} if parent.rows_ttl is None else {"ttl": parent.rows_ttl}
        if row is not None and has_begun(parent, row):
            return self._moved(row, attributes, {**extra, **expires})
        if parent.split_run != parent.run:
            raise Conflict(f"{parent.key} is not split yet", status=parent.status)
        return self._inserted(parent, batch, row, {**extra, **attribute_paths(attributes)})

    def _moved(
        self, row: TaskRow, attributes: Mapping[str, Any], extra: Mapping[str, Any]
    ) -> TaskRow | None:
        try:
            return self.reads.tasks.move(
                self.key,
                self.target,
                attributes=attributes,
                extra=extra,
                where={"version": row.version},
            )
        except IllegalStatusChange:
            return None

    def _inserted(
        self,
        parent: TaskRow,
        batch: BatchRow | None,
        row: TaskRow | None,
        changes: Mapping[str, Any],
    ) -> TaskRow | None:
        before = fresh(parent, self.key.index or 0, row).but(ttl=parent.rows_ttl)
        now = self.reads.subtasks.clock()
        told = {"status": self.target, "history": [[self.target, now, 0]], **changes}
        if row is None:
            reported = ReportedRows(subtasks=self.reads.subtasks)
            return reported.insert(parent, batch, before, told)
        if not self.reads.subtasks.write([(before, told)])[0]:
            return None
        new = self.reads.tasks.shown(self.key.stored)
        return new if isinstance(new, TaskRow) else None
