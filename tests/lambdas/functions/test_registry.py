import asyncio
import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import unit_events
from builders import any_fan_out_key, any_key
from pydantic import BaseModel, Field, field_validator

from taskmill import TaskContext, task
from taskmill.errors import InvalidInput, InvalidKey, InvalidResult, UnknownTaskType
from taskmill.events import StepFunctionTaskEvent, TaskQueueEvent
from taskmill.functions.json_values import dump_result
from taskmill.functions.registry import Registry
from taskmill.functions.task_functions import DEFAULT_TIMEOUT_SECONDS, TaskFunction
from taskmill.model.retry import Retry
from taskmill.model.task_settings import TaskSettings


class Order(BaseModel):
    number: int
    email: str = Field(min_length=3)
    lines: list[str] = []

    @field_validator("email")
    @classmethod
    def has_at(cls, value: str) -> str:
        if "@" not in value:
            raise ValueError("an email address has an @")
        return value


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0.0


def event(task_type: str, value: Any = None, **fields: Any) -> TaskQueueEvent:
    return TaskQueueEvent(key=any_key(type=task_type), input=value, **fields)


def function(taken: Any, **options: Any) -> TaskFunction:
    """A task function of a type that no other test uses."""
    return task(f"type-{uuid.uuid4()}", **options)(taken)


def run(taken: Any, value: Any, context: Any = None) -> Any:
    made = function(taken)
    return json.loads(Registry().execute(event(made.type, value, context=context)))


@pytest.fixture
def own() -> Iterator[Registry]:
    unit_events.SEEN.clear()
    yield Registry(["unit_events"], "unit_events:Factory")
    unit_events.SEEN.clear()


# Task functions


def test_a_task_function_is_still_a_function() -> None:
    made = function(lambda value: value + 1)

    assert made(1) == 2


def test_a_model_is_made_of_the_input_and_the_result_of_a_model() -> None:
    def ship(order: Order) -> Order:
        return order.model_copy(update={"lines": ["shipped"]})

    order = {"number": 7, "email": "a@b.c"}

    assert run(ship, order) == {**order, "lines": ["shipped"]}


def test_a_dataclass_is_made_of_the_input() -> None:
    def move(point: Point) -> Point:
        return dataclasses.replace(point, y=1.5)

    assert run(move, {"x": 2}) == {"x": 2.0, "y": 1.5}


@pytest.mark.parametrize(
    ("hint", "value"),
    [(int, 3), (str, "a"), (list[int], [1, 2]), (dict[str, float], {"a": 1.5}), (bool, True)],
)
def test_builtins_are_passed_on(hint: Any, value: Any) -> None:
    def taken(given: Any) -> Any:
        return given

    taken.__annotations__["given"] = hint

    assert run(taken, value) == value


def test_dates_are_parsed() -> None:
    def following(day: dt.date) -> dt.date:
        return day + dt.timedelta(days=1)

    assert run(following, "2026-12-31") == "2027-01-01"


def test_an_async_function_is_awaited() -> None:
    async def doubled(value: int) -> int:
        await asyncio.sleep(0)
        return 2 * value

    assert run(doubled, 4) == 8


def test_a_context_is_given_to_who_asks_for_one() -> None:
    context = TaskContext(key=any_key(), attempt=2, logger=None, report=dict)

    def by_name(value: int, ctx: Any) -> Any:
        return [value, ctx.attempt]

    def by_type(how: TaskContext, value: int) -> Any:
        return [value, how.attempt]

    def without(value: int) -> Any:
        return [value]

    def alone(ctx: TaskContext) -> Any:
        return ctx.attempt

    assert run(by_name, 1, context) == [1, 2]
    assert run(by_type, 1, context) == [1, 2]
    assert run(without, 1, context) == [1]
    assert run(alone, None, context) == 2


def test_a_function_without_arguments_is_called_without_any() -> None:
    assert run(lambda: "done", {"ignored": True}) == "done"


@pytest.mark.parametrize(
    ("wrong", "message", "field"),
    [
        ({"email": "a@b.c"}, "number: Field required", "number"),
        ({"number": "x", "email": "a@b.c"}, "number: Input should be a valid integer", "number"),
        ({"number": 1, "email": "nope"}, "email: an email address has an @", "email"),
        ({"number": 1, "email": "a@b", "lines": [1]}, "lines.0: Input should be", "lines.0"),
        ("text", "input: Input should be", "input"),
        (None, r"input: Input should be|takes an input \(Order\); none was given", "input"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_field_named(
    wrong: Any, message: str, field: str
) -> None:
    def ship(order: Order) -> None:
        raise AssertionError("must not run")

    made = function(ship)
    with pytest.raises(InvalidInput, match=message) as refused:
        Registry().execute(event(made.type, wrong))
    with pytest.raises(InvalidInput, match=message):
        Registry().check_input(made.type, wrong)

    assert [each["field"] for each in refused.value.details["errors"]] == [field]


def test_every_wrong_field_is_named() -> None:
    def ship(order: Order) -> None: ...

    with pytest.raises(InvalidInput, match=r"number: .*; email: .*"):
        function(ship).check({})


def test_an_unknown_type_is_refused_with_the_known_ones() -> None:
    function(lambda: None)

    with pytest.raises(UnknownTaskType, match=r"no task function for type 'nobody'; known are: .+"):
        Registry().execute(event("nobody"))


def test_the_input_of_an_unknown_type_is_not_checked() -> None:
    Registry().check_input("somebody-else-runs-it", {"any": "thing"})


@pytest.mark.parametrize("type_", ["a#b", "", "ä", "-x"])
def test_a_type_that_no_key_can_hold_is_refused(type_: str) -> None:
    with pytest.raises(InvalidKey, match="type"):
        task(type_)


def test_a_type_belongs_to_one_function() -> None:
    first = function(test_a_task_function_is_still_a_function)

    with pytest.raises(ValueError, match="is test_a_task_function_is_still_a_function already"):
        task(first.type)(lambda: None)


def test_a_module_may_be_loaded_again() -> None:
    made = function(test_a_task_function_is_still_a_function)

    assert task(made.type)(test_a_task_function_is_still_a_function).type == made.type


def test_a_type_has_the_policy_it_was_given() -> None:
    made = function(lambda: None, retry=Retry(max_attempts=9), timeout_seconds=7)

    assert Registry().policy(made.type) == (Retry(max_attempts=9), 7)
    assert Registry().policy("unknown") == (Retry(), DEFAULT_TIMEOUT_SECONDS)


def test_code_that_cannot_be_loaded_has_the_default_policy_and_says_why_when_run() -> None:
    registry = Registry(["no_such_module"])

    assert registry.policy("any") == (Retry(), DEFAULT_TIMEOUT_SECONDS)
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        registry.execute(event("any"))


AT_IMPORT = ["SystemExit('no')", "KeyboardInterrupt", "GeneratorExit", "ValueError('no')"]


@pytest.fixture(params=AT_IMPORT)
def broken(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Registry:
    """A registry with a module that raises when it is imported, and one that does not."""
    (tmp_path / "raises_when_imported.py").write_text(f"raise {request.param}\n")
    monkeypatch.syspath_prepend(tmp_path)
    return Registry(["raises_when_imported", "unit_events"])


def test_what_a_module_raises_is_no_error_of_who_asks_for_settings(broken: Registry) -> None:
    assert broken.policy("of-the-broken-module") == (Retry(), DEFAULT_TIMEOUT_SECONDS)
    assert broken.settings("of-the-broken-module") == TaskSettings()
    assert broken.parallel("of-the-broken-module") == 1


def test_it_is_an_exception_to_who_checks_an_input(broken: Registry) -> None:
    with pytest.raises(Exception, match=r"no|KeyboardInterrupt|GeneratorExit"):
        broken.check_input("of-the-broken-module", 1)
    with pytest.raises(Exception, match=r"no|KeyboardInterrupt|GeneratorExit"):
        broken.has_code("of-the-broken-module")


def test_types_of_other_modules_are_known_all_the_same(broken: Registry) -> None:
    made = function(lambda value: value, timeout_seconds=7)

    assert broken.policy(made.type)[1] == 7
    assert broken.has_code(made.type)
    broken.check_input(made.type, 1)
    assert broken.execute(event(made.type, 5)) == "5"


def test_types_of_a_module_that_failed_half_way_are_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from taskmill import task\ntask('half-way')(lambda: LATER)\nraise OSError('no')\n"
    (tmp_path / "fails_half_way.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry(["fails_half_way", "unit_events"])

    with pytest.raises(OSError, match="no"):  # and not a NameError
        registry.execute(event("half-way"))
    assert registry.policy("half-way") == (Retry(), DEFAULT_TIMEOUT_SECONDS)


def test_the_error_of_the_module_is_that_of_a_type_that_may_be_in_it(broken: Registry) -> None:
    with pytest.raises(BaseException) as raised:  # noqa: PT011  # each parameter another one
        broken.execute(event("of-the-broken-module"))

    assert raised.type in (SystemExit, KeyboardInterrupt, GeneratorExit, ValueError)
    assert raised.value.__notes__ == ["while importing the task module 'raises_when_imported'"]


# Results


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (None, "null"),
        ({"a": [1, 2.5, "ü"]}, '{"a":[1,2.5,"ü"]}'),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), '"2026-01-02T00:00:00Z"'),
        (Point(1), '{"x":1,"y":0.0}'),
        (Decimal("1.50"), '"1.50"'),
        ((1, 2), "[1,2]"),
        ("\udc80", '"\\udc80"'),
    ],
)
def test_results_of_many_kinds_are_stored(result: Any, text: str) -> None:
    assert dump_result(result) == text


@pytest.mark.parametrize("result", [object(), float("nan"), {"a": float("inf")}, lambda: None])
def test_a_result_that_json_cannot_hold_is_refused(result: Any) -> None:
    with pytest.raises(InvalidResult, match="the result cannot be stored"):
        dump_result(result)


# Events and their factory


def test_a_factory_turns_a_task_into_an_event_of_its_own(own: Registry) -> None:
    assert json.loads(own.execute(event("report-and-mail", "Q3")))[-1] == "mailed Q3"


def test_several_handlers_of_one_event_all_run(own: Registry) -> None:
    result = json.loads(own.execute(event("report", "Q3")))

    assert result == ["wrote Q3", "indexed Q3"]
    assert unit_events.SEEN == [("write", "Q3"), ("index", "Q3")]


def test_subtasks_have_a_transformation_of_their_own(own: Registry) -> None:
    key = any_fan_out_key().subtask(4)

    assert own.execute(StepFunctionTaskEvent(key=key, input="x")) == '"4: x"'


def test_an_event_that_comes_back_unchanged_goes_to_the_task_function(own: Registry) -> None:
    made = function(lambda value: value)

    assert own.execute(event(made.type, 5)) == "5"


def test_a_factory_that_makes_nothing_leaves_the_task_to_its_function(own: Registry) -> None:
    with pytest.raises(UnknownTaskType, match=r"no task function for type 'nothing'"):
        own.execute(event("nothing"))


def test_an_event_without_a_handler_is_named(own: Registry) -> None:
    with pytest.raises(UnknownTaskType, match="no @event_handler is bound to Unheard"):
        own.execute(event("unheard"))
