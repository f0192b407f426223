"""Hints without arguments, hints that mean nothing, iterators, and a null against a default."""

import json
import typing
import uuid
from collections import abc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NewType, Protocol, TypeVar

import pytest
from builders import any_key
from pydantic import BaseModel

from taskmill import task
from taskmill.errors import Abort, InvalidInput
from taskmill.events import TaskQueueEvent
from taskmill.functions.registry import Registry
from taskmill.functions.task_functions import TaskFunction
from taskmill.model.left_out import LEFT_OUT


class Named(Protocol):
    name: str


class Node(BaseModel):
    value: int
    below: list["Node"] = []


Number = NewType("Number", int)
T = TypeVar("T")


def declared(function: Callable[..., Any]) -> TaskFunction:
    return task(f"type-{uuid.uuid4()}")(function)


def taking(hint: Any) -> TaskFunction:
    def function(value: Any) -> Any:
        return value

    function.__annotations__.update(value=hint, **{"return": hint})
    return declared(function)


def ran(function: TaskFunction, **event: Any) -> Any:
    return json.loads(Registry().execute(TaskQueueEvent(key=any_key(type=function.type), **event)))


BARE = [
    (list, [1, "a", None]),
    (dict, {"a": [1]}),
    (tuple, [1, 2]),
    (set, [1]),
    (frozenset, [1]),
    (typing.Sequence, [1]),
    (typing.Mapping, {"a": 1}),
    (typing.Iterable, [1]),
    (list, [1]),
    (dict, {"a": 1}),
    (tuple, [1]),
    (set, [1]),
    (list[dict], [{"a": 1}]),
    (dict[str, list], {"a": [1]}),
    (list | None, None),
    (typing.LiteralString, "a"),
    (T, [1]),
    (Number, 3),
    (Node, {"value": 1, "below": [{"value": 2, "below": []}]}),
]


@pytest.mark.parametrize(("hint", "value"), BARE, ids=lambda each: str(each)[:40])
def test_a_hint_without_arguments_takes_anything_of_its_kind(hint: Any, value: Any) -> None:
    function = taking(hint)

    assert function.to_input(value) == value
    assert ran(function, input=value, input_given=True) == value


@pytest.mark.parametrize(
    ("hint", "wrong"),
    [(list, {}), (dict, []), (list, "a"), (dict, 1), (set, {"a": 1})],
    ids=str,
)
def test_a_hint_without_arguments_refuses_another_kind(hint: Any, wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="input: Input should be a"):
        taking(hint).to_input(wrong)


MEANINGLESS = [
    typing.Optional,
    typing.Union,
    typing.Literal,
    typing.Annotated,
    typing.ClassVar,
    typing.Final,
    typing.Self,
    typing.Concatenate,
    typing.ParamSpec("P"),
    Protocol,
    Named,
    typing,
    3,
    ...,
    [int],
    (int, str),
    {"a": int},
    "Unknown",
    "1 +",
    "list[",
    "None.x",
    "list[Unknown]",
]


@pytest.mark.parametrize("hint", MEANINGLESS, ids=lambda each: repr(each)[:40])
def test_a_hint_that_means_nothing_is_refused_in_words(hint: Any) -> None:
    function = taking(hint)

    for use in (
        lambda: function.to_input(1),
        lambda: function.check(1),
        lambda: function.parse_result(1),
        lambda: ran(function, input=1),
    ):
        with pytest.raises(Abort, match=r"no type for inputs and results|means nothing"):
            use()
    assert not function.hides_input


@pytest.mark.parametrize("hint", [AsyncIterator[int], abc.Awaitable[int], abc.AsyncIterator])
def test_an_input_that_comes_later_is_refused(hint: Any) -> None:
    with pytest.raises(InvalidInput, match="is no type for an input, which is stored"):
        taking(hint).to_input([1])


def counted(to: int) -> Iterator[int]:
    yield from range(to)


async def counted_async(to: int) -> AsyncIterator[int]:
    for each in range(to):
        yield each


def counted_untyped(to):  # noqa: ANN001
    yield from range(to)


def mapped(to: int) -> abc.Iterable[int]:
    return map(int, range(to))


def wrongly_counted(to: int) -> Iterator[int]:
    yield from map(str, range(to))  # type: ignore[misc]


@pytest.mark.parametrize("function", [counted, counted_async, counted_untyped, mapped])
def test_the_values_of_a_generator_are_its_result(function: Callable[..., Any]) -> None:
    made = declared(function)

    assert ran(made, input=3) == [0, 1, 2]
    assert made.parse_result([0, 1, 2]) == [0, 1, 2]


def test_the_values_of_a_generator_are_held_against_its_type() -> None:
    with pytest.raises(Abort, match="0: Input should be a valid integer"):
        ran(declared(wrongly_counted), input=3)


def test_an_async_generator_runs_beside_others() -> None:
    assert declared(counted_async).is_async
    assert not declared(counted).is_async


def page(number: int = 1) -> int:
    return number


def maybe(number: int | None = 1) -> int | None:
    return number


def nothing_said(number=1):  # noqa: ANN001
    return number


def test_an_input_that_is_left_out_is_the_default() -> None:
    for function in map(declared, (page, maybe, nothing_said)):
        assert function.to_input(LEFT_OUT) is LEFT_OUT
        assert ran(function) == 1


def test_a_null_is_a_null() -> None:
    for function in map(declared, (maybe, nothing_said)):
        assert function.to_input(None) is None
        assert ran(function, input=None, input_given=True) is None
    with pytest.raises(InvalidInput, match="valid integer"):
        declared(page).to_input(None)
    with pytest.raises(InvalidInput, match="valid integer"):
        ran(declared(page), input=None, input_given=True)


def test_what_has_no_default_and_is_left_out_is_null() -> None:
    def any_of(value: int | None) -> int | None:
        return value

    assert declared(any_of).to_input(LEFT_OUT) is None
    assert ran(declared(any_of)) is None
    with pytest.raises(InvalidInput):
        taking(int).to_input(LEFT_OUT)
