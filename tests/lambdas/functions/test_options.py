"""Every option is refused where it is given, by its name, its value and what is allowed."""

import datetime as dt
import functools
import importlib
import math
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import any_key

from taskmill import Retry, TaskContext, TaskFunction, task
from taskmill.errors import InvalidOption, InvalidRequest
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.testing import InProcessCloud


@task("checked-options")
def sample(value: Any = None) -> Any:
    return value


def a_function(value: Any) -> Any:
    return value


HOUR = dt.timedelta(hours=1)
NAIVE = dt.datetime(2030, 1, 1)  # noqa: DTZ001
NO_NUMBER = [True, "5", "x", [], {}, HOUR, object(), math.nan, math.inf, -1, 1e300]
NO_WHOLE = [*NO_NUMBER, 2.5]
NO_LIMIT = [0, 31_536_001, *NO_WHOLE]
NO_NAME = [True, 5, "", "a#b", "-a", "x" * 65, b"a", [], object(), a_function]
NO_TEXT = [True, 5, "", "x" * 257, b"a", [], object()]
NO_CHOICE = [True, 5, "", "LOW", "medium", [], {}, object()]
NO_TYPES = [True, 5, "", "a#b", [5], [None], {"a": 1}, object(), a_function, print, int, [print]]
NO_FLAG = [0, 1, "true", [], object()]
NO_ERRORS = [True, 3, "ValueError", ValueError("x"), [ValueError], (ValueError, 3), object]

OF_TASK: dict[str, list[Any]] = {
    "retry": [True, 3, 0, "3", {}, object(), Retry],
    "timeout_seconds": [None, 0, *NO_NUMBER],
    "on_success": [None, *NO_TYPES],
    "on_failure": [None, *NO_TYPES],
    "on_completion": [None, *NO_TYPES],
    "runner": [None, *NO_CHOICE],
    "priority": NO_CHOICE,
    "expires_seconds": NO_LIMIT,
    "deadline_seconds": NO_LIMIT,
}
OF_RETRY: dict[str, list[Any]] = {
    "max_attempts": [None, 0, 10**7, *NO_WHOLE],
    "base_seconds": [None, *(each for each in NO_NUMBER if each != 1e300)],
    "factor": [None, 0.5, *(each for each in NO_NUMBER if each != 1e300)],
    "max_seconds": [None, *NO_NUMBER],
    "jitter": [None, *NO_CHOICE],
    "on": [None, *NO_ERRORS],
    "never": [None, *NO_ERRORS],
}
OF_SUBMIT: dict[str, list[Any]] = {
    "tenant": NO_NAME,
    "name": NO_TEXT,
    "code": NO_NAME,
    "idempotency_key": NO_TEXT,
    "priority": NO_CHOICE,
    "notify": NO_CHOICE,
    "expires_seconds": NO_LIMIT,
    "deadline_seconds": NO_LIMIT,
    "on_success": [*NO_TYPES, ["a"] * 11],
    "on_failure": NO_TYPES,
    "on_completion": NO_TYPES,
    "log_ids": [True, "a", ["a"], {"a": 1}, {1: "a"}, {"key": "a"}, {"a": "x" * 257}],
    "execute_now": NO_FLAG,
}
OF_MAP: dict[str, list[Any]] = {
    "tolerated_failures": [*NO_WHOLE[:1], "x", "101%", "-1", [], HOUR, math.nan, -1, 2.5],
    "batch_size": [0, 10_001, *NO_WHOLE],
    "max_concurrency": [0, 10_001, *NO_WHOLE],
}
ALONE: dict[str, list[Any]] = {
    "delay_seconds": [31_536_001, *NO_WHOLE],
    "run_at": [True, 5, "2030-01-01T00:00:00Z", NAIVE, NAIVE.date(), HOUR],
}


def pairs(*tables: dict[str, list[Any]]) -> list[Any]:
    return [
        pytest.param(name, value, id=f"{name}-{type(value).__name__}-{number}")
        for table in tables
        for name, values in table.items()
        for number, value in enumerate(values)
    ]


@pytest.mark.parametrize(("option", "value"), pairs(OF_TASK))
def test_an_option_of_a_type_is_refused_at_its_declaration(option: str, value: Any) -> None:
    task_type = f"type-{uuid.uuid4()}"

    with pytest.raises((TypeError, ValueError)) as refused:
        task(task_type, **{option: value})(a_function)

    assert option in str(refused.value) or "type " in str(refused.value)
    assert task_type not in FUNCTIONS


@pytest.mark.parametrize(("option", "value"), pairs(OF_RETRY))
def test_an_option_of_a_policy_is_refused_where_it_is_written(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{option} is .*; ") as refused:
        Retry(**{option: value})

    assert isinstance(refused.value, InvalidOption)


@pytest.mark.parametrize(("option", "value"), pairs(OF_SUBMIT, ALONE))
def test_an_option_of_a_submit_is_refused_by_the_call(option: str, value: Any) -> None:
    with pytest.raises(InvalidOption, match=f"^{option}: "):
        sample.submit(1, **{"tenant": "mbc", option: value})


@pytest.mark.parametrize(("option", "value"), pairs(OF_SUBMIT, OF_MAP))
def test_an_option_of_a_fan_out_is_refused_by_the_call(option: str, value: Any) -> None:
    with pytest.raises(InvalidOption, match=f"^{option}: "):
        sample.map([1], **{"tenant": "mbc", option: value})


@pytest.mark.parametrize("inputs", [None, 3, "text", b"bytes", {"a": 1}, object(), print])
def test_inputs_that_are_no_list_are_refused(inputs: Any) -> None:
    with pytest.raises(TypeError, match=r"inputs is .*: give a list or an iterator"):
        sample.map(inputs, tenant="mbc")


def test_all_wrong_options_are_named_at_once() -> None:
    wrong: dict[str, Any] = {"delay_seconds": -1, "priority": "asap"}
    with pytest.raises(InvalidRequest, match=r"delay_seconds: is -1; .*; priority: is 'as") as no:
        sample.submit(1, tenant="mbc", **wrong)

    assert [each["field"] for each in no.value.details["errors"]] == ["delay_seconds", "priority"]


@pytest.mark.parametrize("timeout", [True, "5", HOUR, math.nan, -1, [], object()])
def test_a_time_to_wait_that_is_none_is_refused(cloud: InProcessCloud, timeout: Any) -> None:
    handle = sample.submit(1, tenant="mbc")
    with pytest.raises(InvalidOption, match="timeout_seconds is "):
        handle.wait(timeout)


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (lambda: task("a", retri=3), "task has no option 'retri'; did you mean 'retry'"),
        (lambda: task("a", timeout=3), "did you mean 'timeout_seconds'"),
        (lambda: Retry(max_attempt=3), "Retry has no option 'max_attempt'; .*'max_attempts'"),
        (lambda: sample.submit(1, delay=3), "did you mean 'delay_seconds'"),
        (lambda: sample.submit(1, prioritty="low"), "did you mean 'priority'"),
        (lambda: sample.map([1], batchsize=3), "did you mean 'batch_size'"),
        (lambda: sample.submit(1, zzz=3), "TaskFunction.submit has no option 'zzz'$"),
    ],
)
def test_a_misspelt_option_is_refused_with_what_was_meant(
    call: Callable[[], Any], why: str
) -> None:
    with pytest.raises(TypeError, match=why):
        call()


def test_seconds_as_a_timedelta_are_told_as_a_number() -> None:
    with pytest.raises(TypeError, match=r"give a number of seconds.*: 60 seconds as a number"):
        task("a", timeout_seconds=dt.timedelta(minutes=1))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("progress", "why"),
    [
        (("x",), "done is 'x'; give a number"),
        ((None,), "done is None"),
        ((1, "x"), "total is 'x'"),
        ((math.nan,), "done is nan"),
    ],
)
def test_a_progress_that_is_none_is_refused(progress: Any, why: str) -> None:
    context = TaskContext(key=any_key(), attempt=1, logger=None, report=lambda _: None)
    with pytest.raises((TypeError, ValueError), match=why):
        context.progress(*progress)


# What may be a task


class Thing:
    def method(self, value: Any) -> Any:
        return value

    def __call__(self, value: Any) -> Any:
        return value


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (functools.partial(a_function, 1), "not a functools.partial"),
        (Thing, "not the class Thing"),
        (Thing(), "not <.*Thing object"),
        (len, "not <built-in function len>"),
        (Thing.method, "Thing.method is a method"),
        (classmethod(a_function), "not <classmethod"),
        (None, "not None"),
        ("a_function", "not 'a_function'"),
        (sample, "is the task type 'checked-options' already"),
    ],
)
def test_what_is_no_function_is_no_task(given: Any, why: str) -> None:
    with pytest.raises(TypeError, match=why):
        task(f"type-{uuid.uuid4()}")(given)


def test_without_its_type_the_decorator_says_how_it_is_written() -> None:
    with pytest.raises(TypeError, match=r'write @task\("a_function"\), not @task'):
        task(a_function)  # type: ignore[arg-type]


async def a_coroutine(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    "given",
    [a_function, lambda value: value, a_coroutine, Thing().method, staticmethod(a_function)],
)
def test_functions_of_every_kind_are_tasks(given: Any) -> None:
    assert task(f"type-{uuid.uuid4()}")(given).run(7, None) == 7


def test_callbacks_may_be_given_as_task_functions() -> None:
    made = task(f"type-{uuid.uuid4()}", on_success=[sample, "mail"])(a_function)

    assert made.settings.callbacks == (("success", "checked-options"), ("success", "mail"))


# One type, one function

SEND = "from taskmill import task\n@task({type!r})\ndef send(value):\n    return {result!r}\n"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Writes a module and returns its name."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)

    def write(text: str, name: str | None = None) -> str:
        name = name or f"module_{uuid.uuid4().hex}"
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return name

    return write  # type: ignore[return-value]


@pytest.fixture
def of_type() -> str:
    return f"type-{uuid.uuid4()}"


def function_of(task_type: str) -> TaskFunction:
    return FUNCTIONS[task_type]


def test_two_modules_with_a_function_of_one_name_are_both_named(module: Any, of_type: str) -> None:
    first, second = (module(SEND.format(type=of_type, result=each)) for each in "ab")
    importlib.import_module(first)

    with pytest.raises(ValueError, match=rf"{first}\.py:2.* and by {second}\.send .*{second}\.py"):
        importlib.import_module(second)

    assert function_of(of_type)(1) == "a"


def test_two_functions_of_one_name_in_one_module_are_refused(module: Any, of_type: str) -> None:
    text = SEND.format(type=of_type, result="a") + SEND.format(type=of_type, result="b")
    with pytest.raises(ValueError, match=r"send already: one type, one function"):
        importlib.import_module(module(text))


def test_two_lambdas_are_two_functions(of_type: str) -> None:
    task(of_type)(lambda: 1)
    with pytest.raises(ValueError, match="one type, one function"):
        task(of_type)(lambda: 2)


def test_decorated_functions_of_two_modules_are_two(module: Any, of_type: str) -> None:
    logged = module(
        "import functools\ndef logged(function):\n    @functools.wraps(function)\n"
        "    def call(*args):\n        return function(*args)\n    return call\n"
    )
    text = SEND.format(type=of_type, result="a").replace("def send", "@logged\ndef send")
    first, second = (module(f"from {logged} import logged\n{text}") for _ in "ab")
    importlib.import_module(first)

    with pytest.raises(ValueError, match="one type, one function"):
        importlib.import_module(second)


def test_types_that_differ_in_case_are_two(of_type: str) -> None:
    task(of_type)(a_function)
    task(of_type.upper())(lambda: 2)

    assert function_of(of_type)(7) == 7


def test_a_module_that_is_reloaded_replaces_its_functions(module: Any, of_type: str) -> None:
    name = module(SEND.format(type=of_type, result="a"))
    loaded = importlib.import_module(name)
    importlib.reload(loaded)
    module("# a line more\n" + SEND.format(type=of_type, result="changed"), name)
    importlib.reload(loaded)

    assert function_of(of_type)(1) == "changed"


def test_a_module_under_a_second_name_is_the_same(module: Any, of_type: str) -> None:
    name = module(SEND.format(type=of_type, result="a"))
    file = importlib.import_module(name).__file__
    assert file is not None
    spec = importlib.util.spec_from_file_location("__main__", file)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(importlib.util.module_from_spec(spec))

    assert function_of(of_type).function.__module__ == "__main__"


def test_a_cell_of_a_notebook_may_be_run_again(of_type: str) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for result, cell in (("a", "<cell 1>"), ("b", "<cell 2>")):
        text = SEND.format(type=of_type, result=result)
        exec(compile(text, cell, "exec"), names)  # noqa: S102

    assert function_of(of_type)(1) == "b"
