"""Middleware: what it is told of submits and attempts, and what becomes of its own errors."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import hooked_tasks
import pytest
from hooked_tasks import THREADS, TOLD, Told
from network import URL, Network

import taskmill
from taskmill import Middleware, Submission, TaskFailed
from taskmill.client import NewTask, TaskClient
from taskmill.errors import InvalidRequest
from taskmill.functions.hooks.middleware import MIDDLEWARE
from taskmill.testing import InProcessCloud


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    TOLD.clear()
    THREADS.clear()
    taskmill.middleware(Told())
    yield
    MIDDLEWARE.clear()


@pytest.fixture(params=[{}, {"TASKMILL_RUNNER": "container"}], ids=["the worker", "a consumer"])
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    settings = {"TASKMILL_TENANT": "mbc", **request.param}
    with InProcessCloud(modules=["hooked_tasks"], environment=settings) as cloud:
        yield cloud


def submit(name: str, **options: Any) -> Any:
    return getattr(hooked_tasks, name).submit("x", **options)


@pytest.mark.parametrize("name", ["hooked", "hooked_async"])
def test_the_function_sees_what_was_set_before_it(cloud: InProcessCloud, name: str) -> None:
    handle = submit(name)

    assert handle.wait() == str(handle.key)
    kind = name.replace("_", "-")
    assert [f"submit task {kind}", f"before {kind} 1 t-1", f"after {kind} 1"] == TOLD


def test_it_is_called_in_the_thread_of_the_function(cloud: InProcessCloud) -> None:
    submit("hooked").wait()

    assert len(THREADS) == 2
    assert THREADS[0] is THREADS[1]


def test_it_is_called_where_a_task_runs_in_the_submitting_process(cloud: InProcessCloud) -> None:
    submit("hooked", execute_now=True)

    assert TOLD == ["submit task hooked", "before hooked 1 t-1", "after hooked 1"]


def test_each_attempt_that_fails_is_told_and_which_is_the_last(cloud: InProcessCloud) -> None:
    with pytest.raises(TaskFailed):
        submit("hooked_fails").wait()

    assert TOLD[1:] == [
        "before hooked-fails 1 t-1",
        "failed hooked-fails 1 ValueError retried",
        "before hooked-fails 2 t-1",
        "failed hooked-fails 2 ValueError final",
    ]


def in_a_thread(call: Any) -> None:
    """Elsewhere than in the main thread, code that is late is given up, not interrupted."""
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


@pytest.mark.parametrize("run", [lambda call: call(), in_a_thread], ids=["main", "a thread"])
def test_an_attempt_that_takes_too_long_has_failed_with_a_timeout(
    cloud: InProcessCloud, run: Any
) -> None:
    submit("hooked_late")

    run(cloud.run)

    assert TOLD[1:] == [
        "before hooked-late 1 t-1",
        "failed hooked-late 1 TaskTimeout final",
    ]


def test_a_result_that_cannot_be_stored_is_a_failure(cloud: InProcessCloud) -> None:
    with pytest.raises(TaskFailed):
        submit("hooked_unstorable").wait()

    assert [each.split()[0] for each in TOLD[1:]] == ["before", "failed"]


def test_children_subtasks_and_what_they_inherit_are_told(cloud: InProcessCloud) -> None:
    assert len(submit("hooked_parent").wait()) == 3

    assert TOLD.count("submit task hooked") == 2  # once each, though the parent ran three times
    assert TOLD.count("submit fan-out hooked") == 1
    assert TOLD.count("before hooked 1 t-1") == TOLD.count("after hooked 1") == 3
    assert TOLD.count("before hooked-parent 1 t-1") == 3
    assert TOLD.count("stopped hooked-parent 1") == 2
    assert TOLD[-1] == "after hooked-parent 1"


def test_callbacks_have_the_log_ids_of_their_source(cloud: InProcessCloud) -> None:
    submit("hooked_source")
    cloud.run()

    assert "before hooked-callback 1 t-1" in TOLD


def test_a_cancelled_attempt_was_stopped(cloud: InProcessCloud) -> None:
    submit("hooked_cancelled")
    cloud.run()

    assert TOLD[-1] == "stopped hooked-cancelled 1"


def test_what_a_client_submits_is_told_once_each(cloud: InProcessCloud) -> None:
    network = Network(cloud)
    with TaskClient(URL, tenant="mbc", token="made-up", transport=network) as client:
        client.submit("hooked", "x")
        client.submit_many([NewTask(task_type="hooked", input="x")])
        client.map("hooked", ["x"])

    sent = [json.loads(each.content) for each in network.requests]
    assert sent[0]["logIds"] == sent[1]["tasks"][0]["logIds"] == {"trace": "t-1"}
    assert [each for each in TOLD if each.startswith("submit")] == [
        "submit task hooked",
        "submit task hooked",
        "submit fan-out hooked",
    ]
    assert TOLD.count("after hooked 1") == 3


class Broken(Middleware):
    """Raises where it is told to."""

    def __init__(self, where: str) -> None:
        def fail(*_: object, **__: object) -> None:
            raise LookupError(f"broken {where}")

        setattr(self, where, fail)


def test_an_error_before_a_submit_reaches_its_caller_and_nothing_is_stored(
    cloud: InProcessCloud,
) -> None:
    taskmill.middleware(Broken("before_submit"))

    with pytest.raises(LookupError, match="broken before_submit"):
        submit("hooked")

    cloud.run()
    assert TOLD == ["submit task hooked"]


def test_an_error_before_an_attempt_fails_it(cloud: InProcessCloud) -> None:
    taskmill.middleware(Broken("before_attempt"))

    with pytest.raises(TaskFailed, match="LookupError: broken before_attempt"):
        submit("hooked").wait()

    assert len(THREADS) % 2 == 1  # the function did not run
    assert TOLD[-1].endswith("LookupError final")


@pytest.mark.parametrize(
    ("name", "where"), [("hooked", "after_attempt"), ("hooked_fails", "failed_attempt")]
)
def test_an_error_after_an_attempt_is_logged_and_changes_nothing(
    cloud: InProcessCloud, caplog: pytest.LogCaptureFixture, name: str, where: str
) -> None:
    taskmill.middleware(Broken(where))
    handle = submit(name)

    cloud.run()

    assert handle.status() == ("COMPLETED" if name == "hooked" else "FAILED")
    logged = [each for each in caplog.records if each.message == "middleware failed"]
    assert {each.__dict__["middleware"] for each in logged} == {"Broken"}
    assert {each.__dict__["error"] for each in logged} == {f"LookupError: broken {where}"}
    assert TOLD[-1].startswith("after" if name == "hooked" else "failed")  # the others are told


def test_one_that_adds_too_many_log_ids_is_refused(cloud: InProcessCloud) -> None:
    class Greedy(Middleware):
        def before_submit(self, submission: Submission) -> None:
            submission.log_ids.update({f"id{number}": "x" for number in range(11)})

    taskmill.middleware(Greedy())

    with pytest.raises(InvalidRequest, match="are 12; at most 10"):
        submit("hooked")


def test_a_second_of_the_same_class_takes_the_place_of_the_first(cloud: InProcessCloud) -> None:
    taskmill.middleware(Told())

    submit("hooked").wait()

    assert TOLD.count("after hooked 1") == 1


def test_something_else_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="give an instance of a subclass of Middleware"):
        taskmill.middleware(Told)  # type: ignore[type-var]
