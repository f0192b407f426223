"""The options of submitting calls, for overloads that would repeat them (PEP 692)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from taskmill.functions.task_functions import Callbacks, Notify, Priority
    from taskmill.model.flow_control.uniqueness import Debounce, Unique


class NewTaskOptions(TypedDict, total=False):
    """What `TaskFunction.submit` and `TaskFunction.map` have in common."""

    tenant: str | None
    name: str | None
    code: str | None
    idempotency_key: str | None
    priority: Priority | None
    expires_seconds: int | None
    deadline_seconds: int | None
    notify: Notify | None
    on_success: Callbacks
    on_failure: Callbacks
    on_completion: Callbacks
    log_ids: Mapping[str, str] | None
    execute_now: bool | None


class SubmitOptions(NewTaskOptions, total=False):
    """The options of `TaskFunction.submit`."""

    delay_seconds: int
    run_at: datetime | None
    unique: Unique | None
    debounce: Debounce | None


class MapOptions(NewTaskOptions, total=False):
    """Those of `TaskFunction.map`, but for `tolerated_failures`."""

    batch_size: int | None
    max_concurrency: int | None


class RunOptions(TypedDict, total=False):
    """The options of `ctx.run`."""

    name: str | None
    expires_seconds: int | None
    deadline_seconds: int | None


class ChildOptions(RunOptions, total=False):
    """The options of `ctx.submit`."""

    delay_seconds: int
    priority: Priority | None


class ChildMapOptions(RunOptions, total=False):
    """Those of `ctx.map`, but for `tolerated_failures`."""

    batch_size: int | None
    max_concurrency: int | None
    notify: Notify | None
