"""What the task service is made of, and what its halves share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskmill.clock import Clock, now_ms
from taskmill.errors import TaskNotFound
from taskmill.fanout.insert import Inserter
from taskmill.ids import Ids
from taskmill.keys import TaskKey
from taskmill.models import Task
from taskmill.notifications import Topic
from taskmill.payloads import PayloadStore
from taskmill.polling import Pace
from taskmill.registry import Registry
from taskmill.shown_inputs import with_inputs_shown
from taskmill.store import SubtaskStore, TaskStore
from taskmill.store.children import ChildStore
from taskmill.store.mappings import MappingStore
from taskmill.store.schedules import ScheduleStore

if TYPE_CHECKING:
    from taskmill.direct import DirectRuns

Key = TaskKey | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ServiceParts:
    """All methods of the service take keyword arguments and return frozen models."""

    tasks: TaskStore
    subtasks: SubtaskStore
    children: ChildStore
    schedules: ScheduleStore
    mappings: MappingStore
    payloads: PayloadStore
    inserter: Inserter
    registry: Registry
    alarm_topic: Topic | None = None
    direct: DirectRuns | None = None
    pace: Pace = field(default_factory=Pace)
    ids: Ids = field(default_factory=Ids)
    clock: Clock = now_ms

    def _existing(self, keys: Iterable[TaskKey]) -> list[Task]:
        """The tasks of an index; one that has expired since is left out."""
        found = []
        for key in keys:
            with suppress(TaskNotFound):
                found.append(Task.from_row(self.tasks.get(key)))
        return found

    def _subtasks(self, parent: TaskKey, count: int, start: int = 0) -> list[Task]:
        if count <= start:
            return []
        rows = list(self.subtasks.read(parent, start, count - 1))
        return [Task.from_row(row) for row in with_inputs_shown(self.payloads, rows)]
