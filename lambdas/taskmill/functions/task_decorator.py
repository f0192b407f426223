"""The `@task` decorator: registers the function of a task type and checks its settings."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from taskmill.functions.declared_places import Place
from taskmill.functions.known_functions import declared
from taskmill.functions.task_functions import DEFAULT_TIMEOUT_SECONDS, Priority, TaskFunction
from taskmill.model.built_in import is_reserved, reserved_message
from taskmill.model.callback_circles import circle_warning, find_circle
from taskmill.model.errors import InvalidOption, WrongOptionType
from taskmill.model.lanes import URGENT
from taskmill.model.limits import MAX_DELAY_SECONDS
from taskmill.model.options import (
    check_choice,
    check_named,
    check_number,
    check_pattern,
    check_types,
    check_whole,
    suggests,
)
from taskmill.model.pools import CONTAINER, POOL_FORM, POOL_NAME, RESERVED
from taskmill.model.retry import Retry
from taskmill.model.task_settings import TaskSettings, callbacks_of

if TYPE_CHECKING:
    from taskmill.functions.checkers.decorator import TaskDecorator
    from taskmill.model.flow_control.declared_limits import Limit, RateLimit, RateUnits

MAX_PARALLEL = 1_000
MAX_LAMBDA_SECONDS = 900  # what Lambda gives an invocation
Runner = Literal["lambda", "container"]
OneOrMore = str | TaskFunction | Sequence[str | TaskFunction]


@suggests
def task(
    type: str,  # noqa: A002  # the name of the field
    *,
    retry: Retry | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    on_success: OneOrMore = (),
    on_failure: OneOrMore = (),
    on_completion: OneOrMore = (),
    runner: Runner = "lambda",
    priority: Priority | None = None,
    parallel: int | None = None,
    expires_seconds: int | None = None,
    deadline_seconds: int | None = None,
    pool: str | None = None,
    concurrency: int | Limit | Sequence[Limit] | None = None,
    rate: RateLimit | RateUnits | Sequence[RateLimit | RateUnits] | None = None,
    redact: Sequence[str] = (),
) -> TaskDecorator:
    """Decorator: register a function that runs the tasks and subtasks of a type.

    Args:
        type: 1 to 64 letters, digits, '.', '_' or '-'.
        retry: Retry policy; by default 3 attempts, with delays of up to 2 s and 4 s.
        timeout_seconds: Limit of one attempt; above 900 only with runner="container".
        on_success: Task types, or task functions, to submit when a task has completed.
        on_failure: The same, when it has failed.
        on_completion: The same, when it has ended in any status.
        runner: "container" if only `taskmill work` may run it: attempts of over 15 minutes.
        priority: Of tasks submitted without one; "high" and "urgent" do not wait behind others.
        parallel: How many attempts of this type one Lambda worker or batch may run at a time, 1 to
            1,000. By default 10 for an async function. A plain function runs alone, as it may not
            be thread-safe: more than 1 means threads. A consumer has its own number of threads,
            and runs no more of the type than is written here.
        expires_seconds: A task that has not begun so many seconds after it was due ends as
            CANCELLED; of tasks submitted without one, 1 s to a year.
        deadline_seconds: A task that has not ended so many seconds after it was due ends as FAILED;
            of tasks submitted without one, 1 s to a year.
        pool: The worker pool of the stack that runs it, by its name; by default none, but the
            stack's own workers. "container" is the same as runner="container".
        concurrency: How many tasks of the type may be under way at a time: a number, `Limit(...)`
            for one by key or scope, or a list of these, of which a task needs all.
        rate: The rate limit that each attempt takes a unit of, or several units:
            `RateLimit(...)`, `RateLimit(...).units(...)`, or a list of these.
        redact: Names of fields that are masked wherever they stand in its inputs and results, in
            any case and with or without "_" and "-": "iban" masks `{"to": {"IBAN": ...}}`, too.

    Raises:
        InvalidName: The type, or that of a callback, does not have this form.
        ValueError: Another function has this type, a setting is out of range, the type is its
            own callback, or the function takes more than one argument besides the context.
        TypeError: A setting is of another type, or what is decorated is no function.
    """
    check_named("type", _no_function(type))
    if is_reserved(type):
        raise InvalidOption(reserved_message(type), field="type")
    for_type = f"{type!r}: "
    if retry is not None and not isinstance(retry, Retry):
        raise WrongOptionType(
            f"{for_type}retry is {retry!r}; give Retry(max_attempts=...)", field="retry"
        )
    pool, runner = _checked_pool(type, pool, runner, priority)
    _check_runner(type, runner, timeout_seconds)
    if priority is not None:
        check_choice(f"{for_type}priority", priority, get_args(Priority))
    if parallel is not None:
        check_whole(f"{for_type}parallel", parallel, least=1, most=MAX_PARALLEL)
    for name, limit in (
        ("expires_seconds", expires_seconds),
        ("deadline_seconds", deadline_seconds),
    ):
        if limit is not None:
            check_whole(f"{for_type}{name}", limit, least=1, most=MAX_DELAY_SECONDS)
    redact = _checked_redact(type, redact)
    settings = TaskSettings(
        callbacks=callbacks_of(
            success=_names(type, "on_success", on_success),
            failure=_names(type, "on_failure", on_failure),
            completion=_names(type, "on_completion", on_completion),
        ),
        runner=None if runner == "lambda" else runner,
        pool=pool,
        priority=priority,
        parallel=parallel,
        expires_seconds=expires_seconds,
        deadline_seconds=deadline_seconds,
    )
    settings = _with_limits(type, settings, concurrency, rate)

    def register(function: Callable[..., Any]) -> TaskFunction:
        function = _checked_function(type, function)
        made = TaskFunction(function, type, retry or Retry(), timeout_seconds, settings, redact)
        made.signature  # noqa: B018  # raises for a function with a wrong signature
        _take_place(type, function)
        declared().functions[type] = made
        _warn_of_circle(made)
        return made

    return cast("TaskDecorator", register)


def _with_limits(
    task_type: str, settings: TaskSettings, concurrency: Any, rate: Any
) -> TaskSettings:
    if concurrency is None and rate is None:
        return settings
    from taskmill.model.flow_control.declared_limits import checked_limits, checked_rates

    return dataclasses.replace(
        settings,
        concurrency=checked_limits(task_type, concurrency),
        rates=checked_rates(task_type, rate),
    )


def _warn_of_circle(made: TaskFunction) -> None:
    """Warn of callbacks declared so far that submit each other by way of this function's type."""

    def targets(task_type: str) -> list[str]:
        known = declared().functions.get(task_type)
        return [target for _, target in known.settings.callbacks] if known else []

    for target in targets(made.type):
        if circle := find_circle(made.type, target, targets):
            warnings.warn(circle_warning(circle), stacklevel=3)
            return


def _no_function(given: Any) -> str:
    if callable(given):
        name = getattr(given, "__name__", "a function")
        raise TypeError(f'@task takes the name of the type: write @task("{name}"), not @task')
    return given  # type: ignore[no-any-return]


def _checked_function(task_type: str, given: Any) -> Callable[..., Any]:
    """The function to register.

    Raises:
        TypeError: It is none, or one that nobody can call with an input alone.
    """
    if isinstance(given, TaskFunction):
        raise TypeError(
            f"{task_type!r}: the function is the task type {given.type!r} already; a second type"
            " needs a function of its own, which may call this one"
        )
    if isinstance(given, staticmethod):
        given = given.__func__
    if inspect.isfunction(given) or inspect.ismethod(given):
        _refuse_method(task_type, given)
        return given
    if isinstance(given, functools.partial):
        what = "a functools.partial"
    else:
        what = f"the class {given.__name__}" if isinstance(given, type) else repr(given)
    raise TypeError(f"{task_type!r}: @task takes a function, not {what}; write one that calls it")


def _refuse_method(task_type: str, function: Callable[..., Any]) -> None:
    first = next(iter(inspect.signature(function).parameters), None)
    if first in ("self", "cls") and "." in function.__qualname__.rpartition("<locals>.")[2]:
        raise TypeError(
            f"{task_type!r}: {function.__qualname__} is a method, which needs an object: decorate"
            " a function outside the class"
        )


def _take_place(task_type: str, function: Callable[..., Any]) -> None:
    """Remember where the function of a type is declared.

    Raises:
        ValueError: Another function has this type already; both places are named.
    """
    place = Place.of(function)
    functions, places = declared()
    known = places.get(task_type) if task_type in functions else None
    if known is not None and not known.is_again(place):
        raise ValueError(
            f"task type {task_type!r} is {known.name} already: one type, one function, but it is"
            f" declared by {known} and by {place}"
        )
    places[task_type] = place


def _checked_pool(
    task_type: str, pool: str | None, runner: Runner, priority: str | None
) -> tuple[str | None, Runner]:
    """Pool and runner, as they are stored."""
    if pool is None:
        return None, runner
    if pool == CONTAINER:
        return None, "container"
    check_pattern(f"{task_type!r}: pool", pool, POOL_NAME, POOL_FORM)
    if pool in RESERVED:
        raise InvalidOption(
            f"{task_type!r}: pool is {pool!r}, a queue of every stack; leave it out", field="pool"
        )
    if priority in URGENT:
        raise InvalidOption(
            f"{task_type!r}: priority is {priority!r}, but the pool {pool!r} has one queue for all"
            " its tasks: give the urgent ones a pool of their own",
            field="priority",
        )
    return pool, runner


def _checked_redact(task_type: str, given: Sequence[str]) -> tuple[str, ...]:
    names: Sequence[object] = given
    if isinstance(names, str) or not all(isinstance(each, str) and each for each in names):
        raise WrongOptionType(
            f"{task_type!r}: redact is {given!r}; give a list of names", field="redact"
        )
    return tuple(given)


def _check_runner(task_type: str, runner: str, timeout_seconds: float) -> None:
    check_choice(f"{task_type!r}: runner", runner, get_args(Runner))
    option = f"{task_type!r}: timeout_seconds"
    check_number(option, timeout_seconds, above=0, most=MAX_DELAY_SECONDS, unit="seconds")
    if runner == "lambda" and timeout_seconds > MAX_LAMBDA_SECONDS:
        raise InvalidOption(
            f"{task_type!r}: timeout_seconds is {timeout_seconds}; Lambda stops after"
            f' {MAX_LAMBDA_SECONDS}: use runner="container"',
            field="timeout_seconds",
        )


def _names(task_type: str, event: str, given: OneOrMore) -> tuple[str, ...]:
    names = check_types(f"{task_type!r}: {event}", given)
    if task_type in names:
        raise InvalidOption(
            f"{task_type!r}: {event} names the type itself: it would never end", field=event
        )
    return names
