"""Functions that run tasks: what they take, how they are called, what they return."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from taskmill.functions.awaiting import awaited
from taskmill.functions.context import TaskContext
from taskmill.functions.json_values import to_json_value
from taskmill.functions.signatures import Signature, hint_of
from taskmill.functions.typed_values import Typed
from taskmill.model.retry import Retry
from taskmill.model.task_settings import TaskSettings

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import JsonValue

    from taskmill.functions.handles import MapHandle, TaskHandle

    Callbacks: TypeAlias = "str | TaskFunction | Sequence[str | TaskFunction]"

DEFAULT_TIMEOUT_SECONDS = 120.0
Priority = Literal["low", "normal", "high", "urgent"]
Notify = Literal["each", "progress", "none"]


@dataclass(frozen=True)
class TaskFunction:
    """A function that runs tasks of one type; calling it is a plain call.

    It takes the task's input, typed as it likes, and a `TaskContext` when it asks for one.
    """

    function: Callable[..., Any]
    type: str
    retry: Retry = field(default_factory=Retry)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    settings: TaskSettings = field(default_factory=TaskSettings)

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def check(self, value: Any) -> Any:
        """The argument that a JSON value stands for; null for one with a default stands for that.

        Raises:
            InvalidInput: The function's type hint refuses it; the message names the field.
        """
        argument = self.signature.argument
        if argument is None:
            return value
        if value is None and self.signature.has_default:
            return argument.default
        return self._takes.argument(value)

    def to_input(self, argument: Any) -> JsonValue:
        """The JSON value of an argument (a model, a dataclass, dates...) that the function takes.

        Raises:
            InvalidInput: JSON cannot hold it, or the function's type hint refuses it.
        """
        value: JsonValue = to_json_value(argument)
        self.check(value)
        return value

    def parse_result(self, value: Any) -> Any:
        """The typed result that a stored JSON value stands for.

        Raises:
            InvalidResult: It is not of the type that the function names by now.
        """
        return self._returns.result(value)

    def run(self, value: Any, context: TaskContext | None) -> Any:
        """Call the function with a JSON value as its argument, and await it if need be.

        Raises:
            InvalidInput: The function's type hint refuses the value.
            InvalidResult: What it returned is not of the type that it names.
        """
        returns = self._returns  # a hint without a meaning is told before anything is done
        result = awaited(self.signature.call(self.function, self.check(value), context))
        return returns.checked(result)

    def submit(
        self,
        argument: Any = None,
        *,
        tenant: str | None = None,
        name: str | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        delay_seconds: int = 0,
        run_at: datetime | None = None,
        priority: Priority | None = None,
        notify: Notify | None = None,
        on_success: Callbacks = (),
        on_failure: Callbacks = (),
        on_completion: Callbacks = (),
        log_ids: Mapping[str, str] | None = None,
        execute_now: bool | None = None,
    ) -> TaskHandle:
        """Store a task that calls the function with this argument; it runs from there by itself.

        Args:
            argument: As the function takes it, or what JSON makes of that.
            tenant: Whose task; TASKMILL_TENANT by default.
            name: For people; the task type by default.
            code: Names the task within its type; the same task again under one code gives the
                stored one.
            idempotency_key: The same key within 24 hours gives the same task.
            run_at: Start then; with a time zone. The past means now.
            on_success: Further tasks to submit when it has completed, beside those of the type.
            on_failure: When it has failed.
            on_completion: When it has ended, however it did.
            log_ids: Names of yours, on every log line of the task and of what it causes.
            execute_now: Run it in this process, before this returns; by default as
                TASKMILL_EXECUTE_NOW says. Not over HTTP.

        Raises:
            InvalidInput: The function does not take this argument; the message names the field.
            InvalidRequest: An option is refused, or nobody says whose task it is.
            IdempotencyConflict: The key was used for another request.
        """
        from taskmill.functions.submit import submit

        options = {
            "name": name,
            "code": code,
            "idempotency_key": idempotency_key,
            "delay_seconds": delay_seconds,
            "run_at": run_at,
            "priority": priority,
            "notify": notify,
            "on_success": _types(on_success),
            "on_failure": _types(on_failure),
            "on_completion": _types(on_completion),
            "log_ids": log_ids,
        }
        return submit(self, argument, tenant=tenant, execute_now=execute_now, options=options)

    def map(
        self,
        inputs: Iterable[Any],
        *,
        tenant: str | None = None,
        tolerated_failures: int | str | None = None,
        batch_size: int | None = None,
        max_concurrency: int | None = None,
        name: str | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        priority: Priority | None = None,
        notify: Notify | None = None,
        on_success: Callbacks = (),
        on_failure: Callbacks = (),
        on_completion: Callbacks = (),
        log_ids: Mapping[str, str] | None = None,
        execute_now: bool | None = None,
    ) -> MapHandle:
        """Store a step function task: it calls the function with each input, up to 1,000,000.

        Args:
            tolerated_failures: Failed subtasks that still count as success: 10 or "5%".
            batch_size: Subtasks that one Lambda call works through, one after the other. By
                default as many as there are batches, at most 100: 10 of 100, 32 of 1,000.
            max_concurrency: Batches worked on at once.
            execute_now: Refused when true: fan-outs run in the workflow only.

        Raises:
            InvalidInput: The function does not take an input; the message names its place.
            InvalidRequest: As for `submit`.
        """
        from taskmill.functions.submit import submit_map

        options = {
            "tolerated_failures": tolerated_failures,
            "batch_size": batch_size,
            "max_concurrency": max_concurrency,
            "name": name,
            "code": code,
            "idempotency_key": idempotency_key,
            "priority": priority,
            "notify": notify,
            "on_success": _types(on_success),
            "on_failure": _types(on_failure),
            "on_completion": _types(on_completion),
            "log_ids": log_ids,
        }
        return submit_map(self, inputs, tenant=tenant, execute_now=execute_now, options=options)

    @cached_property
    def signature(self) -> Signature:
        return Signature.of(self.function)

    @cached_property
    def _takes(self) -> Typed:
        argument = self.signature.argument
        return Typed(hint_of(self.function, argument.name) if argument else Any)

    @cached_property
    def _returns(self) -> Typed:
        return Typed(hint_of(self.function, "return"))


def _types(given: Callbacks) -> tuple[str, ...]:
    """The task types of callbacks, which are given as types or as task functions."""
    each = (given,) if isinstance(given, str | TaskFunction) else given
    return tuple(one.type if isinstance(one, TaskFunction) else one for one in each)
