"""A failed task has the error that its own code raised last, and beside it what made it final."""

from collections.abc import Iterator
from typing import Any

import pytest
from clouds import fan_out, get, result, submit

from taskmill import Retry
from taskmill.cli.tasks.show import error_text
from taskmill.functions.registry import Registry
from taskmill.handlers import subtasks
from taskmill.model.errors import TaskNotFound
from taskmill.model.keys import TaskKey
from taskmill.model.wait_errors import TaskFailed
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["reason_tasks"]) as cloud:
        yield cloud


def until(cloud: InProcessCloud, key: TaskKey, status: str) -> None:
    def reached() -> bool:
        try:
            return get(cloud, key).status == status
        except TaskNotFound:  # a subtask that is not stored yet
            return False

    while not reached():
        assert cloud.wait(60)


def error_of(cloud: InProcessCloud, key: TaskKey) -> Any:
    task = get(cloud, key)
    assert task.status == "FAILED"
    return task.attributes["error"]


def lower(monkeypatch: pytest.MonkeyPatch, attempts: int) -> None:
    """A deployment that allows fewer attempts."""
    policy = (Retry(max_attempts=attempts), 120.0)
    monkeypatch.setattr(Registry, "policy", lambda *_: policy)


def test_attempts_that_a_deployment_lowered(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = submit(cloud, "reason-raises")
    until(cloud, key, "ERRORED")

    lower(monkeypatch, 1)
    cloud.run()

    error = error_of(cloud, key)
    assert (error["type"], error["message"]) == ("ValueError", "its own")
    assert "reason_tasks.py" in error["stack"]
    assert error["final"] == {
        "type": "AttemptsSpent",
        "message": "no attempt is left: 1 were made, 1 are allowed now (3 when it was claimed)",
    }


def test_attempts_that_a_deployment_lowered_for_subtasks(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = fan_out(cloud, "reason-raises", [1])
    until(cloud, key.subtask(0), "ERRORED")

    lower(monkeypatch, 1)
    cloud.run()

    error = error_of(cloud, key.subtask(0))
    assert (error["type"], error["final"]["type"]) == ("ValueError", "AttemptsSpent")
    assert get(cloud, key.subtask(0)).attempts == 1


def test_a_last_attempt_that_was_lost_with_its_worker(cloud: InProcessCloud) -> None:
    key = submit(cloud, "raises-then-dies")

    cloud.run()

    error = error_of(cloud, key)
    assert (error["type"], error["message"]) == ("ValueError", "its own")
    assert error["final"]["message"] == "attempt 2 of 2 was lost with its worker"


def test_a_last_attempt_of_a_subtask_that_was_lost_with_its_worker(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "raises-then-dies", [1])

    cloud.run()

    error = error_of(cloud, key.subtask(0))
    assert error["type"] == "ValueError"
    assert error["final"]["type"] == "AttemptsSpent"


@pytest.mark.parametrize("start", [submit, lambda c, t: fan_out(c, t, [1])], ids=["task", "batch"])
def test_without_an_error_of_its_own_the_reason_is_the_error(
    cloud: InProcessCloud, start: Any
) -> None:
    key = start(cloud, "reason-dies")

    cloud.run()

    error = error_of(cloud, key if get(cloud, key).kind == "TASK" else key.subtask(0))
    assert error["type"] == "AttemptsSpent"
    assert "final" not in error


def test_a_batch_that_was_given_up(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "reason-raises", [1, 2], batch_size=2)
    until(cloud, key.subtask(1), "ERRORED")

    cause = {"Error": "Lambda.Unknown", "Cause": "out of memory"}
    event = {**key.as_dict(), "execution": None, "cause": cause}
    subtasks.finish(event, cloud.context())

    for index in (0, 1):
        error = error_of(cloud, key.subtask(index))
        assert (error["type"], error["message"]) == ("ValueError", "its own")
        assert error["final"]["type"] == "WorkflowFailed"
        assert "out of memory" in error["final"]["message"]
    assert error_of(cloud, key)["type"] == "WorkflowFailed"


def test_a_retry_by_hand_begins_without_the_old_reasons(cloud: InProcessCloud) -> None:
    key = submit(cloud, "raises-then-dies")
    cloud.run()

    cloud.service.retry(key=key)

    assert "error" not in get(cloud, key).attributes


def test_everybody_is_told_both(cloud: InProcessCloud) -> None:
    key = submit(cloud, "raises-then-dies", on_failure="reason-told")
    cloud.run()
    final = {"type": "AttemptsSpent", "message": "attempt 2 of 2 was lost with its worker"}

    (child,) = cloud.service.list_children(key=key)
    assert result(cloud, child.key)["final"] == final
    (alarm,) = cloud.alarms
    assert alarm["content"]["errorDetails"]["final"] == final
    answer = InProcessApi().get(f"/v1/tenants/mbc/tasks/{key.type}/{key.code}")
    assert answer.body["attributes"]["error"]["final"] == final
    both = "ValueError: its own; AttemptsSpent: attempt 2 of 2 was lost with its worker"
    assert error_text(get(cloud, key)) == both
    assert both in str(TaskFailed(get(cloud, key)))


def test_a_cancelled_task_says_that_it_is_cancelled_and_what_it_met_before(
    cloud: InProcessCloud,
) -> None:
    key = submit(cloud, "reason-raises")
    until(cloud, key, "ERRORED")

    cloud.service.cancel(key=key)

    assert error_text(get(cloud, key)) == "cancelled after ValueError: its own"
