"""Subtasks as readers see them: as stored, or as follows from their fan-out and batch."""

from __future__ import annotations

from collections.abc import Iterator
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
        parent = self.tasks.shown(key.parent.stored)
        if not isinstance(parent, TaskRow) or not on_demand(parent):
            row = self.tasks.shown(key.stored)
        elif (key.index or 0) < (parent.child_count or 0):
            row = next(self.shown(parent, key.index or 0, key.index or 0), None)
        else:
            row = None
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
        last, size = min(last, (parent.child_count or 0) - 1), parent.batch_size or 1
        if first > last:
            return
        # Batches first: what one that has ended says of its rows, they are sure to say afterwards.
        batches = self.batches.find(parent, range(first // size, last // size + 1))
        rows = {index_of(row): row for row in self.subtasks.shown(parent.key, first, last)}
        for index in range(first, last + 1):
            batch, row = batches[index // size], rows.get(index)
            if isinstance(row, UnreadableRow):
                yield row
                continue
            known = batch if isinstance(batch, BatchRow) else None
            if (found := seen(parent, known, row, index)) is not None:
                yield found

    def read(self, parent: TaskRow, first: int, last: int) -> Iterator[TaskRow]:
        """As `shown`, without unreadable rows."""
        return (row for row in self.shown(parent, first, last) if isinstance(row, TaskRow))


def index_of(row: Shown) -> int:
    """The index of a stored subtask."""
    return int(row.values["sk"]) if isinstance(row, UnreadableRow) else row.key.index or 0
