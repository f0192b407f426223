"""What a task leaves in its process is gone for the next one."""

import io
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import leaking_tasks
import pytest
from clouds import get, result, submit
from leaking_tasks import ESCAPES, LEAKS

from taskmill.testing import InProcessCloud
from taskmill.work.isolation import ATTEMPTS

WAYS = {"the Lambda worker": {}, "a consumer": {"TASKMILL_RUNNER": "container"}}
HOW_TO_ADD_KEYS = [
    "append_keys",
    "structure_logs",
    "new structure",
    "correlation id",
    "thread_safe",
]


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    environment = {**request.param, "TASKMILL_TENANT": "mbc"}
    with InProcessCloud(modules=["leaking_tasks"], environment=environment) as cloud:
        yield cloud


def run(cloud: InProcessCloud, task_type: str, value: Any = None) -> Any:
    """The result of a task, or its error."""
    key = submit(cloud, task_type, value)
    cloud.run()
    task = get(cloud, key)
    return result(cloud, key) if task.status == "COMPLETED" else task.attributes["error"]


def found(cloud: InProcessCloud, what: str) -> Any:
    return run(cloud, "finds", what)


@pytest.mark.parametrize("what", LEAKS)
def test_it_is_gone_for_the_next_task(cloud: InProcessCloud, what: str) -> None:
    before = found(cloud, what)

    assert run(cloud, "leaks", what) is None
    assert found(cloud, what) == before
    assert run(cloud, "leaks-and-fails", what)["message"] == "failed"
    assert found(cloud, what) == before


@pytest.mark.parametrize("what", ["environment", "working folder", "decimal precision", "warnings"])
def test_it_is_gone_after_an_async_task(cloud: InProcessCloud, what: str) -> None:
    before = found(cloud, what)

    run(cloud, "leaks-async", what)

    assert found(cloud, what) == before


@pytest.mark.parametrize("what", ["environment", "working folder", "context variable", "alarm"])
def test_it_is_gone_for_the_next_subtask_of_a_batch(cloud: InProcessCloud, what: str) -> None:
    before = found(cloud, what)

    leaking_tasks.leaks.map([what, what]).wait()

    assert found(cloud, what) == before


@pytest.mark.parametrize("what", LEAKS)
def test_it_is_gone_for_a_program_that_runs_a_task_itself(what: str) -> None:
    before = leaking_tasks.FOUND[what]()
    with InProcessCloud(modules=["leaking_tasks"], environment={"TASKMILL_TENANT": "mbc"}):
        leaking_tasks.leaks.submit(what, execute_now=True)

    assert leaking_tasks.FOUND[what]() == before


def test_an_alarm_that_a_program_has_set_goes_on_after_a_task() -> None:
    rings: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _frame: rings.append(number))
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        with InProcessCloud(modules=["leaking_tasks"], environment={"TASKMILL_TENANT": "mbc"}):
            leaking_tasks.leaks.submit("alarm", execute_now=True)
        left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert 30 < left < 60
    assert not rings


def test_asyncio_tasks_that_are_left_behind_are_cancelled(cloud: InProcessCloud) -> None:
    run(cloud, "leaves-a-task")

    assert leaking_tasks.KEPT[-1].cancelled()
    assert run(cloud, "counts-ticks") == 0


OLD_STYLE = """
import asyncio, sys, warnings
from taskmill import task
from taskmill.testing import InProcessCloud

@task("old-style")
def old_style(_):
    return asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, "ran"))

@task("new-style")
async def new_style(_):
    return await asyncio.sleep(0, "ran")

with InProcessCloud(environment={"TASKMILL_TENANT": "mbc"}):
    tasks = [old_style, old_style, new_style, old_style]
    print([each.submit().wait() for each in tasks])
"""


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python 3.14 makes no loop by itself")
def test_code_from_before_asyncio_run_works_in_task_after_task() -> None:
    command = [sys.executable, "-W", "ignore", "-c", OLD_STYLE]

    said = subprocess.run(command, check=True, timeout=60, capture_output=True, text=True)

    assert said.stdout.strip() == str(["ran"] * 4)


def test_what_modules_set_at_import_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sets_at_import.py").write_text("import os\nos.environ['SET_AT_IMPORT'] = 'yes'\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("SET_AT_IMPORT", "no")  # so that it is removed after the test
    with InProcessCloud(modules=["sets_at_import", "leaking_tasks"]) as cloud:
        run(cloud, "leaks", "environment")

    assert os.environ["SET_AT_IMPORT"] == "yes"


# Log lines


@pytest.fixture
def lines(cloud: InProcessCloud) -> Iterator[Any]:
    """Returns the log lines with a message."""
    stream = io.StringIO()
    logger = cloud.wiring.logger
    level, (handler, *_) = logger.log_level, logger.handlers
    before, handler.stream = handler.stream, stream  # not by setStream: that flushes a closed one
    logger.setLevel("INFO")
    yield lambda message: [
        line
        for line in map(json.loads, stream.getvalue().splitlines())
        if line["message"] == message
    ]
    handler.stream = before
    logger.setLevel(level)


@pytest.mark.parametrize("how", HOW_TO_ADD_KEYS)
@pytest.mark.parametrize("task_type", ["logs-keys", "logs-keys-async"])
def test_keys_on_ctx_logger_end_with_the_attempt(
    cloud: InProcessCloud, lines: Any, task_type: str, how: str
) -> None:
    run(cloud, task_type, how)
    run(cloud, "logs-plainly")

    [mine], [plain] = lines("mine"), lines("plain")
    added = "correlation_id" if how == "correlation id" else "customer"
    assert mine[added] == "acme"
    assert mine["key"]
    assert added not in plain
    assert "acme" not in json.dumps(lines("ended") + lines("claimed") + lines("worked"))


def test_other_tasks_do_not_see_them_at_the_same_time(cloud: InProcessCloud, lines: Any) -> None:
    keys = [submit(cloud, "logs-keys-async", "append_keys") for _ in range(3)]
    keys += [submit(cloud, "logs-plainly") for _ in range(3)]
    cloud.run()

    assert {get(cloud, each).status for each in keys} == {"COMPLETED"}
    assert not any("customer" in line for line in lines("plain"))


def test_the_task_logger_does_what_the_one_of_powertools_does(cloud: InProcessCloud) -> None:
    assert run(cloud, "logs-in-parts") == {
        "within": True,
        "after": None,
        "part": "one",
        "correlation": "c-1",
        "removed": True,
        "left": ["attempt", "key"],
    }


def test_a_change_is_told_in_the_log(cloud: InProcessCloud, lines: Any) -> None:
    run(cloud, "leaks", "environment")

    assert [line["changed"] for line in lines("put back what task code had changed")] == [
        ["environment"]
    ]


# Tasks at the same time


def test_a_task_keeps_what_it_has_set_while_another_one_ends() -> None:
    leaking_tasks.GO.clear()
    settings = {"TASKMILL_RUNNER": "container", "TASKMILL_QUEUE_SERVICE": "memory"}
    with InProcessCloud(modules=["leaking_tasks"], environment=settings) as cloud:
        consumer = cloud.wiring.consumer(concurrency=2, idle_seconds=1)
        thread = threading.Thread(target=consumer.run, daemon=True)
        thread.start()
        waiting = submit(cloud, "changes-and-waits", "me")
        cloud.deliver_records()
        assert leaking_tasks.STARTED.acquire(timeout=20)
        ending = submit(cloud, "starts-and-ends")
        cloud.deliver_records()
        until(lambda: get(cloud, ending).status == "COMPLETED")

        assert os.environ["CHANGED_BY"] == "me"  # the other task relies on it

        leaking_tasks.GO.set()
        until(lambda: get(cloud, waiting).status == "COMPLETED")
        consumer.stop()
        thread.join(20)
        assert result(cloud, waiting) == "me"
    assert not {"CHANGED_BY", "ENDED"} & os.environ.keys()  # the last one to end cleared up


def until(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def test_a_logger_that_was_made_meanwhile_is_left_alone() -> None:
    logger = logging.getLogger("test")
    with ATTEMPTS.isolated(logger):
        logging.getLogger("made.meanwhile").setLevel(logging.ERROR)

    assert logging.getLogger("made.meanwhile").level == logging.ERROR


# Time limits


@pytest.mark.parametrize("how", ESCAPES)
@pytest.mark.parametrize("task_type", ["escapes", "sleeps-with-alarm"])
def test_no_task_in_the_main_thread_escapes_its_time_limit(task_type: str, how: str) -> None:
    if task_type == "sleeps-with-alarm" and how in ("ignored signals", "blocked signals"):
        pytest.skip("a sleeping thread without signals can only be waited for")
    with InProcessCloud(modules=["leaking_tasks"]) as cloud:
        began = time.monotonic()

        error = run(cloud, task_type, how)

        assert (error["type"], error["message"]) == ("TaskTimeout", "ran longer than 0.1 s")
        assert "leaking_tasks.py" in error["stack"]
        assert time.monotonic() - began < 10
        assert run(cloud, "finds", "alarm")[1] == 0  # and the next one has its own
        assert run(cloud, "escapes", "alarm(0)")["type"] == "TaskTimeout"


def test_a_task_may_use_alarms_for_limits_of_its_own() -> None:
    with InProcessCloud(modules=["leaking_tasks"]) as cloud:
        assert run(cloud, "own-time-limit") == "in time"


def test_code_that_swallows_the_interrupt_was_too_slow_all_the_same(cloud: InProcessCloud) -> None:
    assert run(cloud, "swallows-the-limit")["type"] == "TaskTimeout"
