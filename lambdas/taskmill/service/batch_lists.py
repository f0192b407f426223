"""Lists the batches of a fan-out, and by way of them its subtasks of some statuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from taskmill.model.api.overviews import Batch, BatchPage
from taskmill.model.api.views import Task
from taskmill.model.batch_plan import batch_count
from taskmill.model.batch_states import BatchSeen, batch_seen
from taskmill.model.clock import to_datetime
from taskmill.model.keys import TaskKey
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNTED, FINAL, Status
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import is_counted
from taskmill.service.pages import EXAMINED_A_PAGE
from taskmill.service.parts import Key, ServiceParts

_READ_AT_ONCE = 500  # subtasks; as many as share a partition


@dataclass(frozen=True, kw_only=True)
class BatchLists(ServiceParts):
    """Reads batches, and the subtasks that they say something about."""

    def list_batches(self, *, key: Key) -> BatchPage:
        """All batches of a step function task, in order; none before it is split.

        A read unit for some 18 batches; half a unit each, of up to 16. Eventually consistent.

        Raises:
            TaskNotFound: No task has this key.
        """
        parent = self._shown(TaskKey.of(key).parent)
        if isinstance(parent, UnreadableRow):
            return BatchPage(batches=())
        return BatchPage(batches=tuple(map(_batch, self._batches(parent))))

    def page_of_sub_tasks(
        self, *, key: Key, start: int, limit: int, statuses: Collection[Status] = ()
    ) -> tuple[list[Task], int | None]:
        """Subtasks from index `start` on, up to `limit`, and where the next page begins.

        With statuses it first reads the batches (see `list_batches`), and of subtasks only those
        of batches that may have such ones, up to 5,000. So a page can be short.

        Raises:
            TaskNotFound: No step function task has this key.
        """
        parent = self._shown(TaskKey.of(key).parent)
        count = 0 if isinstance(parent, UnreadableRow) else parent.child_count or 0
        if isinstance(parent, UnreadableRow) or start >= count:
            return [], None
        found: list[Task] = []
        examined, most = 0, EXAMINED_A_PAGE
        for first, last in self._spans(parent, start, limit, statuses):
            if examined >= most:
                return found, first
            read = self._subtasks(parent, first, last - first + 1)
            examined += last - first + 1
            found += [task for task in read if not statuses or task.status in statuses]
            if len(found) > limit:
                return found[:limit], found[limit].index
            if len(found) == limit:
                return found, last + 1 if last + 1 < count else None
            # None: they expire together. (Those of a fan-out that an earlier version is splitting
            # are stored in order, so none follow either.)
            if not read:
                return found, None
        return found, None

    def _spans(
        self, parent: TaskRow, start: int, limit: int, statuses: Collection[Status]
    ) -> Iterator[tuple[int, int]]:
        """First and last index of what is to be read, up to 500 at a time."""
        last = (parent.child_count or 0) - 1
        if not statuses or not on_demand(parent):
            step = limit if not statuses else _READ_AT_ONCE
            for first in range(start, last + 1, step):
                yield first, min(first + step - 1, last)
            return
        if _has_none(parent, statuses):
            return
        seen = (each for each in self._batches(parent) if each.last >= start)
        wanted = (each for each in seen if each.may_have(statuses))
        yield from _joined((max(each.first, start), each.last) for each in wanted)

    def _batches(self, parent: TaskRow) -> Iterator[BatchSeen]:
        size, count = parent.batch_size or 1, parent.child_count or 0
        rows = self.subtasks.batches.all(parent) if count else {}
        for number in range(batch_count(count, size)):
            yield batch_seen(parent, number, rows.get(number))


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same subtasks in spans of up to 500, of neighbouring ones together."""
    begin = end = None
    for first, last in spans:
        if end is None or end + 1 != first:
            yield from _cut(begin, end)
            begin = first
        end = last
    yield from _cut(begin, end)


def _cut(first: int | None, last: int | None) -> Iterator[tuple[int, int]]:
    if first is None or last is None:
        return
    for each in range(first, last + 1, _READ_AT_ONCE):
        yield each, min(each + _READ_AT_ONCE - 1, last)


def _has_none(parent: TaskRow, statuses: Collection[Status]) -> bool:
    """Whether a fan-out that has ended has counted all its subtasks, and none of these."""
    if not parent.ended or not is_counted(parent):
        return False
    counts = parent.attributes.get("counts") or {}
    return not any(counts.get(COUNTED[each]) for each in statuses if each in FINAL)


def _batch(seen: BatchSeen) -> Batch:
    counts = {name: seen.counts.get(name, 0) for name in COUNTED.values()}
    return Batch(
        index=seen.number,
        first=seen.first,
        last=seen.last,
        status=seen.state,
        **counts,
        started_at=to_datetime(seen.started_at),
        finished_at=to_datetime(seen.finished_at),
    )
