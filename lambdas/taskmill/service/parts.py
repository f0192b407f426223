"""The dependencies of the task service, and helpers that its parts share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskmill.aws.dynamodb.callback_mappings import MappingStore
from taskmill.aws.dynamodb.children import ChildStore
from taskmill.aws.dynamodb.schedules import ScheduleStore
from taskmill.aws.dynamodb.subtask_reads import SubtaskReads
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.dynamodb.writes import not_found
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.aws.sns import Topic
from taskmill.aws.starts import Starts
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
from taskmill.work.admission.one_at_a_time import OneAtATime

if TYPE_CHECKING:
    from taskmill.service.limits.stores import LimitStores
    from taskmill.work.direct_runs import DirectRuns

Key = TaskKey | Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class ServiceParts:
    """Base of the service's parts: stores, registry and options as fields.

    Attributes:
        alarm_topic: None: this process cannot publish alarms.
        limits: Where limits are stored; None: this process has none.
        direct: Runs tasks in this process (`execute_now`); None: it cannot.
        max_schedules: Schedules of a tenant.
        max_mappings: Callback mappings of a tenant.
        cross_tenant: Whether task code may act for other tenants than its own.
        pace: How often handles poll while they wait for a task.
    """

    tasks: TaskStore
    starts: Starts
    one_at_a_time: OneAtATime
    subtasks: SubtaskReads
    children: ChildStore
    schedules: ScheduleStore
    mappings: MappingStore
    payloads: PayloadStore
    inserter: Inserter
    registry: Registry
    alarm_topic: Topic | None = None
    limits: LimitStores | None = None
    direct: DirectRuns | None = None
    max_schedules: int = 1_000
    max_mappings: int = 1_000
    cross_tenant: bool = True
    pace: Pace = field(default_factory=Pace)
    ids: Ids = field(default_factory=Ids)
    clock: Clock = now_ms

    def _shown(self, key: TaskKey) -> TaskRow | UnreadableRow:
        """A row to show, also an unreadable one.

        Raises:
            TaskNotFound: No task has this key.
        """
        if key.index is not None:
            return self.subtasks.get(key)
        row = self.tasks.shown(key.stored)
        if row is None:
            raise not_found(key)
        return row

    def _row(self, key: TaskKey) -> TaskRow:
        """The row of a task, or of a subtask, which may follow from its fan-out.

        Raises:
            TaskNotFound: No task has this key.
            UnreadableRow: The row holds what no task can have.
        """
        row = self._shown(key)
        if isinstance(row, UnreadableRow):
            raise row
        return row

    def _readable(self, key: TaskKey) -> TaskRow:
        """The row of a task. Refuses to go on with one that nothing could read.

        Raises:
            TaskNotFound: No task has this key.
            UnreadableRow: The row holds what no task can have.
        """
        row = self._row(key)
        if (reason := Task.from_row(row).unreadable) is not None:
            raise UnreadableRow(key.stored._asdict(), reason)
        return row

    def rows_of(self, keys: Sequence[TaskKey]) -> Mapping[TaskKey, TaskRow | UnreadableRow]:
        """The rows of tasks, and subtasks as they stand with their step function task."""
        plain = [key for key in keys if key.index is None]
        stored = self.tasks.table.get_many([key.stored for key in plain]) if plain else []
        found = {
            key: TaskRow.shown(each)
            for key, each in zip(plain, stored, strict=True)
            if each is not None
        }
        return found | self.subtasks.among(key for key in keys if key.index is not None)

    def _existing(self, keys: Iterable[StoredKey]) -> list[Task]:
        """The tasks with these keys, read from an index; expired ones are left out."""
        rows = (self.tasks.shown(key) for key in keys)
        return [Task.from_row(row) for row in rows if row is not None]

    def _subtasks(
        self, parent: TaskRow | UnreadableRow, start: int = 0, limit: int | None = None
    ) -> list[Task]:
        """Subtasks of a fan-out from index `start` on; none of one that is unreadable."""
        if isinstance(parent, UnreadableRow):
            return []
        count = parent.child_count or 0
        last = count if limit is None else min(count, start + limit)
        rows = list(self.subtasks.shown(parent, start, last - 1)) if start < last else []
        shown = with_inputs_shown(self.payloads, rows, masks=self.registry)
        return [Task.from_row(row) for row in shown]
