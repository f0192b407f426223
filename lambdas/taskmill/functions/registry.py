"""Finds the code that runs for an event: `@event_handler` functions, else the `@task` function."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from taskmill.functions.awaiting import awaited
from taskmill.functions.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.functions.json_values import dump_result
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.quoted_secrets import quoting_no_secret
from taskmill.functions.task_functions import DEFAULT_TIMEOUT_SECONDS, TaskFunction
from taskmill.functions.task_modules import TaskModules
from taskmill.functions.user_code import described, passes
from taskmill.model.built_in import BUILT_IN, check_free
from taskmill.model.errors import InvalidInput, UnknownTaskType
from taskmill.model.keys import TaskKey
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.options import hint_within
from taskmill.model.per_process import ProcessLock
from taskmill.model.pools import Pools
from taskmill.model.redaction import MASK, RedactedNames, holds_mask, texts_in
from taskmill.model.retry import Retry
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.task_settings import TaskSettings

if TYPE_CHECKING:
    from taskmill.functions.limited import RateTake

Event = TaskQueueEvent | StepFunctionTaskEvent
Handler = Callable[[Any], Any]
H = TypeVar("H", bound=Handler)

_HANDLERS: defaultdict[type, list[Handler]] = defaultdict(list)


def event_handler(event_type: type) -> Callable[[H], H]:
    """Register a function as handler of an event class; a class may have several."""

    def register(handler: H) -> H:
        _HANDLERS[event_type].append(handler)
        return handler

    return register


def registered_handlers() -> list[Handler]:
    """All event handlers that this process knows."""
    return [handler for handlers in _HANDLERS.values() for handler in handlers]


def drop_handlers(handlers: Sequence[Handler]) -> None:
    """Forget event handlers, as those of a module that was imported anew."""
    for known in _HANDLERS.values():
        known[:] = [each for each in known if not any(each is one for one in handlers)]


class TaskEventFactory:
    """Converts the events that a worker receives to those that handlers are registered for.

    Subclass it to pass tasks to `@event_handler` functions of your own event classes. An event
    that is returned unchanged goes to the `@task` function of its type, unless `@event_handler`
    functions are registered for its class.
    """

    def transform_task(self, event: TaskQueueEvent) -> Sequence[Any]:
        return [event]

    def transform_step_function_task(self, event: StepFunctionTaskEvent) -> Sequence[Any]:
        return [event]


class Registry:
    """The user's task code: its modules, imported when first needed, and its event factory.

    A module that cannot be imported takes only its own tasks with it: an attempt of a type that no
    module defines tries the import again, and ends with its error.

    Args:
        modules: Names of the modules that hold `@task` and `@event_handler` functions.
        factory: "module:Class" of a `TaskEventFactory`; None: the default one.
        pools: The worker pools that new tasks may run in; none by default.
        redact: Names of fields that are masked in the inputs and results of all types.
    """

    def __init__(
        self,
        modules: Sequence[str] = (),
        factory: str | None = None,
        pools: Pools | None = None,
        redact: Sequence[str] = (),
    ) -> None:
        self.pools = pools or Pools()
        self.redact = RedactedNames(tuple(redact))
        self._modules = TaskModules(modules)
        self._factory = factory
        self._lock = ProcessLock()

    def policy(self, task_type: str) -> tuple[Retry, float]:
        """Retry policy and timeout (seconds) of a type; defaults if its code cannot be loaded."""
        if (ours := BUILT_IN.get(task_type)) is not None:
            return ours.retry, ours.timeout_seconds
        function = self._found(task_type)
        return (function.retry, function.timeout_seconds) if function else _DEFAULT_POLICY

    def settings(self, task_type: str) -> TaskSettings:
        """The settings of a type; defaults if its code cannot be loaded."""
        if (ours := BUILT_IN.get(task_type)) is not None:
            return ours.settings
        function = self._found(task_type)
        return function.settings if function else TaskSettings()

    def settings_of_new(self, task_type: str) -> TaskSettings:
        """The settings of a type, for the row of a new task.

        Raises:
            UnknownPool: The type runs in a pool that this process does not know.
            InvalidRequest: The type is one of taskmill's own, which nobody else submits.
        """
        check_free(task_type)
        return self.pools.settings_of_new(task_type, self.settings(task_type))

    def limited(self, row: TaskRow, value: Any) -> TaskRow:
        """The row of a new task with the limits of its type; see `functions/limited.py`.

        A type whose code cannot be loaded here has none.

        Args:
            value: Its input: JSON, or `LEFT_OUT`.

        Raises:
            InvalidRequest: The input does not tell what a limit is counted by.
        """
        function = self._found(row.key.type)
        if function is None or not function.settings.is_limited:
            return row
        from taskmill.functions.limited import limited

        return limited(row, function, value)

    def takes_of(self, key: TaskKey, value: Any) -> tuple[RateTake, ...]:
        """What an attempt of a subtask takes of its type's rate limits. Raises as `limited`."""
        function = self._found(key.type)
        if function is None or not function.settings.rates:
            return ()
        from taskmill.functions.limited import takes_of

        return takes_of(key.tenant, function, value)

    def parallel(self, task_type: str) -> int:
        """How many attempts of the type a Lambda worker may run at a time; see `@task`."""
        function = self._found(task_type)
        return function.parallel if function else 1

    def written_parallel(self, task_type: str) -> int | None:
        """The same as it was written in `@task`; None: it was not."""
        return self.settings(task_type).parallel

    def hides_input(self, task_type: str) -> bool:
        """Whether inputs of the type may hold secrets; False if its code cannot be loaded."""
        function = self._found(task_type)
        return function is not None and function.hides_input

    def hides_result(self, task_type: str) -> bool:
        """The same of its results."""
        function = self._found(task_type)
        return function is not None and function.hides_result

    def masks_input(self, task_type: str) -> bool:
        """Whether inputs of the type are shown masked: also if their code cannot be loaded.

        A type that no module declares, though all were imported, has no secrets that are known.
        """
        function = self._found(task_type)
        if self.redact.names:
            return True
        return self._may_be_missing(task_type) if function is None else function.hides_input

    def masked_input(self, task_type: str, value: Any) -> Any:
        """A JSON value of the type's input, with `"***"` in place of secrets.

        All of it is masked if a module that may define the type cannot be imported.
        """
        function = self._found(task_type)
        if function is None:
            return self._masked_whole(task_type, value)
        return self.redact.masked(function.masked_input(value))

    def masked_result(self, task_type: str, value: Any) -> Any:
        """The same of its result."""
        function = self._found(task_type)
        if function is None:
            return self._masked_whole(task_type, value)
        return self.redact.masked(function.masked_result(value))

    def masks_result(self, task_type: str) -> bool:
        """Whether results of the type are shown masked; see `masks_input`."""
        function = self._found(task_type)
        if self.redact.names:
            return True
        return self._may_be_missing(task_type) if function is None else function.hides_result

    def secret_texts(self, task_type: str, value: Any) -> frozenset[str]:
        """The secrets in a JSON value of the type's input, as messages may quote them."""
        return texts_in(self._secret_values(task_type, value))

    def _secret_values(self, task_type: str, value: Any) -> Iterator[Any]:
        if self.redact.names:
            yield from self.redact.values(value)
        if (function := FUNCTIONS.get(task_type)) is not None:
            yield from function.secret_values(value)

    def _may_be_missing(self, task_type: str) -> bool:
        """Whether a type without a function may have one in a module that was not imported."""
        return self._modules.some_failed and task_type not in BUILT_IN

    def _masked_whole(self, task_type: str, value: Any) -> Any:
        """A value of a type without a function: masked as a whole if that may be missing here."""
        if self._may_be_missing(task_type):
            return None if value is None else MASK
        return self.redact.masked(value)

    def try_load(self) -> BaseException | None:
        """Import the modules as far as that works; returns what the first that failed raised."""
        with _exceptions_only():
            return self._modules.load()

    @property
    def is_empty(self) -> bool:
        """Whether it has modules, and none of them could be imported."""
        return self._modules.none_loaded

    def load(self) -> None:
        """Import the modules now; all that can be, also if one fails.

        Raises:
            BaseException: Whatever importing the first that fails raises.
        """
        if failure := self._modules.load():
            raise failure

    def has_code(self, task_type: str) -> bool:
        """Whether this process can run the type, by its task function or by event handlers.

        Raises:
            Exception: Whatever importing the modules raises.
        """
        with _exceptions_only():
            failure = self._load_for(task_type)
            if self._knows(task_type) or self._factory or TaskQueueEvent in _HANDLERS:
                return True
            if failure:
                raise failure
        return False

    def check_input(self, task_type: str, value: Any) -> None:
        """Check an input against the type hint of the type's function; unknown types pass.

        Args:
            value: JSON, or `LEFT_OUT`.

        Raises:
            InvalidInput: The function does not accept it (the message names the field), or what
                masks secrets stands in place of one: it was copied from a view.
            Exception: Whatever importing the modules raises.
        """
        with _exceptions_only():
            failure = self._load_for(task_type)
            self.refuse_masks(task_type, value)
            if self._knows(task_type):
                self._check(FUNCTIONS[task_type], value)
            elif failure:
                raise failure

    def refuse_masks(self, task_type: str, value: Any) -> None:
        """Refuse an input that was copied from a view.

        Raises:
            InvalidInput: What masks secrets stands in place of one.
        """
        if any(map(holds_mask, self._secret_values(task_type, value))):
            raise InvalidInput(
                f'a secret field holds "{MASK}", which is how secrets are shown: give its value'
            )

    def _check(self, function: TaskFunction, value: Any) -> None:
        with quoting_no_secret(value, partial(self._secret_values, function.type)):
            function.check(value)

    def execute(self, event: Event) -> str:
        """Run the code for an event and return its result as JSON text.

        If several handlers run, the result is the list of theirs.

        Raises:
            UnknownTaskType: There is no code for it.
            InvalidResult: JSON cannot represent the result.
            BaseException: Whatever importing the modules or the code itself raises.
        """
        failure = self._load_for(event.task_type)
        if failure and self._modules.none_loaded:
            raise failure
        try:
            results = [
                awaited(handler(each))
                for each in self._events(event)
                for handler in self._handlers(each)
            ]
        except UnknownTaskType:
            if failure:  # its code may be in the module that cannot be imported
                raise failure from None
            raise
        return dump_result(results[0] if len(results) == 1 else results)

    def _found(self, task_type: str) -> TaskFunction | None:
        """The function of a type, as far as the modules can be imported."""
        if not self._modules.tried:
            self._modules.load()
        return FUNCTIONS.get(task_type) if self._knows(task_type) else None

    def _knows(self, task_type: str) -> bool:
        """Whether the type has a function here; none has if no module could be imported."""
        return task_type in FUNCTIONS and not self._modules.none_loaded

    def _load_for(self, task_type: str) -> BaseException | None:
        """Import the modules that the type may need; those that failed before are tried again.

        Returns:
            The error of a module that may define the type.
        """
        known = self._modules.tried and self._knows(task_type) and not self._factory
        return None if known else self._modules.load()

    def _events(self, event: Event) -> Sequence[Any]:
        if isinstance(event, StepFunctionTaskEvent):
            return self._transformer.transform_step_function_task(event) or [event]
        return self._transformer.transform_task(event) or [event]

    def _handlers(self, event: Any) -> Sequence[Handler]:
        bound = _HANDLERS.get(type(event))
        if bound:
            return bound
        if isinstance(event, TaskQueueEvent | StepFunctionTaskEvent):
            return [_run_task_function]
        raise UnknownTaskType(f"no @event_handler is bound to {type(event).__name__}")

    @property
    def _transformer(self) -> TaskEventFactory:
        with self._lock:
            return self._made_transformer

    @cached_property
    def _made_transformer(self) -> TaskEventFactory:
        if not self._factory:
            return TaskEventFactory()
        module, _, name = self._factory.partition(":")
        factory: TaskEventFactory = getattr(importlib.import_module(module), name)()
        return factory


_DEFAULT_POLICY = (Retry(), DEFAULT_TIMEOUT_SECONDS)


@contextmanager
def _exceptions_only() -> Iterator[None]:
    """Raise what user code raises as an `Exception`, for callers that can go on without it."""
    try:
        yield
    except Exception:
        raise
    except BaseException as error:
        if passes(error):
            raise
        raise RuntimeError(described(error)) from error


def _run_task_function(event: Event) -> Any:
    function = FUNCTIONS.get(event.task_type)
    if function is None:
        raise UnknownTaskType(_unknown(event.task_type))
    left_out = event.input is None and not event.input_given
    return function.run_to_json(LEFT_OUT if left_out else event.input, event.context)


def _unknown(task_type: str) -> str:
    known = ", ".join(sorted(FUNCTIONS)) or "none"
    hint = hint_within(task_type, FUNCTIONS, cutoff=0.75)
    return f"no task function for type {task_type!r}{hint}; known are: {known}"
