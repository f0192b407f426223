"""Pages of lists: their size limit and their cursors."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import TypeVar

from pydantic import Field

from taskmill.model.api.base import View
from taskmill.model.api.views import Page, Task
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.service.task_service import TaskService

PAGE_BYTES = 4_000_000  # after JSON escaping; below Lambda's limit of 6 MB for a response
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
    service: TaskService,
    parent: TaskKey,
    *,
    start: int,
    limit: int,
    statuses: Collection[Status] = (),
) -> TaskPage:
    """A page of subtasks from index `start` on; see `TaskService.page_of_sub_tasks`."""
    found, following = service.page_of_sub_tasks(
        key=parent, start=start, limit=limit, statuses=statuses
    )
    kept = fitting(found)
    if len(kept) < len(found):
        following = found[len(kept)].index
    return TaskPage(items=kept, cursor=None if following is None else str(following))


def fitting(items: Sequence[Shown]) -> tuple[Shown, ...]:
    """The first items, as many as fit into one response, but at least one."""
    size = 0
    for position, item in enumerate(items):
        size += len(json.dumps(item.model_dump_json(by_alias=True)))
        if size > PAGE_BYTES and position:
            return tuple(items[:position])
    return tuple(items)
