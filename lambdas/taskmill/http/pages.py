"""Pages of lists: their size limit and their cursors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

from pydantic import Field

from taskmill.model.api.base import View
from taskmill.model.api.views import Page, Task
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.service.pages import EXAMINED_A_PAGE
from taskmill.service.task_service import TaskService

PAGE_BYTES = 4_000_000  # after JSON escaping; below Lambda's limit of 6 MB for a response
_READ_AT_ONCE = 500  # subtasks; as many as share a partition
Shown = TypeVar("Shown", bound=View)


class TaskPage(View):
    """Tasks in the order of their keys."""

    items: tuple[Task, ...]
    cursor: str | None = Field(
        default=None, description="Cursor of the next page; null on the last page."
    )


def as_answer(page: Page) -> TaskPage:
    """A page of the service, shortened if it is too large for one response."""
    kept = fitting(page.items)
    cursor = page.last_sk if len(kept) == len(page.items) else kept[-1].sk
    return TaskPage(items=kept, cursor=cursor)


def child_page(children: Sequence[Task], *, limit: int) -> TaskPage:
    """A page of child tasks; a full page has a cursor even if no task follows."""
    kept = fitting(children)
    more = len(kept) < len(children) or len(children) == limit
    return TaskPage(items=kept, cursor=kept[-1].code if more else None)


def subtask_page(
    service: TaskService, parent: TaskKey, *, start: int, limit: int, status: Status | None
) -> TaskPage:
    """A page of subtasks from index `start` on.

    With a status it looks at up to 5,000 subtasks, so it can be shorter than `limit`.
    """
    count = service.get_task(key=parent).child_count or 0
    stop = min(count, start + EXAMINED_A_PAGE)
    index, found = start, list[Task]()
    while index < stop and len(found) < limit:
        step = min(limit - len(found) if status is None else _READ_AT_ONCE, stop - index)
        read = service.list_sub_tasks(key=parent, start=index, limit=step)
        found += [task for task in read if status in (None, task.status)]
        # None: they expire together. (Those of a fan-out that an earlier version is splitting are
        # stored in order, so none follow either.)
        index = index + step if read else count
    kept = fitting(found[:limit])
    if len(kept) < len(found):
        index = (kept[-1].index or 0) + 1
    return TaskPage(items=kept, cursor=str(index) if index < count else None)


def fitting(items: Sequence[Shown]) -> tuple[Shown, ...]:
    """The first items, as many as fit into one response, but at least one."""
    size = 0
    for position, item in enumerate(items):
        size += len(json.dumps(item.model_dump_json(by_alias=True)))
        if size > PAGE_BYTES and position:
            return tuple(items[:position])
    return tuple(items)
