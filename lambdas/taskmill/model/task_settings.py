"""What a task type declares about every task of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

EVENTS = ("success", "failure", "completion")
Callback = tuple[str, str]  # event, task type


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """Settings that go into the row when a task is stored.

    Attributes:
        callbacks: Which task types to submit at which event.
        runner: "container" for tasks that Lambda cannot run; None: Lambda.
        priority: Of tasks whose submitter does not say.
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
    """Callbacks by event, each once."""
    found = zip(EVENTS, (success, failure, completion), strict=True)
    return tuple(dict.fromkeys((event, each) for event, types in found for each in types))
