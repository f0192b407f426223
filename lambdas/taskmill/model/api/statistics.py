"""Models of the statistics: present numbers, history by hour or day, error groups."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from taskmill.model.api.base import View

GroupState = Literal["open", "resolved", "ignored"]


class TypeStatistics(View):
    """The tasks and fan-outs of one type, as they are; subtasks are not among them.

    Attributes:
        counts: How many there are, by status; a status without any is absent.
        oldest_waiting_at: Since when at least one waits to run, to the next 10 minutes; null: none
            waits.
    """

    type: str
    counts: dict[str, int]
    oldest_waiting_at: datetime | None = None


class Statistics(View):
    """Present numbers of all types. `as_of`: what was changed until then is counted."""

    as_of: datetime | None = None
    types: tuple[TypeStatistics, ...] = ()


class Durations(View):
    """Durations in ms. The percentiles are right to a factor of two; null if there are none."""

    p50: int | None = None
    p95: int | None = None
    count: int = 0
    sum_ms: int = 0


class SubtaskOutcomes(View):
    """How many subtasks have ended, counted when their fan-out did."""

    completed: int = 0
    failed: int = 0
    cancelled: int = 0


class Bucket(View):
    """What happened to tasks of one type in one hour, or one day (UTC), from `start` on.

    `wait` is the time from when a task could run to its first start, `run` from there to its end,
    both of the tasks that have ended then.
    """

    start: datetime
    type: str
    created: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    errored: int = 0
    retried: int = 0
    wait: Durations = Durations()
    run: Durations = Durations()
    subtasks: SubtaskOutcomes = SubtaskOutcomes()


class History(View):
    """Buckets by time, then type; those in which nothing happened are absent."""

    buckets: tuple[Bucket, ...] = ()


class ErrorSample(View):
    """One of the errors of a group. `stack` is null if it is not known any more."""

    type: str
    message: str
    stack: str | None = None


class ErrorGroup(View):
    """Errors with one fingerprint: equal but for ids, numbers and quoted text.

    Attributes:
        types: Task types in which it occurred.
        count: How often a task or subtask has failed with it.
        open: How many are still FAILED.
        last_key: Key of the task or subtask that failed last, as `pk/sk`.
        hours: How often it occurred in each of the last 24 hours, oldest first.
        new_since: When it occurred again after it had been resolved; null: it has not.
    """

    fingerprint: str
    error_type: str
    message: str
    types: tuple[str, ...]
    count: int
    open: int
    first_at: datetime
    last_at: datetime
    last_key: str
    hours: tuple[int, ...]
    state: GroupState = "open"
    new_since: datetime | None = None
    sample: ErrorSample | None = Field(
        default=None, description="One whole error; of a single group only."
    )


class ErrorGroupPage(View):
    """Error groups, those that occurred last first."""

    groups: tuple[ErrorGroup, ...]
    cursor: str | None = Field(
        default=None, description="Cursor of the next page; null on the last page."
    )
