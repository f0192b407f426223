"""Functions that run tasks: what they take, how they are called, what they return."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from taskmill.context import TaskContext
from taskmill.errors import InvalidInput, InvalidRequest, InvalidResult
from taskmill.json_text import dump_json
from taskmill.keys import check_name
from taskmill.retry import Retry
from taskmill.task_settings import TaskSettings, callbacks_of

if TYPE_CHECKING:
    from pydantic import TypeAdapter

DEFAULT_TIMEOUT_SECONDS = 120.0


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
        """The argument that a JSON value stands for.

        Raises:
            InvalidInput: The function's type hint refuses it; the message names the field.
        """
        return value if self._adapter is None else validated(self._adapter, value)

    def run(self, value: Any, context: TaskContext | None) -> Any:
        """Call the function with a JSON value as its argument, and await it if need be."""
        arguments = {self._argument: self.check(value)} if self._argument else {}
        if self._context_argument:
            arguments[self._context_argument] = context
        return awaited(self.function(**arguments))

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function)

    @cached_property
    def _adapter(self) -> TypeAdapter[Any] | None:
        """What validates the argument; None where it has no type hint."""
        hint = self._hints.get(self._argument or "", Any)
        if hint is Any:
            return None
        from pydantic import TypeAdapter  # 140 ms, owed only by typed functions

        return TypeAdapter(hint)

    @cached_property
    def _context_argument(self) -> str | None:
        names = inspect.signature(self.function).parameters
        typed = [name for name in names if self._hints.get(name) is TaskContext]
        return typed[0] if typed else next((name for name in names if name == "ctx"), None)

    @cached_property
    def _argument(self) -> str | None:
        names = inspect.signature(self.function).parameters
        return next((name for name in names if name != self._context_argument), None)


FUNCTIONS: dict[str, TaskFunction] = {}


def task(
    type: str,  # noqa: A002  # the field's word, and the first argument everybody writes
    *,
    retry: Retry | None = None,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    on_success: str | Sequence[str] = (),
    on_failure: str | Sequence[str] = (),
    on_completion: str | Sequence[str] = (),
    runner: Literal["lambda", "container"] = "lambda",
    priority: Literal["low", "normal", "high", "urgent"] | None = None,
) -> Callable[[Callable[..., Any]], TaskFunction]:
    """Make a function the one that runs tasks of a type, singly or as subtasks.

    Args:
        type: 1 to 64 letters, digits, '.', '_' or '-'.
        retry: What happens after a failed attempt; 3 attempts by default.
        timeout_seconds: How long one attempt may take; the Lambda function's own limit holds too.
        on_success: Task types to submit when a task of this one has completed.
        on_failure: When it has failed.
        on_completion: When it has ended, however it did.
        runner: "container" for what only `taskmill work` runs: more than 15 minutes.
        priority: Of tasks whose submitter does not say; "high" and "urgent" need not wait.

    Raises:
        InvalidKey: The type is not of that form.
        ValueError: Another function has the type already, or a setting is out of range.
    """
    check_name("type", type)
    settings = TaskSettings(
        callbacks=callbacks_of(
            success=_names(on_success),
            failure=_names(on_failure),
            completion=_names(on_completion),
        ),
        runner=None if runner == "lambda" else runner,
        priority=priority,
    )

    def register(function: Callable[..., Any]) -> TaskFunction:
        known = FUNCTIONS.get(type)
        if known is not None and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"task type {type!r} is {known.function.__qualname__} already")
        FUNCTIONS[type] = TaskFunction(function, type, retry or Retry(), timeout_seconds, settings)
        return FUNCTIONS[type]

    return register


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    return tuple(check_name("type", name) for name in names)


def awaited(result: Any) -> Any:
    """What a function returned, or what the coroutine that it returned does."""
    if not inspect.iscoroutine(result):
        return result
    import asyncio

    return asyncio.run(result)


def validated(adapter: TypeAdapter[Any], value: Any) -> Any:
    """`value`, a JSON value, as the adapter's type.

    Raises:
        InvalidInput: It does not fit; every wrong field is named.
    """
    from pydantic import ValidationError

    try:
        return adapter.validate_json(json.dumps(value))
    except ValidationError as error:
        problems = [(_place(each["loc"]), _problem(each)) for each in error.errors()]
        message = "; ".join(f"{place}: {problem}" for place, problem in problems)
        details = [{"field": place, "message": problem} for place, problem in problems]
        raise InvalidInput(message, errors=details) from None


def _place(loc: Sequence[Any]) -> str:
    return ".".join(map(str, loc)) or "input"


def _problem(error: Mapping[str, Any]) -> str:
    """What is wrong, a validator's own words as they are."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return str(error["msg"])


def dump_result(result: Any) -> str:
    """A task function's result as JSON text; models, dataclasses and dates included.

    Raises:
        InvalidResult: JSON cannot hold it.
    """
    try:
        return dump_json(result, field="result")
    except InvalidRequest:
        pass
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    try:
        plain = to_jsonable_python(result, by_alias=True, inf_nan_mode="constants")
        return dump_json(plain, field="result")
    except (PydanticSerializationError, InvalidRequest, ValueError) as error:
        raise InvalidResult(f"the result cannot be stored: {error}") from None
