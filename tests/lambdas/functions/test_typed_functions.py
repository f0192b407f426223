"""Results are held against their type, and the ways between JSON and what functions name."""

import asyncio
import dataclasses
import datetime as dt
import json
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn

import pytest
from builders import any_key, any_task, stored
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, computed_field
from typing_extensions import TypedDict

from taskmill import TaskContext, task
from taskmill.errors import Abort, InvalidInput, InvalidResult
from taskmill.events import TaskQueueEvent
from taskmill.functions.registry import Registry
from taskmill.functions.task_functions import TaskFunction
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud

if TYPE_CHECKING:
    from nowhere import Unknown


class Line(BaseModel):
    item: str
    count: int = 1


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int = Field(alias="orderNumber")
    lines: list[Line] = []
    due: dt.date | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def size(self) -> int:
        return len(self.lines)


@dataclasses.dataclass
class Point:
    x: float
    line: Line | None = None


class Size(TypedDict):
    rows: int


class Pair(NamedTuple):
    left: int
    right: str


class Colour(Enum):
    RED = "red"


def made(function: Callable[..., Any]) -> TaskFunction:
    return task(f"type-{uuid.uuid4()}")(function)


def returning(hint: Any, value: Any) -> TaskFunction:
    """A task function that returns this value and is annotated to return that type."""

    def function() -> Any:
        return value

    function.__annotations__["return"] = hint
    return made(function)


def stored_result(function: TaskFunction) -> Any:
    event = TaskQueueEvent(key=any_key(type=function.type))
    return json.loads(Registry().execute(event))


LINE = {"item": "pen", "count": 1}
ALIKE = [
    (Line, Line(item="pen"), LINE),
    (Line, {"item": "pen"}, LINE),
    (
        list[Line],
        [Line(item="pen"), {"item": "ink", "count": 2}],
        [LINE, {**LINE, "item": "ink", "count": 2}],
    ),
    (Point, Point(1.5), {"x": 1.5, "line": None}),
    (Point, {"x": 1, "line": {"item": "pen"}}, {"x": 1.0, "line": LINE}),
    (Point, Point(1.5, {"item": "pen"}), {"x": 1.5, "line": LINE}),  # type: ignore[arg-type]
    (Size, {"rows": 2}, {"rows": 2}),
    (Pair, Pair(1, "a"), [1, "a"]),
    (Colour, Colour.RED, "red"),
    (Colour, "red", "red"),
    (int, 7, 7),
    (float, 7, 7.0),
    (str, "7", "7"),
    (bool, True, True),
    (int | None, None, None),
    (dict[str, list[int]], {"a": [1]}, {"a": [1]}),
    (tuple[int, ...], [1, 2], [1, 2]),
    (tuple[int, ...], (1, 2), [1, 2]),
    (set[int], {1}, [1]),
    (dict[int, str], {1: "a"}, {"1": "a"}),
    (dt.datetime, dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00Z"),
    (dt.date, "2026-01-02", "2026-01-02"),
    (Decimal, Decimal("1.50"), "1.50"),
    (dict[str, Any], {"when": dt.date(2026, 1, 2)}, {"when": "2026-01-02"}),
    (Annotated[int, Field(gt=0)], 3, 3),
    (Awaitable[int], 7, 7),
    (None, None, None),
]


@pytest.mark.parametrize(("hint", "result", "text"), ALIKE, ids=str)
def test_a_result_of_its_type_is_stored_and_can_be_read_again(
    hint: Any, result: Any, text: Any
) -> None:
    function = returning(hint, result)

    assert stored_result(function) == text
    again = function.parse_result(text)
    assert again == function.parse_result(stored_result(returning(hint, again)))


@pytest.mark.parametrize(
    ("hint", "result", "field"),
    [
        (int, "1", "result"),
        (int, 1.0, "result"),
        (int, True, "result"),
        (str, 1, "result"),
        (bool, 1, "result"),
        (None, 0, "result"),
        (None, False, "result"),
        (Line, None, "result"),
        (Line, {"item": "pen", "count": "1"}, "count"),
        (Line, {"count": 1}, "item"),
        (Line, Line.model_construct(item="pen", count="1"), "count"),  # type: ignore[arg-type]
        (Line, Point(1.0), "item"),
        (Order, {"orderNumber": 1, "lines": [{"item": 7}]}, "lines.0.item"),
        (Order, {"orderNumber": 1, "surprise": 1}, "surprise"),
        (Point, Point("1.5"), "x"),  # type: ignore[arg-type]
        (Size, {"rows": "2"}, "rows"),
        (list[int], [1, "2"], "1"),
        (dict[str, int], {"a": None}, "a"),
        (Annotated[int, Field(gt=0)], 0, "result"),
        (dt.date, "yesterday", "result"),
        (Colour, "blue", "result"),
    ],
    ids=str,
)
def test_a_result_of_another_type_is_refused_with_the_field_named(
    hint: Any, result: Any, field: str
) -> None:
    with pytest.raises(InvalidResult, match="the result is not of its type") as refused:
        stored_result(returning(hint, result))

    assert [each["field"] for each in refused.value.details["errors"]] == [field]
    assert f"{field}: " in refused.value.message


@pytest.mark.parametrize("hint", [Any, object, NoReturn, dict[str, Any], Point | object])
def test_a_result_that_json_cannot_hold_is_refused_whatever_its_type(hint: Any) -> None:
    for result in ({"a": float("nan")}, {"a": object()}):
        with pytest.raises(InvalidResult, match="the result cannot be stored"):
            stored_result(returning(hint, result))


@given(st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans())
def test_every_builtin_is_of_its_own_type_and_of_no_other(value: Any) -> None:
    for hint in (int, str, float, bool):
        function = returning(hint, value)
        if type(value) is hint or (hint is float and type(value) is int):
            assert stored_result(function) == value
        else:
            with pytest.raises(InvalidResult):
                stored_result(function)


def test_without_an_annotation_any_json_is_a_result() -> None:
    assert stored_result(made(lambda: {"a": ["1", None]})) == {"a": ["1", None]}
    assert made(lambda: None).parse_result({"a": 1}) == {"a": 1}


def test_an_async_function_s_result_is_held_against_its_type_too() -> None:
    async def count() -> int:
        await asyncio.sleep(0)
        return "many"  # type: ignore[return-value]

    with pytest.raises(InvalidResult, match="result: Input should be a valid integer"):
        stored_result(made(count))


def test_a_wrong_result_fails_the_task_at_once(cloud: InProcessCloud) -> None:
    function = returning(Line, {"item": "pen", "count": "two"})
    key = cloud.service.create_task(task=any_task(task_type=function.type)).key

    cloud.run()

    failed = cloud.service.get_task(key=key)
    error = failed.attributes["error"]
    assert (failed.status, failed.attempts) == (Status.FAILED, 1)
    assert isinstance(error, dict)
    assert error["type"] == "InvalidResult"
    assert "count: Input should be a valid integer" in str(error["message"])


def test_a_stored_result_that_is_no_longer_of_the_type_is_refused() -> None:
    with pytest.raises(InvalidResult, match="item: Field required"):
        returning(Line, None).parse_result({"name": "of an older version"})
    with pytest.raises(InvalidResult, match="should be None, not int"):
        returning(None, None).parse_result(1)


def test_a_stored_result_becomes_what_the_function_returned() -> None:
    order = Order(orderNumber=1, lines=[Line(item="pen")], due=dt.date(2026, 1, 2))

    def ship() -> list[Point]:
        return [Point(1.0, Line(item="pen"))]

    assert made(ship).parse_result([{"x": 1, "line": LINE}]) == ship()
    text = {"orderNumber": 1, "lines": [LINE], "due": "2026-01-02"}
    assert returning(Order, order).parse_result(text) == order


# Arguments


@pytest.mark.parametrize(
    ("hint", "argument", "value"),
    [
        (
            Order,
            Order(orderNumber=1, lines=[Line(item="pen")], due=dt.date(2026, 1, 2)),
            {"orderNumber": 1, "lines": [LINE], "due": "2026-01-02"},
        ),
        (Order, {"orderNumber": 1}, {"orderNumber": 1}),
        (Point, Point(1.5, Line(item="pen")), {"x": 1.5, "line": LINE}),
        (Size, {"rows": 2}, {"rows": 2}),
        (list[Line], (Line(item="pen"),), [LINE]),
        (dt.datetime, dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00Z"),
        (Colour, Colour.RED, "red"),
        (int, 7, 7),
        (Any, {"when": dt.date(2026, 1, 2)}, {"when": "2026-01-02"}),
    ],
    ids=str,
)
def test_an_argument_becomes_json_that_the_function_takes(
    hint: Any, argument: Any, value: Any
) -> None:
    def function(given: Any) -> None: ...

    function.__annotations__["given"] = hint

    assert made(function).to_input(argument) == value


@pytest.mark.parametrize(
    ("argument", "field"),
    [
        ({"orderNumber": "x"}, "orderNumber"),
        ({"orderNumber": 1, "lines": [{}]}, "lines.0.item"),
        (Line(item="pen"), "orderNumber"),
        (object(), "input"),
        (float("inf"), "input"),
        (None, "input"),
    ],
)
def test_a_wrong_argument_is_refused_before_it_is_submitted(argument: Any, field: str) -> None:
    def ship(order: Order) -> None: ...

    with pytest.raises(InvalidInput) as refused:
        made(ship).to_input(argument)

    assert refused.value.details["errors"][0]["field"] == field


def test_a_constraint_of_an_argument_holds() -> None:
    def double(number: Annotated[int, Field(le=9)]) -> int:
        return 2 * number

    assert made(double).to_input(9) == 9
    with pytest.raises(InvalidInput, match="less than or equal to 9"):
        made(double).to_input(10)


def test_an_argument_with_a_default_may_be_left_out() -> None:
    def page(number: int = 1) -> int:
        return number

    function = made(page)
    assert (function.to_input(LEFT_OUT), stored_result(function)) == (LEFT_OUT, 1)
    with pytest.raises(InvalidInput):
        function.to_input("first")


def test_arguments_may_be_taken_by_place_or_by_name_only() -> None:
    context = TaskContext(key=any_key(), attempt=3, logger=None, report=dict)

    def by_place(value: int, ctx: TaskContext, /) -> list[int]:
        return [value, ctx.attempt]

    def by_name(*, ctx: TaskContext, value: int) -> list[int]:
        return [value, ctx.attempt]

    def maybe(value: int, how: TaskContext | None = None) -> list[int]:
        return [value, how.attempt if how else 0]

    for function in (by_place, by_name, maybe):
        assert made(function).run(7, context) == [7, 3]


# Hints that mean nothing


def test_a_context_known_to_type_checkers_only_is_given_all_the_same() -> None:
    def count(value: int, how: "Unknown.TaskContext") -> int:
        return value + how.attempt

    context = TaskContext(key=any_key(), attempt=3, logger=None, report=dict)

    assert made(count).run(1, context) == 4
    with pytest.raises(InvalidInput):
        made(count).check("x")


@pytest.mark.parametrize(
    ("hint", "why"), [("Unknown", "'Unknown' is not defined"), (Registry, "pydantic-core")]
)
def test_a_hint_without_a_meaning_fails_the_task_before_it_runs(
    cloud: InProcessCloud, calls: list[Any], hint: Any, why: str
) -> None:
    def function() -> Any:
        calls.append("ran")

    function.__annotations__["return"] = hint
    row = stored(cloud, key=any_key(type=made(function).type))

    cloud.run()

    failed = cloud.service.get_task(key=row.key)
    error = failed.attributes["error"]
    assert isinstance(error, dict)
    assert (failed.status, failed.attempts, error["type"]) == (Status.FAILED, 1, "Abort")
    assert why in str(error["message"])
    assert calls == []


def test_a_hint_of_the_argument_without_a_meaning_is_told() -> None:
    def function(value: "Unknown") -> None: ...

    with pytest.raises(Abort, match=r"type hint 'Unknown' \(value\) means nothing"):
        made(function).check(1)


@pytest.mark.parametrize(
    "signature",
    [
        "value, ctx",
        "value, ctx: TaskContext",
        "ctx: 'TaskContext'",
        "value: Any, ctx: TaskContext",
        "value=1",
    ],
)
def test_pydantic_is_loaded_by_typed_functions_only(signature: str) -> None:
    program = f"""
import sys
from typing import Any
from taskmill import TaskContext, task

@task("plain")
def plain({signature}) -> None:
    pass

value = plain.to_input({{"a": [1]}})
plain.run(value, None)
plain.parse_result(None)
sys.exit("pydantic" in sys.modules or "pydantic_core" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
