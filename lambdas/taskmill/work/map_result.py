"""The results of a fan-out that a task function waited for: `ctx.map`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from taskmill.model.keys import CHUNK
from taskmill.model.statuses import Status
from taskmill.model.type_variables import Out_co

if TYPE_CHECKING:
    from taskmill.functions.task_functions import TaskFunction
    from taskmill.model.rows.task_row import TaskRow
    from taskmill.work.spawning import Spawner


@dataclass(frozen=True)
class MapResult(Generic[Out_co]):
    """The results of a fan-out's subtasks, in the order of the inputs; read from the table lazily.

    A subtask that failed within the tolerated failures gives None.

    Attributes:
        counts: Number of subtasks by outcome: `total`, `completed`, `failed`, `cancelled`.
    """

    spawner: Spawner
    row: TaskRow
    function: TaskFunction[Any, Any] | None

    @property
    def counts(self) -> dict[str, int]:
        return dict(self.row.attributes.get("counts", {}))

    def __len__(self) -> int:
        return self.row.child_count or 0

    def __iter__(self) -> Iterator[Out_co]:
        for first in range(0, len(self), CHUNK):
            last = min(first + CHUNK, len(self)) - 1
            for row in self.spawner.subtask_rows(self.row, first, last):
                yield self._value_of(row)

    def _value_of(self, row: TaskRow) -> Any:
        ended_well = row.status is Status.COMPLETED
        return self.spawner.value(row, self.function) if ended_well else None
