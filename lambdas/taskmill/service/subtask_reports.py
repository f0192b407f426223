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
from taskmill.model.statuses import FINAL, Status, may_move
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import fresh, has_begun, is_later, seen, standing

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
        raise Throttled(f"{self.key.label} is changed by others all the time")

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
            raise self._refused(shown)
        expires = {} if parent.rows_ttl is None else {"ttl": parent.rows_ttl}
        if row is None or not has_begun(parent, row):
            if parent.split_run != parent.run:
                raise Conflict(f"{parent.key.label} is not split yet", status=parent.status)
            changes = {**extra, **attribute_paths(attributes)}
            if row is None:
                return self._inserted(parent, batch, changes)
            new = self._begun_anew(parent, row, changes)
        else:
            new = self._moved(row, attributes, {**extra, **expires})
        return self._noted(parent, new) if new is not None and new.ended else new

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
        self, parent: TaskRow, batch: BatchRow | None, changes: Mapping[str, Any]
    ) -> TaskRow | None:
        reported = ReportedRows(subtasks=self.reads.subtasks)
        return reported.insert(parent, batch, *self._begin(parent, None, changes))

    def _begun_anew(
        self, parent: TaskRow, row: TaskRow, changes: Mapping[str, Any]
    ) -> TaskRow | None:
        """Report on a subtask whose row is of an earlier run."""
        if not self.reads.subtasks.write([self._begin(parent, row, changes)])[0]:
            return None
        new = self.reads.tasks.shown(self.key.stored)
        return new if isinstance(new, TaskRow) else None

    def _begin(
        self, parent: TaskRow, row: TaskRow | None, changes: Mapping[str, Any]
    ) -> tuple[TaskRow, dict[str, Any]]:
        """A subtask that has not begun, and what the report sets of it."""
        before = fresh(parent, self.key.index or 0, row).but(ttl=parent.rows_ttl)
        history = [[self.target, self.reads.subtasks.clock(), 0]]
        return before, {"status": self.target, "history": history, **changes}

    def _noted(self, parent: TaskRow, row: TaskRow) -> TaskRow:
        """The row of a reported end, once its batch is sure to look at it.

        Whoever gives the batch up meanwhile may have read the subtask before.

        Raises:
            IllegalStatusChange: So it was: the subtask has ended with its batch.
        """
        index, size = self.key.index or 0, parent.batch_size or 1
        reported = ReportedRows(subtasks=self.reads.subtasks)
        for _ in range(_TRIES):
            batch = self.reads.batches.find(parent, [index // size])[index // size]
            if not isinstance(batch, BatchRow | None) or (batch and is_later(parent, batch)):
                return row
            known = standing(parent, batch)
            if known is not None and known.status in FINAL:
                shown = seen(parent, known, row, index)
                if shown is not None and shown.status is not row.status:
                    raise self._refused(shown)
                return row
            if reported.note(parent, batch, row):
                return row
        raise Throttled(f"the batch of {self.key.label} is changed by others all the time")

    def _refused(self, shown: TaskRow) -> IllegalStatusChange:
        return IllegalStatusChange(
            f"{self.key.label} is {shown.status} and cannot become {self.target}",
            status=shown.status,
            **self.key.as_dict(),
        )
