"""Settings of a task type that apply to all its tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskmill.model.flow_control.declared_limits import Limit, RateUnits

EVENTS = ("success", "failure", "completion")
Callback = tuple[str, str]  # event, task type


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """Settings of a task type; all but `parallel` are copied into the row of each new task.

    Attributes:
        callbacks: Pairs of event and the task type to submit.
        runner: "container" for tasks that Lambda cannot run; None: Lambda.
        pool: The worker pool that runs them; None: the workers of the stack itself.
        priority: Of tasks submitted without one.
        parallel: How many attempts a Lambda worker may run at a time; None: the default.
        expires_seconds: Of tasks submitted without it: see `model/time_bounds.py`.
        deadline_seconds: The same.
        concurrency: The limits of concurrency; see `model/flow_control`.
        rates: The rate limits.
    """

    callbacks: tuple[Callback, ...] = ()
    runner: str | None = None
    pool: str | None = None
    priority: str | None = None
    parallel: int | None = None
    expires_seconds: int | None = None
    deadline_seconds: int | None = None
    concurrency: tuple[Limit, ...] = ()
    rates: tuple[RateUnits, ...] = ()

    @property
    def is_limited(self) -> bool:
        """Whether tasks of the type may have to wait for a limit."""
        return bool(self.concurrency or self.rates)


def callbacks_of(
    *,
    success: Iterable[str] = (),
    failure: Iterable[str] = (),
    completion: Iterable[str] = (),
) -> tuple[Callback, ...]:
    """Pairs of event and task type, without duplicates."""
    found = zip(EVENTS, (success, failure, completion), strict=True)
    return tuple(dict.fromkeys((event, each) for event, types in found for each in types))
