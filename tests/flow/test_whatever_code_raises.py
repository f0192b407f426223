"""Whatever task code raises ends its own attempt with its own error, wherever it runs."""

import signal
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import raising_tasks
from clouds import get, submit
from raising_tasks import RAISED, RUNS

from taskmill import TaskHandle
from taskmill.model.keys import TaskKey
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi
from taskmill.work.consumer.consumer import Consumer

WAYS = {
    "the Lambda worker": {},
    "a consumer": {"TASKMILL_RUNNER": "container"},
}
MODULES = ["raising_tasks"]
STORED = {  # where what is stored is not simply what was raised
    ("raises-async", "StopIteration"): "RuntimeError",  # Python's own rule, PEP 479
    "BaseExceptionGroup": "OwnBase",  # its member
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    RUNS.clear()
    environment = {**request.param, "TASKMILL_TENANT": "mbc"}
    with InProcessCloud(modules=MODULES, environment=environment) as cloud:
        yield cloud


def error(cloud: InProcessCloud, key: TaskKey) -> dict[str, Any]:
    task = get(cloud, key)
    assert task.status == "FAILED"
    found: Any = task.attributes["error"]
    return dict(found)


def expected(task_type: str, name: str) -> str:
    return STORED.get((task_type, name)) or STORED.get(name) or name


@pytest.mark.parametrize("task_type", ["raises", "raises-async"])
@pytest.mark.parametrize("name", RAISED)
def test_it_ends_the_attempt_with_its_own_error_and_its_neighbours_run(
    cloud: InProcessCloud, task_type: str, name: str
) -> None:
    before = [submit(cloud, each, 1) for each in ("fine", "fine-async")]
    key = submit(cloud, task_type, name)
    after = [submit(cloud, each, 2) for each in ("fine", "fine-async")]
    began = cloud.now

    cloud.run()

    found = error(cloud, key)
    assert found["type"] == expected(task_type, name)
    assert found["message"]
    assert "raising_tasks.py" in found["stack"]
    assert {get(cloud, each).status for each in before + after} == {"COMPLETED"}
    assert {get(cloud, each).attempts for each in before + after} == {1}
    assert cloud.now == began  # nobody waited for a lease or a visibility timeout


@pytest.mark.parametrize("name", RAISED)
def test_in_a_batch_it_fails_its_subtask_alone(cloud: InProcessCloud, name: str) -> None:
    handle = raising_tasks.raises.map([name, name])
    mixed = raising_tasks.fine.map([1, 2])

    cloud.run()

    stored = [each.attributes["error"]["type"] for each in handle.subtasks()]
    assert stored == [expected("raises", name)] * 2
    assert [each.attempts for each in handle.subtasks()] == [1, 1]
    assert mixed.status() == "COMPLETED"


@pytest.mark.parametrize("name", RAISED)
def test_in_the_submitting_process_it_leaves_the_submitter_alone(
    cloud: InProcessCloud, name: str
) -> None:
    for function in (raising_tasks.raises, raising_tasks.raises_async):
        handle = function.submit(name, execute_now=True)

        assert handle.status() == "FAILED"
        assert error(cloud, handle.key)["type"] == expected(function.type, name)


@pytest.mark.parametrize("name", ["CancelledError", "SystemExit", "OwnBase", "KeyboardInterrupt"])
def test_it_is_retried_where_the_policy_names_it(cloud: InProcessCloud, name: str) -> None:
    handle = raising_tasks.raises_once.submit(name)

    assert handle.wait() == name
    assert handle.task().attempts == 2


def test_code_that_recurses_for_ever_ends_with_the_error_of_that(cloud: InProcessCloud) -> None:
    assert error(cloud, run(cloud, "raises-deeply"))["type"] == "RecursionError"


@pytest.mark.parametrize("name", RAISED)
def test_an_error_whose_text_cannot_be_had_is_stored_by_its_type(
    cloud: InProcessCloud, name: str
) -> None:
    found = error(cloud, run(cloud, "unprintable", name))

    assert (found["type"], found["message"]) == ("Unprintable", "Unprintable")
    assert found["stack"]


def test_an_error_whose_text_never_ends_runs_into_the_time_limit(cloud: InProcessCloud) -> None:
    assert error(cloud, run(cloud, "endless-text"))["type"] == "TaskTimeout"


@pytest.mark.parametrize("name", ["CancelledError", "SystemExit", "OwnBase", "GeneratorExit"])
def test_a_validator_of_an_input_that_raises_fails_the_task(
    cloud: InProcessCloud, name: str
) -> None:
    assert error(cloud, run(cloud, "validates", {"name": name}))["type"] == name


@pytest.mark.parametrize("name", ["CancelledError", "SystemExit", "OwnBase"])
def test_a_result_that_raises_when_it_is_stored_fails_the_task(
    cloud: InProcessCloud, name: str
) -> None:
    assert error(cloud, run(cloud, "odd-result", name))["type"] in (name, "InvalidResult")


def test_a_policy_of_its_own_that_raises_fails_the_task_with_the_task_s_error(
    cloud: InProcessCloud,
) -> None:
    found = error(cloud, run(cloud, "own-policy"))

    assert (found["type"], found["message"]) == ("ValueError", "mine")


@pytest.mark.parametrize("name", RAISED)
def test_a_parent_hears_of_it_as_of_any_failure(cloud: InProcessCloud, name: str) -> None:
    told = raising_tasks.waits_for_raising.submit(name).wait()

    assert told.startswith("TaskFailed")
    assert expected("raises", name) in told


@pytest.mark.parametrize("name", ["CancelledError", "SystemExit", "OwnBase"])
def test_a_parent_that_raises_it_ends_with_it(cloud: InProcessCloud, name: str) -> None:
    assert error(cloud, run(cloud, "raises-after-child", name))["type"] == name


@pytest.mark.parametrize("task_type", ["ctrl-c", "ctrl-c-async"])
def test_a_ctrl_c_at_the_terminal_is_the_user_s(task_type: str) -> None:
    before = signal.getsignal(signal.SIGINT)
    with InProcessCloud(modules=MODULES, environment={"TASKMILL_TENANT": "mbc"}) as cloud:
        key = submit(cloud, task_type)

        with pytest.raises(KeyboardInterrupt):
            cloud.run()

        assert get(cloud, key).status == "STARTED"  # as after a crash: another attempt takes over
    assert signal.getsignal(signal.SIGINT) is before


def test_a_keyboard_interrupt_that_code_raises_after_a_ctrl_c_is_its_own() -> None:
    environment = {"TASKMILL_TENANT": "mbc"}
    with InProcessCloud(modules=MODULES, environment=environment) as cloud:
        submit(cloud, "ctrl-c")
        with pytest.raises(KeyboardInterrupt):
            cloud.run()

        key = run(cloud, "raises", "KeyboardInterrupt")

        assert error(cloud, key)["type"] == "KeyboardInterrupt"


@pytest.mark.parametrize("name", RAISED)
def test_a_consumer_goes_on(name: str) -> None:
    RUNS.clear()
    environment = {"TASKMILL_RUNNER": "container", "TASKMILL_QUEUE_SERVICE": "memory"}
    with InProcessCloud(modules=MODULES, environment=environment) as cloud:
        keys = [submit(cloud, each, name) for each in ("raises", "raises-async") * 3]
        fine = submit(cloud, "fine", 1)
        cloud.deliver_records()
        consumer: Consumer = cloud.wiring.consumer(concurrency=4)

        consumer.drain()
        cloud.run()

        assert [get(cloud, each).status for each in keys] == ["FAILED"] * 6
        assert get(cloud, fine).status == "COMPLETED"


# Modules that cannot be imported


@pytest.fixture
def broken(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Makes a module out of its code."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def make(name: str, code: str) -> str:
        (tmp_path / f"{name}.py").write_text(code)
        made.append(name)
        sys.modules.pop(name, None)
        return name

    yield make
    for name in made:
        sys.modules.pop(name, None)


AT_IMPORT = {
    "SystemExit": "raise SystemExit('no database')",
    "CancelledError": "import asyncio\nraise asyncio.CancelledError('no database')",
    "KeyboardInterrupt": "raise KeyboardInterrupt('no database')",
    "GeneratorExit": "raise GeneratorExit('no database')",
    "Exit": "class Exit(BaseException): pass\nraise Exit('no database')",
    "ValueError": "raise ValueError('no database')",
    "Frozen": "import raising_tasks\nraise raising_tasks.Frozen('no database')",
}


@pytest.mark.parametrize("name", AT_IMPORT)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_module_that_raises_at_import_fails_its_own_tasks_only(
    broken: Any, way: dict[str, str], name: str
) -> None:
    module = broken("raises_at_import", AT_IMPORT[name])
    with InProcessCloud(modules=[module, *MODULES], environment=way, load_modules=False) as cloud:
        key, fine = submit(cloud, "its-own"), submit(cloud, "fine", 1)
        cloud.run()

        found = error(cloud, key)
        assert (found["type"], found["message"].strip("()',")) == (name, "no database")
        assert name == "Frozen" or "importing the task module 'raises_at_import'" in found["stack"]
        assert get(cloud, fine).status == "COMPLETED"


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_module_that_can_be_imported_later_is(broken: Any, way: dict[str, str]) -> None:
    task_type = f"late-{uuid.uuid4()}"
    code = f"""
import raising_tasks
from taskmill import task
raising_tasks.RUNS.append("import")
if raising_tasks.RUNS.count("import") < 3:
    raise ConnectionError("the secret cannot be fetched")

@task("{task_type}")
def late(value):
    return value
"""
    RUNS.clear()
    with InProcessCloud(
        modules=[*MODULES, broken("late_module", code)], environment=way, load_modules=False
    ) as cloud:
        key = submit(cloud, task_type, 5)
        cloud.run()

        assert get(cloud, key).status == "COMPLETED"
        assert RUNS.count("import") == 3  # once for the policies, then once for each attempt


@pytest.mark.parametrize("name", ["SystemExit", "CancelledError"])
def test_a_factory_that_raises_ends_each_attempt(broken: Any, name: str) -> None:
    imports, _, raises = AT_IMPORT[name].rpartition("raise ")
    module = broken("raising_factory", f"{imports}\ndef made():\n    raise {raises}")
    with InProcessCloud(modules=MODULES, factory=f"{module}:made") as cloud:
        assert error(cloud, run(cloud, "fine", 1))["type"] == name


@pytest.mark.parametrize("name", ["SystemExit", "OwnBase"])
def test_a_factory_method_that_raises_ends_each_attempt(broken: Any, name: str) -> None:
    code = f"""
import raising_tasks
from taskmill import TaskEventFactory
class Factory(TaskEventFactory):
    def transform_task(self, event):
        raise raising_tasks.RAISED[{name!r}]()
"""
    module = broken("raising_factory", code)
    with InProcessCloud(modules=MODULES, factory=f"{module}:Factory") as cloud:
        assert error(cloud, run(cloud, "fine", 1))["type"] == name


@pytest.mark.parametrize("name", ["SystemExit", "CancelledError", "OwnBase"])
def test_a_validator_that_raises_does_not_break_the_api(name: str) -> None:
    with InProcessCloud(modules=MODULES) as cloud:
        body = {"taskType": "validates", "input": {"name": name}}
        answer = InProcessApi().post("/v1/tenants/mbc/tasks", body)
        cloud.run()

        assert answer.status == 202
        assert error(cloud, TaskKey.of(answer.body))["type"] == name


def run(cloud: InProcessCloud, task_type: str, value: Any = None) -> TaskKey:
    key = submit(cloud, task_type, value)
    cloud.run()
    return key


def test_a_handle_tells_the_error(cloud: InProcessCloud) -> None:
    key = run(cloud, "raises", "CancelledError")

    task = TaskHandle.of(key).task()

    assert task.attributes["error"]["type"] == "CancelledError"
