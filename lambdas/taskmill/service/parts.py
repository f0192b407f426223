"""The dependencies of the task service, and helpers that its parts share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskmill.aws.dynamodb.callback_mappings import MappingStore
from taskmill.aws.dynamodb.children import ChildStore
from taskmill.aws.dynamodb.schedules import ScheduleStore
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.dynamodb.writes import not_found
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.aws.sns import Topic
from taskmill.fanout.insert import Inserter
from taskmill.functions.polling import Pace
from taskmill.functions.registry import Registry
from taskmill.model.api.views import Task
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import StoredKey, TaskKey
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.ids import Ids
from taskmill.service.shown_inputs import with_inputs_shown

if TYPE_CHECKING:
    from taskmill.work.direct_runs import DirectRuns

Key = TaskKey | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ServiceParts:
    """Base of the service's parts: stores, registry and options as fields.

    Attributes:
        alarm_topic: None: this process cannot publish alarms.
        direct: Runs tasks in this process (`execute_now`); None: it cannot.
        pace: How often handles poll while they wait for a task.
    """

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

    def _shown(self, key: TaskKey) -> TaskRow | UnreadableRow:
        """A row to show, also an unreadable one.

        Raises:
            TaskNotFound: No task has this key.
        """
        row = self.tasks.shown(key.stored)
        if row is None:
            raise not_found(key)
        return row

    def _check_readable(self, key: TaskKey) -> None:
        """Refuse to go on with a row that nothing could read: see `UnreadableRow`."""
        row = self._shown(key)
        if (reason := Task.from_row(row).unreadable) is not None:
            raise UnreadableRow(key.stored._asdict(), reason)

    def _existing(self, keys: Iterable[StoredKey]) -> list[Task]:
        """The tasks with these keys, read from an index; expired ones are left out."""
        rows = (self.tasks.shown(key) for key in keys)
        return [Task.from_row(row) for row in rows if row is not None]

    def _subtasks(self, parent: TaskKey, count: int, start: int = 0) -> list[Task]:
        if count <= start:
            return []
        rows = list(self.subtasks.shown(parent, start, count - 1))
        return [Task.from_row(row) for row in with_inputs_shown(self.payloads, rows)]
