"""Calls that start children: the forms that `ctx.gather` takes, and the options of `ctx.submit`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from taskmill.functions.task_functions import TaskFunction
from taskmill.model.errors import InvalidRequest
from taskmill.work.child import Child

What = TaskFunction | str
Call = tuple[What, Any]


def calls_of(given: Sequence[Any]) -> tuple[list[Child], list[Call]]:
    """Sort the arguments of `ctx.gather` into children already started and calls to start.

    Raises:
        InvalidRequest: They are neither, or a mixture of both.
    """
    if len(given) == 2 and isinstance(given[0], TaskFunction | str):
        what, inputs = given
        return [], [(what, value) for value in inputs]
    if len(given) == 1 and isinstance(given[0], Iterable) and not _is_call(given[0]):
        given = list(given[0])
    children = [each for each in given if isinstance(each, Child)]
    if children and len(children) == len(given):
        return children, []
    if all(map(_is_call, given)):
        return [], list(given)
    raise InvalidRequest(
        "gather takes a task function and its inputs, pairs of both, or what ctx.submit returned",
        field="gather",
    )


def _is_call(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], TaskFunction | str)
