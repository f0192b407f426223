"""Request and response models of limits and pauses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from taskmill.model.api.base import Model, Name, View
from taskmill.model.flow_control.declared_limits import MOST_SECONDS, MOST_SLOTS, MOST_UNITS
from taskmill.model.flow_control.limit_ids import MAX_KEY

LimitKey = Annotated[str, StringConstraints(min_length=1, max_length=MAX_KEY)]


class NewLimit(Model):
    """What a limit is to be, in place of what the code says: `concurrency`, or `rate`."""

    key: LimitKey | None = Field(
        default=None, description="For this key alone; by default for every key of the name."
    )
    concurrency: Annotated[int, Field(ge=0, le=MOST_SLOTS)] | None = Field(
        default=None, description="Tasks at a time; 0 lets none begin."
    )
    rate: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = Field(
        default=None, description="Units in `perSeconds`."
    )
    per_seconds: Annotated[int, Field(ge=1, le=MOST_SECONDS)] | None = Field(
        default=None, description="Whole seconds; by default as the code says."
    )
    burst: Annotated[int, Field(ge=1, le=MOST_UNITS)] | None = Field(
        default=None, description="Units that may start at once; by default `rate`."
    )


Warned = Annotated[
    str | None,
    Field(
        exclude_if=lambda warning: warning is None,
        description="Set in the answer to a change that concerns no task type that is deployed.",
    ),
]


class LimitView(View):
    """A limit, for one key, and what it holds at the moment."""

    name: str = Field(description="That of the task type, if it was given none.")
    key: str | None = Field(
        default=None, description="What is counted apart; null: all tasks, or every key."
    )
    keyed: bool = Field(
        default=False,
        description="It counts by key: what stands here without a key is for every key that has"
        " no limit of its own.",
    )
    kind: Literal["concurrency", "rate"]
    scope: Literal["tenant", "stack"]
    types: tuple[Name, ...] = Field(default=(), description="The task types subject to it.")
    limit: int | None = Field(default=None, description="Tasks at a time; null: of a rate limit.")
    held: int | None = Field(default=None, description="Slots that are held.")
    waiting: int | None = Field(
        default=None, description="Tasks that are PARKED for a slot; 10,000 may be more."
    )
    oldest_at: datetime | None = Field(
        default=None,
        description="Since when the first in line waits, about.",
    )
    rate: int | None = Field(default=None, description="Units in `perSeconds`.")
    per_seconds: int | None = None
    burst: int | None = None
    next_start_at: datetime | None = Field(
        default=None, description="When a task that arrived now could start; null: at once."
    )
    paused_until: datetime | None = Field(
        default=None, description="A task has asked for no starts before this time."
    )
    set_by: str | None = Field(default=None, description="Who has set it.")
    set_at: datetime | None = Field(
        default=None, description="When it was set; null: it is what the code says."
    )
    warning: Warned = None


class LimitList(View):
    """Limits, sorted by name and key."""

    items: tuple[LimitView, ...]
    cursor: str | None = Field(description="For the next page; null: there is none.")


class PauseView(View):
    """Whether a task type, or all of a tenant, is paused."""

    type: str | None = Field(description="The task type; null: all of the tenant.")
    paused: bool
    waiting: int = Field(default=0, description="Tasks that wait for its end; 10,000 may be more.")
    at: datetime | None = Field(default=None, description="Since when it is paused.")
    by: str | None = Field(default=None, description="Who has paused it.")
    warning: Warned = None


class PauseList(View):
    """The pauses of a tenant."""

    items: tuple[PauseView, ...]
