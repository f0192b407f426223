"""Calls that start children: the forms that `ctx.gather` takes, and the options of `ctx.submit`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from taskmill.functions.task_functions import TaskFunction
from taskmill.model.errors import InvalidRequest
from taskmill.model.given_elements import given_elements
from taskmill.work.child import MAX_CHILDREN, Child

What = TaskFunction | str
Call = tuple[What, Any]


def calls_of(given: Sequence[Any]) -> tuple[list[Child], list[Call]]:
    """Sort the arguments of `ctx.gather` into children already started and calls to start.

    Raises:
        InvalidRequest: They are neither, or a mixture of both, or inputs are not a list.
        LimitExceeded: There are more than a task may have children.
    """
    if len(given) == 2 and isinstance(given[0], TaskFunction | str):
        return [], calls_for(*given)
    if len(given) == 1 and not isinstance(given[0], Child) and not _is_call(given[0]):
        given = list(_children_given(given[0], field="gather"))
    children = [each for each in given if isinstance(each, Child)]
    if children and len(children) == len(given):
        return children, []
    if all(map(_is_call, given)):
        return [], list(given)
    raise InvalidRequest(
        "gather takes a task function and its inputs, pairs of both, or what ctx.submit returned",
        field="gather",
    )


def calls_for(what: What, inputs: Any) -> list[Call]:
    """A call for each input.

    Raises:
        InvalidRequest: The inputs are text, a mapping or the like, not a list or an iterator.
        LimitExceeded: There are more than a task may have children.
    """
    return [(what, value) for value in _children_given(inputs, field="inputs")]


def _children_given(given: Any, *, field: str) -> Iterator[Any]:
    return given_elements(given, field=field, limit=MAX_CHILDREN, unit="children of one task")


def _is_call(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], TaskFunction | str)
