"""What `@task` refuses where it stands, and what a type's declaration gives its tasks."""

import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskmill import Retry, TaskContext, task
from taskmill.errors import InvalidKey, UnknownTaskType
from taskmill.events import TaskQueueEvent
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.registry import Registry
from taskmill.functions.task_functions import TaskFunction
from taskmill.model.keys import TaskKey
from taskmill.model.task_settings import TaskSettings


def declared(**options: Any) -> TaskFunction:
    return task(f"type-{uuid.uuid4()}", **options)(lambda value: value)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"timeout_seconds": 901}, r'timeout_seconds is 901; .* use runner="container"'),
        ({"timeout_seconds": 0}, "timeout_seconds is 0; more than 0"),
        ({"timeout_seconds": -1.5}, "timeout_seconds is -1.5; more than 0"),
        ({"timeout_seconds": float("nan")}, "timeout_seconds is nan"),
        ({"timeout_seconds": float("inf"), "runner": "container"}, "timeout_seconds is inf"),
        ({"runner": "docker"}, "runner is 'docker'; one of lambda, container"),
        ({"pool": "Large"}, "pool is 'Large'; .* a small letter and up to 31 of a-z 0-9 -"),
        ({"pool": 3}, "pool is 3"),
        ({"pool": "priority"}, "pool is 'priority', a queue of every stack; leave it out"),
        ({"pool": "large", "priority": "high"}, "the pool 'large' has one queue for all"),
        ({"priority": "asap"}, "priority is 'asap'; one of low, normal, high, urgent"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_work_is_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        declared(**options)


@pytest.mark.parametrize("event", ["on_success", "on_failure", "on_completion"])
def test_a_type_cannot_be_its_own_callback(event: str) -> None:
    for names in ("export", ["mail", "export"]):
        with pytest.raises(ValueError, match=f"'export': {event} names the type itself"):
            task("export", **{event: names})
    with pytest.raises(InvalidKey, match="a#b"):
        declared(**{event: "a#b"})


def test_long_tasks_run_in_containers() -> None:
    made = declared(timeout_seconds=7_200, runner="container")

    assert Registry().policy(made.type) == (Retry(), 7_200)
    assert Registry().settings(made.type).runner == "container"
    assert declared(timeout_seconds=900).settings.runner is None


def test_a_type_s_settings_are_known_to_who_submits() -> None:
    made = declared(on_success="mail", on_failure=["page", "page"], priority="high")

    callbacks = (("success", "mail"), ("failure", "page"))
    assert Registry().settings(made.type) == TaskSettings(callbacks=callbacks, priority="high")
    assert Registry().settings("unknown") == TaskSettings()
    assert Registry(["no_such_module"]).settings(made.type) == TaskSettings()


def no_argument() -> None: ...
def only_a_context(ctx: TaskContext) -> None: ...
def one(value: Any) -> None: ...
def one_and_a_context(value: Any, ctx: Any) -> None: ...
def a_context_and_one(how: TaskContext, value: Any) -> None: ...


@pytest.mark.parametrize(
    "function", [no_argument, only_a_context, one, one_and_a_context, a_context_and_one]
)
def test_a_function_takes_its_input_and_its_context(function: Callable[..., None]) -> None:
    assert task(f"type-{uuid.uuid4()}")(function).run(None, None) is None


def two(first: Any, second: Any) -> None: ...
def two_and_a_context(first: Any, second: Any, ctx: TaskContext) -> None: ...
def one_and_an_option(first: Any, *, option: bool = True) -> None: ...
def any_number(*first: Any) -> None: ...
def any_names(**first: Any) -> None: ...


@pytest.mark.parametrize(
    "function", [two, two_and_a_context, one_and_an_option, any_number, any_names]
)
def test_a_function_that_no_input_could_fill_is_refused(function: Callable[..., None]) -> None:
    task_type = f"type-{uuid.uuid4()}"

    with pytest.raises(ValueError, match=rf"{function.__name__} takes .*first.*: a task function"):
        task(task_type)(function)

    assert task_type not in FUNCTIONS


def test_an_unknown_type_is_told_with_the_one_that_was_meant() -> None:
    task("refund-order")(one)
    event = TaskQueueEvent(key=TaskKey.parse("TASK#t", "refund-ordre#1"))

    with pytest.raises(UnknownTaskType, match=r"\(did you mean 'refund-order'\?\); known are: .+"):
        Registry().execute(event)


def test_modules_are_loaded_once_and_whole_by_however_many_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, task_type = f"module_{uuid.uuid4().hex}", f"type-{uuid.uuid4()}"
    (tmp_path / f"{name}.py").write_text(
        "import time\nfrom taskmill import task\ntime.sleep(0.2)\nLOADED = [1]\n"
        f"task({task_type!r}, priority='high')(lambda: None)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    registry, found = Registry([name]), list[TaskSettings]()
    threads = [
        threading.Thread(target=lambda: found.append(registry.settings(task_type)))
        for _ in range(8)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [TaskSettings(priority="high")] * 8
    assert sys.modules[name].LOADED == [1]


def test_a_factory_is_made_once_by_however_many_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"module_{uuid.uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(
        "import time\nfrom taskmill import TaskEventFactory\nMADE = []\n"
        "class Factory(TaskEventFactory):\n"
        "    def __init__(self):\n        time.sleep(0.05)\n        MADE.append(1)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    made = task(f"type-{uuid.uuid4()}")(lambda value: value)
    registry = Registry([name], f"{name}:Factory")
    event = TaskQueueEvent(key=TaskKey.parse("TASK#t", f"{made.type}#1"), input=7)
    results = list[str]()
    threads = [
        threading.Thread(target=lambda: results.append(registry.execute(event))) for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == ["7"] * 4
    assert sys.modules[name].MADE == [1]


def test_types_that_declare_each_other_as_callbacks_are_warned_of() -> None:
    first, second = f"a-{uuid.uuid4()}", f"b-{uuid.uuid4()}"
    task(first, on_success=second)(lambda value: value)

    with pytest.warns(UserWarning, match=f"{second} > {first} > {second}: these callbacks submit"):
        task(second, on_failure=["other", first])(lambda value: value)


def test_a_pool_is_a_setting_of_the_type_and_container_is_the_runner_of_that_name() -> None:
    assert declared(pool="large").settings == TaskSettings(pool="large")
    assert declared(pool="gpu", runner="container", timeout_seconds=7_200).settings == (
        TaskSettings(pool="gpu", runner="container")
    )
    assert declared(pool="container", timeout_seconds=7_200).settings == (
        TaskSettings(runner="container")
    )
