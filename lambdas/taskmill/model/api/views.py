"""Response models: frozen pydantic models, camelCase in JSON."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Literal, Self

from pydantic import Field, ValidationError

from taskmill.model.api.base import Json, Unreadable, View
from taskmill.model.api.shown import ShownStatus, unreadable_task
from taskmill.model.api.waiting import KeyOfItsOwn, WaitsFor
from taskmill.model.clock import to_datetime
from taskmill.model.keys import TaskKey
from taskmill.model.pools import pool_of
from taskmill.model.rows.history import Entry, actor_of
from taskmill.model.rows.readable import UnreadableRow, reason_of
from taskmill.model.rows.task_row import TaskRow, plain_attributes
from taskmill.model.statuses import status_of


class HistoryEntry(View):
    """A status that the task entered, when, and in which attempt (0: in none).

    Of a cancel or retry: who asked for it and why, where that is known.
    """

    status: ShownStatus
    at: datetime
    attempt: int
    by: str | None = Field(
        default=None, description="Who asked for this cancel or retry: the caller's short name."
    )
    reason: str | None = Field(default=None, description="Why, as a bulk operation was told.")

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The entry as the row stores it."""
        status, at, attempt, *_ = entry
        who = actor_of(entry)
        return cls(
            status=status_of(status),
            at=to_datetime(at) or at,
            attempt=attempt,
            by=who.by,
            reason=who.reason,
        )


class Task(View):
    """A task, step function task or subtask.

    A large input or result is only a reference: `input_ref`, `attributes["resultRef"]`. `ttl` is
    in epoch seconds. `attributes["error"]` is that of the last attempt that raised one; if
    something else made it final (a lost worker, a lost message, a batch that was given up), its
    `final` says what. `resent` counts how often the task's message was sent again after it had
    been received too often. `unreadable` says why the stored row cannot be read: then only its
    key, its status and its times are shown.
    """

    pk: str
    sk: str
    kind: Literal["TASK", "SFN_TASK", "SUBTASK"]
    tenant_code: str
    type: str
    code: str
    index: int | None = None
    name: str | None = None
    status: ShownStatus
    unreadable: Unreadable = None
    input: Json = Field(
        default=None,
        description="Of a subtask, not before anything is stored of it, such as its outcome.",
    )
    input_ref: str | None = None
    attributes: dict[str, Json] = Field(default_factory=dict)
    attempts: int = 0
    max_attempts: int | None = None
    run: int = 1
    run_at: datetime | None = None
    expires_at: datetime | None = Field(
        default=None, description="When it must have begun, else it ends as CANCELLED."
    )
    deadline_at: datetime | None = Field(
        default=None, description="When it must have ended, else it ends as FAILED."
    )
    retry_at: datetime | None = None
    waits_for: WaitsFor | None = Field(
        default=None,
        description="What holds it back: a limit, a pause or a key; null: none of these.",
    )
    unique: KeyOfItsOwn | None = Field(
        default=None, description="The key that it has to itself; null: it has none."
    )
    lease_until: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    created_by: str | None = None
    created_ip: str | None = None
    request_id: str | None = None
    parent: str | None = None
    root: str | None = None
    depth: int | None = None
    child_count: int | None = None
    awaited_total: int | None = None
    awaited_done: int | None = None
    children_completed: int | None = None
    children_failed: int | None = None
    children_cancelled: int | None = None
    resent: int | None = None
    callbacks: tuple[tuple[str, str], ...] = ()
    schedule: str | None = None
    log_ids: dict[str, str] | None = None
    runner: str | None = None
    pool: str | None = Field(
        default=None, description="The worker pool that runs it; absent: the stack's own workers."
    )
    priority: str | None = None
    batch_size: int | None = None
    max_concurrency: int | None = None
    tolerated_failures: str | None = None
    notify: str | None = None
    history: tuple[HistoryEntry, ...] = ()
    version: int = 1
    ttl: int | None = None
    fingerprint: str | None = Field(
        default=None, description="Of `attributes.error`: equal for errors of one group."
    )
    expired: tuple[Literal["input", "result"], ...] | None = Field(
        default=None,
        description="What an ended task refers to although it has expired; not told in lists.",
    )

    @property
    def key(self) -> TaskKey:
        return TaskKey.parse(self.pk, self.sk)

    @classmethod
    def from_row(
        cls, row: TaskRow | UnreadableRow, *, expired: tuple[str, ...] | None = None
    ) -> Self:
        """The task of a row; of an unreadable one what can be shown, and the reason.

        Args:
            expired: Which of "input" and "result" are gone although the row refers to them.
        """
        if isinstance(row, UnreadableRow):
            return cls(**unreadable_task(row.values, row.reason))
        try:
            return cls._of_row(row, expired)
        except ValidationError as error:
            (first, *_) = error.errors()
            where = ".".join(map(str, first["loc"]))
            return cls(**unreadable_task(row.to_values(), f"{where}: {first['msg']}"))
        except (TypeError, ValueError, LookupError, ArithmeticError, OSError) as error:
            return cls(**unreadable_task(row.to_values(), reason_of(error)))

    @classmethod
    def _of_row(cls, row: TaskRow, expired: tuple[str, ...] | None) -> Self:
        key = row.key
        moments = {name: to_datetime(getattr(row, name)) for name in _MOMENTS}
        same = {name: getattr(row, name) for name in _SAME}
        return cls(
            pk=key.pk,
            sk=key.sk,
            kind=row.kind,
            tenant_code=key.tenant,
            type=key.type,
            code=key.code,
            index=key.index,
            input=json.loads(row.input) if row.input is not None else None,
            attributes=plain_attributes(row.attributes),
            history=tuple(map(HistoryEntry.of, row.history)),
            expired=expired,
            pool=pool_of(row),
            waits_for=WaitsFor.of(row),
            unique=KeyOfItsOwn.of_row(row),
            **moments,
            **same,
        )


_MOMENTS = (
    "run_at",
    "expires_at",
    "deadline_at",
    "retry_at",
    "lease_until",
    "created_at",
    "updated_at",
    "started_at",
    "finished_at",
)
_SAME = (
    "name",
    "status",
    "input_ref",
    "attempts",
    "max_attempts",
    "run",
    "created_by",
    "created_ip",
    "request_id",
    "parent",
    "root",
    "depth",
    "child_count",
    "awaited_total",
    "awaited_done",
    "children_completed",
    "children_failed",
    "children_cancelled",
    "resent",
    "callbacks",
    "schedule",
    "log_ids",
    "runner",
    "priority",
    "batch_size",
    "max_concurrency",
    "tolerated_failures",
    "notify",
    "version",
    "ttl",
    "fingerprint",
)


class Progress(View):
    """The progress of a task: its subtasks by outcome, or what a single task last reported.

    `running` counts what has not ended; `percent` is from 0 to 100.
    """

    pk: str
    sk: str
    status: ShownStatus
    total: int
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    running: int = 0
    percent: float = 0.0


class SubtaskStatus(View):
    """Key and status of one subtask in a `TaskStatusSummary`."""

    pk: str
    sk: str
    status: ShownStatus


class TaskStatusSummary(View):
    """Result of `format_task_status`: counts by outcome, and the status of each subtask."""

    sub_task_count: int
    sub_task_succeed_count: int
    sub_task_failed_count: int
    sub_task_running_count: int
    sub_tasks: tuple[SubtaskStatus, ...]


class Result(View):
    """A task's result: its value or, if it is large, a presigned URL valid for 15 minutes."""

    pk: str
    sk: str
    status: ShownStatus
    result: Json = None
    result_url: str | None = None


class Input(View):
    """A task's input: its value or, if it is large, a presigned URL valid for 15 minutes."""

    pk: str
    sk: str
    status: ShownStatus
    input: Json = None
    input_url: str | None = None


class Upload(View):
    """A presigned URL to PUT a JSONL input; submit with its `inputRef` within a day.

    The PUT must have `headers`, and the `Content-Length` that was asked for.
    """

    input_ref: str
    url: str
    headers: dict[str, str]
    expires_in_seconds: int


class Page(View):
    """A page of tasks in key order; `last_sk` is the cursor of the next page, None at the end."""

    items: tuple[Task, ...]
    last_sk: str | None = None
