"""The `@task` decorator: registers the function of a task type and checks its settings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.task_functions import DEFAULT_TIMEOUT_SECONDS, Priority, TaskFunction
from taskmill.model.callback_circles import circle_warning, find_circle
from taskmill.model.keys import check_name
from taskmill.model.retry import Retry
from taskmill.model.task_settings import TaskSettings, callbacks_of

MAX_LAMBDA_SECONDS = 900  # what Lambda gives an invocation
Runner = Literal["lambda", "container"]


def task(
    type: str,  # noqa: A002  # the name of the field
    *,
    retry: Retry | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    on_success: str | Sequence[str] = (),
    on_failure: str | Sequence[str] = (),
    on_completion: str | Sequence[str] = (),
    runner: Runner = "lambda",
    priority: Priority | None = None,
) -> Callable[[Callable[..., Any]], TaskFunction]:
    """Decorator: register a function that runs the tasks and subtasks of a type.

    Args:
        type: 1 to 64 letters, digits, '.', '_' or '-'.
        retry: Retry policy; by default 3 attempts, with delays of up to 2 s and 4 s.
        timeout_seconds: Limit of one attempt; above 900 only with runner="container".
        on_success: Task types to submit when a task of this one has completed.
        on_failure: The same, when it has failed.
        on_completion: The same, when it has ended in any status.
        runner: "container" if only `taskmill work` may run it: attempts of over 15 minutes.
        priority: Of tasks submitted without one; "high" and "urgent" do not wait behind others.

    Raises:
        InvalidKey: The type, or that of a callback, does not have this form.
        ValueError: Another function has this type, a setting is out of range, the type is its
            own callback, or the function takes more than one argument besides the context.
    """
    check_name("type", type)
    _check_runner(type, runner, timeout_seconds)
    if priority is not None:
        _check_choice(type, "priority", priority, get_args(Priority))
    settings = TaskSettings(
        callbacks=callbacks_of(
            success=_names(type, "on_success", on_success),
            failure=_names(type, "on_failure", on_failure),
            completion=_names(type, "on_completion", on_completion),
        ),
        runner=None if runner == "lambda" else runner,
        priority=priority,
    )

    def register(function: Callable[..., Any]) -> TaskFunction:
        known = FUNCTIONS.get(type)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"task type {type!r} is {known.function.__qualname__} already")
        made = TaskFunction(function, type, retry or Retry(), timeout_seconds, settings)
        made.signature  # noqa: B018  # raises for a function with a wrong signature
        FUNCTIONS[type] = made
        _warn_of_circle(made)
        return made

    return register


def _warn_of_circle(made: TaskFunction) -> None:
    """Warn of callbacks declared so far that submit each other by way of this function's type."""

    def targets(task_type: str) -> list[str]:
        known = FUNCTIONS.get(task_type)
        return [target for _, target in known.settings.callbacks] if known else []

    for target in targets(made.type):
        if circle := find_circle(made.type, target, targets):
            warnings.warn(circle_warning(circle), stacklevel=3)
            return


def _check_runner(task_type: str, runner: str, timeout_seconds: float) -> None:
    _check_choice(task_type, "runner", runner, get_args(Runner))
    if not 0 < timeout_seconds < math.inf:  # also rejects NaN
        raise ValueError(f"{task_type!r}: timeout_seconds is {timeout_seconds}; more than 0")
    if runner == "lambda" and timeout_seconds > MAX_LAMBDA_SECONDS:
        raise ValueError(
            f"{task_type!r}: timeout_seconds is {timeout_seconds}; Lambda stops after"
            f' {MAX_LAMBDA_SECONDS}: use runner="container"'
        )


def _check_choice(task_type: str, setting: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{task_type!r}: {setting} is {value!r}; one of {', '.join(choices)}")


def _names(task_type: str, event: str, given: str | Sequence[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if task_type in names:
        raise ValueError(f"{task_type!r}: {event} names the type itself: it would never end")
    return tuple(check_name("type", name) for name in names)
