"""Implements `TaskFunction.submit` and `TaskFunction.map`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from taskmill.functions.backends import Backend, current_backend
from taskmill.functions.handles import MapHandle, TaskHandle
from taskmill.model.errors import InvalidInput, InvalidRequest
from taskmill.model.given_elements import given_elements
from taskmill.model.submit_checks import checked_options
from taskmill.model.type_variables import Out

if TYPE_CHECKING:
    from taskmill.functions.task_functions import TaskFunction


def submit(
    function: TaskFunction[Any, Out],
    argument: Any,
    *,
    tenant: str | None,
    execute_now: bool | None,
    options: Mapping[str, Any],
) -> TaskHandle[Out]:
    """Check the argument, then store a task for the function.

    Raises:
        InvalidInput: The function does not accept this argument; the message names the field.
        InvalidRequest: An option is invalid, or there is no tenant.
    """
    asked = checked_options({**options, "tenant": tenant, "execute_now": execute_now})
    options = {name: asked[name] for name in options}
    value = function.to_input(argument)
    backend = current_backend(tenant)
    task = backend.submit(
        function.type,
        value,
        tenant=_tenant(tenant, backend),
        execute_now=execute_now,
        **options,
    )
    return TaskHandle(task.key, function, backend)


def submit_map(
    function: TaskFunction[Any, Out],
    inputs: Iterable[Any],
    *,
    tenant: str | None,
    execute_now: bool | None,
    options: Mapping[str, Any],
) -> MapHandle[Out]:
    """Store a step function task with one subtask per input. Raises as `submit`."""
    asked = checked_options({**options, "tenant": tenant, "execute_now": execute_now})
    options = {name: asked[name] for name in options}
    if execute_now:
        raise InvalidRequest(
            "execute_now runs single tasks only: the workflow runs fan-outs", field="execute_now"
        )
    elements = given_elements(inputs)
    backend = current_backend(tenant)
    task = backend.map(
        function.type,
        _checked(function, elements),
        tenant=_tenant(tenant, backend),
        **options,
    )
    return MapHandle(task.key, function, backend)


def _checked(function: TaskFunction, inputs: Iterable[Any]) -> Iterator[Any]:
    """Convert the inputs to JSON values one by one; the error of a wrong one has its index."""
    for index, each in enumerate(inputs):
        try:
            yield function.to_input(each)
        except InvalidInput as refused:
            raise InvalidInput(f"input[{index}]: {refused.message}", index=index) from None


def _tenant(given: str | None, backend: Backend) -> str:
    tenant = given or backend.tenant
    if tenant is None:
        raise InvalidRequest('whose task? Give tenant="..." or set TASKMILL_TENANT', field="tenant")
    return tenant
