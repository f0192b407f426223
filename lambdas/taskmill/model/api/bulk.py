"""Request and response models of bulk operations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from taskmill.model.api.base import Model, Name, View
from taskmill.model.api.requests import KeyModel
from taskmill.model.bulk_filter import FINGERPRINT_PATTERN, MAX_REASON

MAX_KEYS = 1_000

Action = Literal["retry", "cancel"]
# The action decides which of these it takes; nothing becomes of what is COMPLETED.
FilterStatus = Literal[
    "CREATED",
    "SCHEDULED",
    "PARKED",
    "QUEUED",
    "STARTED",
    "PROCESSING",
    "WAITING",
    "FINISHED",
    "ERRORED",
    "FAILED",
    "CANCELLED",
]


class BulkFilter(Model):
    """Which tasks of the tenant to act on: those to which all of it applies."""

    type: Name | None = Field(default=None, description="The task type; all types by default.")
    status: list[FilterStatus] | None = Field(
        default=None,
        min_length=1,
        description="By default FAILED, for a cancel every status of a task that has not ended.",
    )
    fingerprint: Annotated[str, StringConstraints(pattern=FINGERPRINT_PATTERN)] | None = Field(
        default=None,
        description="Of an error group: what failed with it. Failed subtasks are retried through"
        " their step function task.",
    )
    created_after: AwareDatetime | None = Field(default=None, description="At this time or later.")
    created_before: AwareDatetime | None = Field(default=None, description="Before this time.")


class NewBulk(Model):
    """A bulk operation: retry or cancel all tasks that a filter matches, or these."""

    action: Action
    filter: BulkFilter | None = Field(default=None, description="Either this or `keys`.")
    keys: list[KeyModel] | None = Field(
        default=None, min_length=1, max_length=MAX_KEYS, description="Keys of tasks."
    )
    dry_run: bool = Field(default=False, description="Only count what it would act on.")
    reason: Annotated[str, StringConstraints(max_length=MAX_REASON)] | None = Field(
        default=None, description="Why; it stands in the history of each task."
    )
    expected: int | None = Field(
        default=None, ge=0, description="Refuse if more tasks match than these."
    )


class BulkCount(View):
    """What a bulk operation would act on."""

    count: int
    exact: bool = Field(description="False: there are more, counting stopped at a limit.")
    sample: tuple[KeyModel, ...] = Field(description="Keys of the first, up to 5.")
