"""`TaskFunction`: what `@task` makes of a function; checks, runs and submits it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, Unpack, overload

from taskmill.functions.awaiting import awaited
from taskmill.functions.context import TaskContext
from taskmill.functions.json_values import to_json_value
from taskmill.functions.missing_inputs import missing_input_told
from taskmill.functions.quoted_secrets import quoting_no_secret
from taskmill.functions.signatures import Signature, hint_of
from taskmill.functions.typed_values import Typed
from taskmill.model.errors import Abort
from taskmill.model.left_out import LEFT_OUT, given_or_null, may_be_left_out
from taskmill.model.options import suggests
from taskmill.model.redaction import RedactedNames
from taskmill.model.retry import Retry
from taskmill.model.task_settings import TaskSettings
from taskmill.model.type_variables import In, Out_co

if TYPE_CHECKING:
    from datetime import datetime

    from pydantic import JsonValue

    from taskmill.functions.checkers.options import MapOptions
    from taskmill.functions.handles import MapHandle, TaskHandle
    from taskmill.functions.secret_fields import SecretFields
    from taskmill.model.flow_control.uniqueness import Debounce, Unique

    Callbacks: TypeAlias = "str | TaskFunction | Sequence[str | TaskFunction]"

DEFAULT_TIMEOUT_SECONDS = 120.0
PARALLEL_IF_ASYNC = 10  # attempts of an async type in one Lambda worker, unless `@task` says so
Priority = Literal["low", "normal", "high", "urgent"]
Notify = Literal["each", "progress", "none"]


@dataclass(frozen=True)
class TaskFunction(Generic[In, Out_co]):
    """The function of a task type, with its settings. Calling it calls the function directly.

    The function takes the task's input, with any type hint, and optionally a `TaskContext`. To a
    type checker, `TaskFunction[In, Out]` takes an input `In`; `Out` is the result: of an async
    function what it returns when awaited.
    """

    function: Callable[..., Any]
    type: str
    retry: Retry = field(default_factory=Retry)
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    settings: TaskSettings = field(default_factory=TaskSettings)
    redact: tuple[str, ...] = ()

    @property
    def is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function) or inspect.isasyncgenfunction(
            self.function
        )

    @property
    def parallel(self) -> int:
        """How many attempts of the type a Lambda worker may run at a time."""
        return self.settings.parallel or (PARALLEL_IF_ASYNC if self.is_async else 1)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def check(self, value: Any) -> Any:
        """Convert a JSON value to the argument; `LEFT_OUT` gives its default, if it has one.

        Raises:
            InvalidInput: It does not match the type hint; the message names the field.
            Abort: The type hint cannot be evaluated or validated.
        """
        argument = self.signature.argument
        if argument is None:
            return value
        if value is LEFT_OUT and self.signature.has_default:
            return argument.default
        with missing_input_told(self.type, argument, value):
            return self._takes.argument(given_or_null(value))

    def to_input(self, argument: Any) -> Any:
        """Convert an argument (a model, a dataclass, dates and the like) to JSON, and check it.

        `LEFT_OUT` stays what it is if the argument has a default, else it is null.

        Raises:
            InvalidInput: It does not match the type hint, JSON cannot represent it, or it would
                come back as something else; the message names the field.
        """
        if argument is LEFT_OUT and (self.signature.has_default or not self.signature.argument):
            return argument
        if self.signature.argument is None:
            return to_json_value(given_or_null(argument))
        told = missing_input_told(self.type, self.signature.argument, argument)
        with told, quoting_no_secret(argument, self.secret_values):
            return self._takes.input_form(given_or_null(argument))

    def parse_result(self, value: Any) -> Out_co:
        """Convert a stored JSON value to the function's return type.

        Raises:
            InvalidResult: It does not match the present return type.
        """
        parsed: Out_co = self._returns.result(value)
        return parsed

    def run(self, value: Any, context: TaskContext | None) -> Out_co:
        """Call the function with a JSON value as its input; an `async` one is run to its end.

        Raises:
            InvalidInput: The value does not match the argument's type hint.
            InvalidResult: The result does not match the return type.
        """
        result = self._called(value, context)
        with quoting_no_secret(result, self.secret_values_of_result):
            checked: Out_co = self._returns.checked(result)
        return checked

    def run_to_json(self, value: Any, context: TaskContext | None) -> JsonValue:
        """As `run`, but return the JSON value that `parse_result` makes the same result of."""
        result = self._called(value, context)
        with quoting_no_secret(result, self.secret_values_of_result):
            form: JsonValue = self._returns.result_form(result)
        return form

    def _called(self, value: Any, context: TaskContext | None) -> Any:
        _ = self._returns  # first, so that an invalid hint raises before the function runs
        return awaited(self.signature.call(self.function, self.check(value), context))

    @suggests
    @may_be_left_out("argument")
    def submit(
        self,
        argument: In,
        *,
        tenant: str | None = None,
        name: str | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        delay_seconds: int = 0,
        run_at: datetime | None = None,
        priority: Priority | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
        notify: Notify | None = None,
        on_success: Callbacks = (),
        on_failure: Callbacks = (),
        on_completion: Callbacks = (),
        log_ids: Mapping[str, str] | None = None,
        unique: Unique | None = None,
        debounce: Debounce | None = None,
        execute_now: bool | None = None,
    ) -> TaskHandle[Out_co]:
        """Store a task that runs the function with this argument, and return its handle.

        Args:
            argument: As the function takes it, or its JSON form. Left out, it is the function's
                default; None is None, and refused where the hint does not allow it.
            tenant: By default TASKMILL_TENANT.
            name: A display name; the task type by default.
            code: Identifies the task within its type; submitting the same task again under the
                same code returns the stored one. A new ULID by default.
            idempotency_key: The same key within 24 hours returns the same task.
            delay_seconds: Start this many seconds from now.
            run_at: When to start, with a time zone; the past means now.
            expires_seconds: If it has not begun so many seconds after it was due, it ends as
                CANCELLED; by default that of the type.
            deadline_seconds: If it has not ended so many seconds after it was due, it ends as
                FAILED; by default that of the type.
            on_success: Tasks to submit when it has completed, in addition to those of the type.
            on_failure: The same, when it has failed.
            on_completion: The same, when it has ended in any status.
            log_ids: Your own ids, on every log line of the task, its children and callbacks.
            unique: One task of a key at a time, and what becomes of further submits; the handle is
                that of the task that stands. Not together with `idempotency_key`.
            debounce: Start only when no other task of the key was submitted for a while, once,
                with the last input; the handle is that of this one task.
            execute_now: Run the task in this process before returning; not possible over HTTP.
                By default TASKMILL_EXECUTE_NOW.

        Raises:
            InvalidInput: The function does not accept this argument; the message names the field.
            InvalidRequest: An option is invalid, or there is no tenant.
            IdempotencyConflict: The key was used for a different request.
            Conflict: Another task has the key of `unique`, which says "reject"; or "replace", and
                that task has begun.
        """
        from taskmill.functions.submit import submit

        options = {
            "name": name,
            "code": code,
            "idempotency_key": idempotency_key,
            "delay_seconds": delay_seconds,
            "run_at": run_at,
            "priority": priority,
            "expires_seconds": expires_seconds,
            "deadline_seconds": deadline_seconds,
            "notify": notify,
            "on_success": on_success,
            "on_failure": on_failure,
            "on_completion": on_completion,
            "log_ids": log_ids,
            "unique": unique,
            "debounce": debounce,
        }
        return submit(self, argument, tenant=tenant, execute_now=execute_now, options=options)

    @overload
    def map(
        self,
        inputs: Iterable[In],
        *,
        tolerated_failures: None = None,
        **options: Unpack[MapOptions],
    ) -> MapHandle[Out_co]: ...
    @overload
    def map(
        self,
        inputs: Iterable[In],
        *,
        tolerated_failures: int | str | None,
        **options: Unpack[MapOptions],
    ) -> MapHandle[Out_co | None]: ...
    @suggests
    def map(
        self,
        inputs: Iterable[In],
        *,
        tenant: str | None = None,
        tolerated_failures: int | str | None = None,
        batch_size: int | None = None,
        max_concurrency: int | None = None,
        name: str | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        priority: Priority | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
        notify: Notify | None = None,
        on_success: Callbacks = (),
        on_failure: Callbacks = (),
        on_completion: Callbacks = (),
        log_ids: Mapping[str, str] | None = None,
        execute_now: bool | None = None,
    ) -> MapHandle[Any]:
        """Store a step function task that runs the function with each input, up to 1,000,000.

        Args:
            tolerated_failures: How many subtasks may fail: a count (10) or a share ("5%").
            batch_size: Subtasks that one Lambda invocation runs, one after the other. By default
                the square root of their number, at most 100 (200 for 1,000,000): 32 of 1,000.
            max_concurrency: Batches that run at the same time.
            execute_now: Must not be true: fan-outs run only in the workflow.

        The other options are those of `submit`.

        Raises:
            InvalidInput: The function does not accept an input; the message names its index.
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
            "expires_seconds": expires_seconds,
            "deadline_seconds": deadline_seconds,
            "notify": notify,
            "on_success": on_success,
            "on_failure": on_failure,
            "on_completion": on_completion,
            "log_ids": log_ids,
        }
        return submit_map(self, inputs, tenant=tenant, execute_now=execute_now, options=options)

    @cached_property
    def hides_input(self) -> bool:
        """Whether its input may hold secrets, so that no row has it, and no view shows it."""
        return bool(self.redact) or self.input_secrets is not None

    @cached_property
    def hides_result(self) -> bool:
        """The same of its result."""
        return bool(self.redact) or self.result_secrets is not None

    @cached_property
    def input_secrets(self) -> SecretFields | None:
        """Where its input holds secrets by its type hint; None: nowhere."""
        try:
            return self._takes.secrets if self.signature.argument is not None else None
        except Abort:  # a hint that means nothing, as every attempt will say
            return None

    @cached_property
    def result_secrets(self) -> SecretFields | None:
        """The same of its result."""
        try:
            return self._returns.secrets
        except Abort:
            return None

    def masked_input(self, value: Any) -> Any:
        """A JSON value of its input, with `"***"` in place of secrets."""
        typed = self.input_secrets.masked(value) if self.input_secrets else value
        return RedactedNames(self.redact).masked(typed)

    def masked_result(self, value: Any) -> Any:
        """The same of its result."""
        typed = self.result_secrets.masked(value) if self.result_secrets else value
        return RedactedNames(self.redact).masked(typed)

    def secret_values(self, value: Any) -> Iterable[Any]:
        """The secret parts of a JSON value of its input."""
        if self.input_secrets is not None:
            yield from self.input_secrets.values(value)
        yield from RedactedNames(self.redact).values(value)

    def secret_values_of_result(self, value: Any) -> Iterable[Any]:
        """The same of its result."""
        if self.result_secrets is not None:
            yield from self.result_secrets.values(value)
        yield from RedactedNames(self.redact).values(value)

    @property
    def secret_fields(self) -> tuple[str, ...]:
        """The fields of its input that are masked; `**.name` stands for any place."""
        typed = self.input_secrets.names() if self.input_secrets else ()
        return (*typed, *(f"**.{name}" for name in self.redact))

    def input_schema(self) -> dict[str, Any] | None:
        """The JSON Schema of its input; None: anything, or a type without one.

        Raises:
            Abort: The type hint means nothing.
        """
        return self._takes.json_schema() if self.signature.argument is not None else None

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
