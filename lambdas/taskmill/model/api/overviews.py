"""Response models of views of many tasks: failures, look-ups, trees, batches."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from taskmill.model.api.base import View
from taskmill.model.api.views import Task

NEXT = "Cursor of the next page; null on the last page."


class TaskPlace(View):
    """The key of a task."""

    pk: str
    sk: str


class Failure(View):
    """A task or subtask that has failed, as the index of failures has it."""

    pk: str
    sk: str
    type: str
    code: str
    index: int | None = None
    name: str | None = None
    updated_at: datetime
    fingerprint: str | None = Field(default=None, description="Equal for errors of one group.")
    error_text: str | None = Field(
        default=None, description="Type and message of the error, up to 200 characters."
    )


class FailurePage(View):
    """Failed tasks and subtasks, newest first."""

    items: tuple[Failure, ...]
    cursor: str | None = Field(default=None, description=NEXT)


class LookedUp(View):
    """The tasks that were asked for by their keys."""

    items: tuple[Task, ...] = Field(description="Those that are there, and have another version.")
    unchanged: tuple[TaskPlace, ...] = Field(description="Those that still have the given version.")
    missing: tuple[TaskPlace, ...] = Field(description="Those that no task has.")
    left_out: tuple[TaskPlace, ...] = Field(
        description="Those whose tasks did not fit into one answer: ask for them again."
    )


class TaskTree(View):
    """A task and the tasks that it has started, and so on, each before its own children."""

    root: Task
    nodes: tuple[Task, ...] = Field(description="Summaries; `parent` is the key of the parent.")
    cursor: str | None = Field(default=None, description=NEXT)


class Batch(View):
    """A batch of a step function task: the subtasks from `first` to `last`, inclusive.

    OPEN batches tell their counts every 10 s. A VOID one was given up: what had not
    ended, failed or was cancelled with it.
    """

    index: int
    first: int
    last: int
    status: Literal["WAITING", "OPEN", "CLOSED", "VOID"]
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None


class BatchPage(View):
    """All batches of a step function task, in order; there are at most 5,000."""

    batches: tuple[Batch, ...]
    cursor: str | None = Field(default=None, description=NEXT)
