"""Errors in groups are judged by their members, and what is said about them names the member."""

from collections.abc import Iterator
from typing import Any

import pytest
import raising_tasks
from clouds import get, submit
from raising_tasks import RUNS

from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud

WAYS = {"the Lambda worker": {}, "a consumer": {"TASKMILL_RUNNER": "container"}}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    RUNS.clear()
    environment = {**request.param, "TASKMILL_TENANT": "mbc"}
    with InProcessCloud(modules=["raising_tasks"], environment=environment) as cloud:
        yield cloud


def run(cloud: InProcessCloud, task_type: str, value: Any) -> TaskKey:
    key = submit(cloud, task_type, value)
    cloud.run()
    return key


def end(cloud: InProcessCloud, task_type: str, value: Any) -> tuple[int, str, str]:
    """Attempts of a task that failed, and the type and message of its error."""
    task = get(cloud, run(cloud, task_type, value))
    assert task.status == "FAILED"
    error: Any = task.attributes["error"]
    assert "raising_tasks.py" in error["stack"]
    return task.attempts, error["type"], error["message"]


@pytest.mark.parametrize("task_type", ["task-group", "group"])
def test_an_abort_in_a_group_is_final(cloud: InProcessCloud, task_type: str) -> None:
    assert end(cloud, task_type, ["abort"]) == (1, "Abort", "give up")


def test_an_abort_in_a_group_within_a_group_is_final(cloud: InProcessCloud) -> None:
    assert end(cloud, "group", [[[["abort"]]]]) == (1, "Abort", "give up")


def test_an_abort_among_others_is_final_and_the_others_are_named(cloud: InProcessCloud) -> None:
    attempts, kind, message = end(cloud, "group", ["value", ["key", "abort"], "os"])

    assert (attempts, kind) == (1, "Abort")
    assert message == (
        "give up (also raised: ValueError: wrong; KeyError: 'gone'; OSError: no disk)"
    )


@pytest.mark.parametrize("task_type", ["task-group", "group"])
def test_other_errors_in_a_group_are_retried(cloud: InProcessCloud, task_type: str) -> None:
    assert end(cloud, task_type, ["value"]) == (3, "ValueError", "wrong")


def test_the_first_of_several_is_described(cloud: InProcessCloud) -> None:
    assert end(cloud, "group", [["value"], "os"]) == (
        *(3, "ValueError"),
        "wrong (also raised: OSError: no disk)",
    )


def test_a_group_is_retried_if_on_names_each_member(cloud: InProcessCloud) -> None:
    assert end(cloud, "picky-group", ["os", ["value"]])[:2] == (3, "OSError")


def test_a_member_that_on_does_not_name_is_final_and_is_described(cloud: InProcessCloud) -> None:
    assert end(cloud, "picky-group", ["os", ["key"]])[:2] == (1, "KeyError")


def test_a_member_that_never_names_is_final_and_is_described(cloud: InProcessCloud) -> None:
    assert end(cloud, "never-group", ["os", ["key"]])[:2] == (1, "KeyError")
    assert end(cloud, "never-group", ["os"])[:2] == (3, "OSError")


def test_on_may_name_the_group(cloud: InProcessCloud) -> None:
    assert end(cloud, "any-group", ["exit", "base"])[:2] == (3, "SystemExit")


@pytest.mark.parametrize("member", ["base", "exit"])
def test_a_member_that_is_no_exception_is_final_as_it_is_alone(
    cloud: InProcessCloud, member: str
) -> None:
    assert end(cloud, "group", ["value", member])[0] == 1


def test_what_except_star_leaves_is_judged(cloud: InProcessCloud) -> None:
    assert end(cloud, "except-star", ["value", "abort"]) == (1, "Abort", "give up")
    assert "handled" in RUNS
    assert get(cloud, run(cloud, "except-star", ["value"])).attributes["result"] == "done"


@pytest.mark.parametrize("values", [["a"], ["a", "b", "c"]], ids=len)
def test_children_can_be_run_in_a_task_group(cloud: InProcessCloud, values: list[str]) -> None:
    task = get(cloud, run(cloud, "runs-in-group", values))

    assert (task.status, task.attempts) == ("COMPLETED", 1)
    assert task.attributes["result"] == values
    assert sorted(RUNS) == values  # each child ran once


def test_children_can_be_gathered_in_a_task_group(cloud: InProcessCloud) -> None:
    task = get(cloud, run(cloud, "gathers-in-group", ["a", "b"]))

    assert (task.status, task.attempts) == ("COMPLETED", 1)
    assert task.attributes["result"] == [["a", "b"], ["a"]]


def test_a_parent_in_a_task_group_waits_without_a_worker(cloud: InProcessCloud) -> None:
    task = get(cloud, run(cloud, "runs-in-group", ["a"]))

    assert Status.WAITING in [entry.status for entry in task.history]


def test_a_child_that_failed_in_a_task_group_fails_the_parent_at_once(
    cloud: InProcessCloud,
) -> None:
    task = get(cloud, run(cloud, "fails-in-group", "OwnBase"))
    error: Any = task.attributes["error"]

    assert (task.status, task.attempts, error["type"]) == ("FAILED", 1, "TaskFailed")
    assert error["cause"]["type"] == "OwnBase"
    assert RUNS == ["fails-in-group"] * 2  # up to the wait, and once more after it


@pytest.mark.parametrize("member", ["abort", "value", "base"])
def test_a_wait_for_a_child_comes_before_an_error_at_the_same_time(
    cloud: InProcessCloud, member: str
) -> None:
    task = get(cloud, run(cloud, "runs-beside-an-error", member))
    error: Any = task.attributes["error"]

    # The child's end resumes the parent, which then meets the error alone.
    assert task.status == "FAILED"
    assert error["type"] == {"abort": "Abort", "value": "ValueError", "base": "OwnBase"}[member]
    assert "child" in RUNS


def test_a_task_group_out_of_time_is_a_timeout(cloud: InProcessCloud) -> None:
    task = get(cloud, run(cloud, "group-out-of-time", None))
    error: Any = task.attributes["error"]

    assert (error["type"], error["message"]) == ("TaskTimeout", "ran longer than 0.1 s")


def test_a_simulated_crash_in_a_task_group_is_one(cloud: InProcessCloud) -> None:
    task = get(cloud, run(cloud, "crashes-in-group", None))

    assert (task.status, task.attributes["result"]) == ("COMPLETED", 2)
    assert "ERRORED" not in [each.status for each in task.history]


@pytest.mark.parametrize("names", [["abort"], ["value", ["abort"]]], ids=str)
def test_a_group_in_a_batch_is_judged_alike(cloud: InProcessCloud, names: list[Any]) -> None:
    handle = raising_tasks.group.map([names])
    cloud.run()

    (subtask,) = handle.subtasks()
    assert (subtask.attempts, subtask.attributes["error"]["type"]) == (1, "Abort")
