"""Reading tasks, lists, progress and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from taskmill.client.calls.operations import listing, operation
from taskmill.client.calls.steps import Downloading, Listing, Steps, getting
from taskmill.client.connection import Connection
from taskmill.client.paths import collection_of, path_of
from taskmill.model.api.views import Input, Progress, Result, Task
from taskmill.model.errors import InvalidKey, InvalidRequest, PayloadMissing, TaskNotFound
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.limits import MAX_PAGE
from taskmill.model.options import check_choice, check_named, check_whole, suggests
from taskmill.model.rows.task_row import is_fan_out
from taskmill.model.statuses import Status

Statuses = Status | Sequence[Status] | None
"""A status, or several of which a task has one; None: any."""

Key = Task | TaskKey | Mapping[str, str]
"""A `Task`, its key, or a mapping with `pk` and `sk`."""


class Reads(Connection):
    """The client's methods that read tasks."""

    @operation
    def get(
        self, key: Key | str, code: str | None = None, *, index: int | None = None
    ) -> Steps[Task]:
        """Get a task.

        Args:
            key: A key, or a task type. With a task type, `code` is required: first the single
                tasks are searched, then the step function tasks.
            index: Index of a subtask, from 0.

        Raises:
            TaskNotFound: No task has this key.
            InvalidRequest: A task type without a code.
        """
        if not isinstance(key, str):
            return (yield from _task(key_of(key)))
        if code is None:
            raise InvalidRequest("a task type needs a code with it", field="code")
        if index is not None:
            check_whole("index", index, least=0)
            return (yield from _task(TaskKey(Kind.SFN_TASK, self.tenant, key, code, index)))
        try:
            return (yield from _task(TaskKey(Kind.TASK, self.tenant, key, code)))
        except TaskNotFound:
            return (yield from _task(TaskKey(Kind.SFN_TASK, self.tenant, key, code)))

    @listing
    @suggests
    def list(
        self,
        task_type: str | None = None,
        *,
        kind: Kind = Kind.TASK,
        status: Statuses = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        code_prefix: str | None = None,
        summary: bool = False,
        order: str = "desc",
        after: str | None = None,
        page_size: int = 100,
    ) -> Listing[Task]:
        """The tenant's tasks of one kind; requests each page when it is needed.

        Args:
            task_type: Only tasks of this type; all types by default.
            status: Only tasks with this status, or one of these.
            created_after: Only tasks created then or later; a time with an offset from UTC. With
                a type, and codes that sort by time, this reads no other tasks.
            created_before: Only tasks created before that time.
            code_prefix: Only tasks whose code begins so; needs a type.
            summary: Leave out input, result, history and the stack of the error.
            order: "desc" or "asc", by type and code; with ULIDs, "desc" is newest first.
            after: Begin after this `type#code`; no task with it has to exist.
            page_size: Tasks per request, up to 1,000.
        """
        check_choice("kind", kind, Kind)
        check_choice("order", order, ("desc", "asc"))
        check_whole("page_size", page_size, least=1, most=MAX_PAGE)
        _check_filters(task_type, status)
        query = {
            "type": task_type,
            "status": _joined(status),
            "createdAfter": _moment("created_after", created_after),
            "createdBefore": _moment("created_before", created_before),
            "codePrefix": code_prefix,
            "fields": "summary" if summary else None,
            "order": order,
            "limit": page_size,
        }
        return Listing(collection_of(kind, self.tenant), Task.model_validate, query, cursor=after)

    @listing
    @suggests
    def subtasks(self, key: Key, *, status: Statuses = None, page_size: int = 100) -> Listing[Task]:
        """The subtasks of a step function task by index; requests each page when it is needed."""
        check_whole("page_size", page_size, least=1, most=MAX_PAGE)
        _check_filters(None, status)
        path = f"{path_of(key_of(key).parent)}/subtasks"
        query = {"status": _joined(status), "limit": page_size}
        return Listing(path, Task.model_validate, query)

    @listing
    def children(self, key: Key) -> Listing[Task]:
        """The child tasks of a task; requests each page when it is needed."""
        return Listing(f"{path_of(key_of(key))}/children", Task.model_validate)

    @operation
    def progress(self, key: Key) -> Steps[Progress]:
        """The progress of a task.

        Of a step function task its subtasks; they count when their batch tells them. Of a single
        task what `ctx.progress` last reported; while it waits for its children, and if it reports
        nothing, those that have ended, of all it has started.
        """
        path = f"{path_of(key_of(key).parent)}/progress"
        return Progress.model_validate((yield getting(path)))

    @operation
    @suggests
    def input(self, key: Key, *, reveal: bool = False) -> Steps[Any]:
        """The input of a single task or of a subtask; a large one is downloaded from S3.

        Args:
            reveal: With its secrets in the clear, in place of `"***"`. A policy may deny it, and it
                is logged with the caller's name.

        Raises:
            PayloadMissing: The input has expired.
            InvalidRequest: It is a step function task: each of its subtasks has an input.
            Forbidden: It may not be revealed, or it has secrets and is too large to be masked.
        """
        named = key_of(key)
        if is_fan_out(named):
            raise InvalidRequest(
                f"{named} is a step function task: read the inputs of its subtasks", field="key"
            )
        found = Input.model_validate((yield getting(_payload(named, "input", reveal))))
        if found.input_url is None:
            return found.input
        return (yield from _downloaded(found.input_url, "input", named))

    @operation
    @suggests
    def result(self, key: Key, *, reveal: bool = False) -> Steps[Any]:
        """The return value of the task function; a large one is downloaded from S3.

        Args:
            reveal: With its secrets in the clear; see `input`.

        Raises:
            Conflict: The task has not completed.
            PayloadMissing: The result has expired.
            Forbidden: It may not be revealed, or it has secrets and is too large to be masked.
        """
        path = _payload(key_of(key), "result", reveal)
        result = Result.model_validate((yield getting(path)))
        if result.result_url is None:
            return result.result
        return (yield from _downloaded(result.result_url, "result", key_of(key)))


def key_of(key: Key) -> TaskKey:
    """The key of a task.

    Raises:
        InvalidKey: It does not have the documented form, or is another thing.
    """
    if isinstance(key, Task):
        return key.key
    if not isinstance(key, TaskKey | Mapping):
        raise InvalidKey(
            f"{key!r} is no key: give a Task, a TaskKey, or a dict with pk and sk", field="key"
        )
    return TaskKey.of(key)


def _payload(key: TaskKey, what: str, reveal: object) -> str:
    return f"{path_of(key)}/{what}{'/revealed' if reveal else ''}"


def _task(key: TaskKey) -> Steps[Task]:
    return Task.model_validate((yield getting(path_of(key))))


def _downloaded(url: str, what: str, key: TaskKey) -> Steps[Any]:
    try:
        return (yield Downloading(url))
    except PayloadMissing as gone:
        details = {**gone.details, "field": what}
        raise PayloadMissing(f"the {what} of {key.label} has expired", **details) from None


def _check_filters(task_type: str | None, status: Statuses) -> None:
    if task_type is not None:
        check_named("task_type", task_type)
    for each in _listed(status):
        check_choice("status", each, Status)


def _listed(status: Statuses) -> tuple[Any, ...]:
    if status is None:
        return ()
    return (status,) if isinstance(status, str) else tuple(status)


def _joined(status: Statuses) -> str | None:
    listed = ",".join(map(str, dict.fromkeys(_listed(status))))
    return listed or None


def _moment(name: str, moment: datetime | None) -> str | None:
    """A time as the API takes it.

    Raises:
        InvalidRequest: It has no offset from UTC, or is no time.
    """
    if moment is None:
        return None
    if getattr(moment, "tzinfo", None) is None:  # a text has none
        raise InvalidRequest(f"{name} is a datetime with a time zone, not {moment!r}", field=name)
    return moment.isoformat()
