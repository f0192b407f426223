"""Middleware: a class with methods that are called around submits and attempts of all types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from taskmill.model.errors import WrongOptionType
from taskmill.model.keys import TaskKey


@dataclass
class Submission:
    """A task that is about to be submitted, for `Middleware.before_submit`.

    Attributes:
        tenant: None where the service finds it out.
        log_ids: May be added to and changed. They are stored with the task, are on all its log
            lines, and its subtasks, children and callbacks have them, too: up to 10 in all, of up
            to 256 characters.
        parent: The task whose function starts it as a child; None: it is no child.
    """

    task_type: str
    tenant: str | None
    log_ids: dict[str, str]
    is_fan_out: bool = False
    parent: TaskKey | None = None


@dataclass(frozen=True)
class AttemptInfo:
    """An attempt of a task or subtask, for the methods of `Middleware`.

    Attributes:
        attempt: Its number, from 1. A task that waited for children goes on with the same number.
        max_attempts: Of the task type.
        log_ids: Those of the task, inherited ones included.
        user, request_id: Of the submit that caused it, if the API was called for it.
        parent: The task that started it as a child or callback.
        state: For what a middleware keeps from one method to the next, for this attempt alone.
    """

    key: TaskKey
    name: str
    attempt: int
    max_attempts: int
    log_ids: Mapping[str, str] = field(default_factory=dict)
    user: str | None = None
    request_id: str | None = None
    parent: str | None = None
    state: dict[Any, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return self.key.type

    @property
    def tenant(self) -> str:
        return self.key.tenant


class Middleware:
    """Override what you need, and register an instance with `middleware(...)`.

    The methods of an attempt run in the thread of its task function, in its context (context
    variables that `before_attempt` sets are seen by the function) and within its time limit. They
    are called for single tasks, subtasks, children, callbacks, in Lambda, in consumers and in
    `execute_now`. `before_attempt` is called in the order of registration, the others in reverse.

    What they raise: an error of `before_submit` refuses the submit, and its caller gets it. An
    error of `before_attempt` fails the attempt as one of the task function would, which then does
    not run. Errors of the others are logged ("middleware failed") and change nothing.
    """

    def before_submit(self, submission: Submission) -> None:
        """Before a task is submitted, in the process that submits it."""

    def before_attempt(self, attempt: AttemptInfo) -> None:
        """Before the task function is called."""

    def after_attempt(self, attempt: AttemptInfo) -> None:
        """After the task function has returned, before its result is stored."""

    def failed_attempt(self, attempt: AttemptInfo, error: BaseException, *, is_final: bool) -> None:
        """After the attempt has failed, also where the task function could not be called.

        Args:
            error: What was raised; `TaskTimeout` when the time was up.
            is_final: No other attempt follows: the task has failed.
        """

    def stopped_attempt(self, attempt: AttemptInfo) -> None:
        """After the attempt has ended otherwise: it waits for children, was cancelled, or lost.

        A task that waits for children is begun again from the top, with `before_attempt`.
        """


M = TypeVar("M", bound=Middleware)

MIDDLEWARE: list[Middleware] = []
"""The registered ones, in order."""


def middleware(instance: M) -> M:
    """Register a middleware in this process, for all task types, and return it.

    Call it in a module with task functions, and where tasks are submitted. There is one of each
    class: another takes the place of the first, so that a module may be loaded again.

    Raises:
        WrongOptionType: It is no instance of a subclass of `Middleware`.
    """
    if not isinstance(instance, Middleware):
        raise WrongOptionType(
            f"middleware got {instance!r}: give an instance of a subclass of Middleware",
            field="middleware",
        )
    named = _name(instance)
    for place, other in enumerate(MIDDLEWARE):
        if _name(other) == named:
            MIDDLEWARE[place] = instance
            return instance
    MIDDLEWARE.append(instance)
    return instance


def _name(instance: Middleware) -> tuple[str, str]:
    return type(instance).__module__, type(instance).__qualname__
