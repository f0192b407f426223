"""Subtasks as readers see them: as stored, or as follows from their fan-out and batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.dynamodb.writes import not_found
from taskmill.model.keys import TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import seen

Shown = TaskRow | UnreadableRow


@dataclass(frozen=True, kw_only=True)
class SubtaskReads:
    """Reads subtasks, whether they have a row or not."""

    tasks: TaskStore
    subtasks: SubtaskStore
    batches: BatchStore

    def get(self, key: TaskKey) -> Shown:
        """A subtask. Without its fan-out's row, which has expired, what is stored of it.

        Raises:
            TaskNotFound: There is no such subtask, or its row has expired.
        """
        parent, stored = self.tasks.table.get_many([key.parent.stored, key.stored])
        row = None if stored is None else TaskRow.shown(stored)
        found = None if parent is None else TaskRow.shown(parent)
        if isinstance(found, TaskRow) and on_demand(found):
            if (key.index or 0) >= (found.child_count or 0):
                raise not_found(key)
            row = self._seen(found, [key.index or 0], {key.index or 0: row})[0]
        if row is None:
            raise not_found(key)
        return row

    def shown(self, parent: TaskRow, first: int, last: int) -> Iterator[Shown]:
        """The subtasks `first` to `last` (inclusive) of a fan-out in order, also unreadable ones.

        Those whose rows have expired are left out.
        """
        if not on_demand(parent):
            yield from self.subtasks.shown(parent.key, first, last)
            return
        last = min(last, (parent.child_count or 0) - 1)
        if first > last:
            return
        stored = {index_of(row): row for row in self.subtasks.shown(parent.key, first, last)}
        for row in self._seen(parent, range(first, last + 1), stored):
            if row is not None:
                yield row

    def read(self, parent: TaskRow, first: int, last: int) -> Iterator[TaskRow]:
        """As `shown`, without unreadable rows."""
        return (row for row in self.shown(parent, first, last) if isinstance(row, TaskRow))

    def _seen(
        self, parent: TaskRow, indexes: Sequence[int], stored: Mapping[int, Shown | None]
    ) -> list[Shown | None]:
        size = parent.batch_size or 1
        batches = self.batches.find(parent, sorted({index // size for index in indexes}))
        found: list[Shown | None] = []
        for index in indexes:
            batch, row = batches[index // size], stored.get(index)
            known = batch if isinstance(batch, BatchRow) else None
            found.append(row if isinstance(row, UnreadableRow) else seen(parent, known, row, index))
        return found


def index_of(row: Shown) -> int:
    """The index of a stored subtask."""
    return int(row.values["sk"]) if isinstance(row, UnreadableRow) else row.key.index or 0
