"""Reads tasks, lists of tasks, progress and results."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from taskmill.aws.dynamodb.listing import list_rows
from taskmill.model.api.requests import ListOptions
from taskmill.model.api.views import (
    Page,
    Progress,
    SubtaskStatus,
    Task,
    TaskStatusSummary,
)
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import FINAL, Status
from taskmill.service.pages import listing_of, page_of
from taskmill.service.parts import Key, ServiceParts
from taskmill.service.progress import fan_out_progress, single_progress
from taskmill.service.shown_inputs import expired_payloads, with_inputs_shown


@dataclass(frozen=True, kw_only=True)
class Reads(ServiceParts):
    """Read operations; they change nothing."""

    def get_task(self, *, key: Key) -> Task:
        """A task, step function task or subtask, with its input if that is up to 8,000 bytes.

        `expired` names the payloads that the task refers to and that do not exist any more.

        Raises:
            TaskNotFound: No task has this key.
        """
        row = self._shown(TaskKey.of(key))
        (shown,) = with_inputs_shown(self.payloads, [row], masks=self.registry)
        return Task.from_row(shown, expired=expired_payloads(self.payloads, row, shown))

    def get_all_sub_task(self, *, key: Key) -> list[Task]:
        """All subtasks of a step function task, given its key or the key of one of its subtasks."""
        return self._subtasks(self._shown(TaskKey.of(key).parent))

    def list_sub_tasks(self, *, key: Key, start: int = 0, limit: int = 100) -> list[Task]:
        """Up to `limit` subtasks, starting at index `start`. `key` as for `get_all_sub_task`."""
        return self._subtasks(self._shown(TaskKey.of(key).parent), start, limit)

    def list_items_by_pk(
        self,
        *,
        tenant_code: str,
        type: str = "TASK",  # noqa: A002  # as in the reference API
        options: ListOptions | None = None,
    ) -> Page:
        """One page of a tenant's tasks ("TASK") or step function tasks ("SFN_TASK") by key.

        Filtered by status, a page may be short although more tasks follow; continue from `last_sk`
        until it is None.

        Raises:
            InvalidRequest: `type` is neither "TASK" nor "SFN_TASK".
        """
        if type not in Kind.__members__:
            raise InvalidRequest(f"type is TASK or SFN_TASK, not {type!r}", field="type")
        asked = options or ListOptions()
        listing = listing_of(tenant_code, Kind(type), asked, scheme=self.ids.scheme)
        rows = list_rows(self.tasks.table, listing)
        return page_of(rows, asked)

    def get_progress(self, *, key: Key) -> Progress:
        """The progress of a task.

        Of a step function task, or the one that a subtask belongs to, its subtasks by outcome, as
        the batches tell them: every 10 s, and at their end. Of a single task what its function
        last reported; while it waits for its children, and if it reports nothing, those that have
        ended, of all it has started, and of a fan-out among them its subtasks.

        Raises:
            TaskNotFound: No task has this key.
        """
        task = Task.from_row(self.tasks.get(TaskKey.of(key).parent))
        if is_fan_out(task.key):
            return fan_out_progress(task)
        return single_progress(task, self._own_children(task.key))

    def list_children(self, *, key: Key, after: str | None = None, limit: int = 100) -> list[Task]:
        """Up to `limit` tasks that this task started, ordered by code, only those after `after`."""
        parent = TaskKey.of(key)
        self._shown(parent)  # or it is not found
        found = self.children.stored_keys_of(parent, after=after)
        # A task that this one has submitted for another tenant is none of its callers' business.
        own = (each for each in found if each.tenant == parent.tenant)
        return self._existing(itertools.islice(own, limit))

    def _own_children(self, parent: TaskKey) -> Iterator[Task]:
        """All children of a task in its tenant, a hundred rows in a request."""
        keys = [each for each in self.children.keys_of(parent) if each.tenant == parent.tenant]
        yield from map(Task.from_row, self.children.readable(keys))

    def list_failed(self, *, tenant_code: str, limit: int = 100) -> list[Task]:
        """Up to `limit` failed tasks and subtasks of a tenant, newest first.

        Subtasks of batches that never began are not among them: their fan-out is.
        """
        found = self._existing(self.tasks.failed(tenant_code, limit=limit))
        subtasks = [task.key for task in found if task.index is not None]
        # One that is stored as FAILED may have begun anew with its fan-out, or expired meanwhile.
        now = self.subtasks.among(subtasks)
        return [task for task in found if task.index is None or _has_failed(now.get(task.key))]

    def format_task_status(self, *, tasks: Iterable[Task]) -> TaskStatusSummary:
        """Summarise subtasks: how many there are by outcome, and the status of each."""
        listed = tuple(tasks)
        succeeded = sum(each.status is Status.COMPLETED for each in listed)
        failed = sum(each.status is Status.FAILED for each in listed)
        running = sum(each.status not in FINAL for each in listed)
        return TaskStatusSummary(
            sub_task_count=len(listed),
            sub_task_succeed_count=succeeded,
            sub_task_failed_count=failed,
            sub_task_running_count=running,
            sub_tasks=tuple(
                SubtaskStatus(pk=each.pk, sk=each.sk, status=each.status) for each in listed
            ),
        )


def _has_failed(row: TaskRow | UnreadableRow | None) -> bool:
    return isinstance(row, UnreadableRow) or (row is not None and row.status is Status.FAILED)
