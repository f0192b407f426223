"""Settings of a task type that apply to all its tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EVENTS = ("success", "failure", "completion")
Callback = tuple[str, str]  # event, task type


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """Settings of a task type that are copied into the row of each new task.

    Attributes:
        callbacks: Pairs of event and the task type to submit.
        runner: "container" for tasks that Lambda cannot run; None: Lambda.
        priority: Of tasks submitted without one.
    """

    callbacks: tuple[Callback, ...] = ()
    runner: str | None = None
    priority: str | None = None


def callbacks_of(
    *,
    success: Iterable[str] = (),
    failure: Iterable[str] = (),
    completion: Iterable[str] = (),
) -> tuple[Callback, ...]:
    """Pairs of event and task type, without duplicates."""
    found = zip(EVENTS, (success, failure, completion), strict=True)
    return tuple(dict.fromkeys((event, each) for event, types in found for each in types))
