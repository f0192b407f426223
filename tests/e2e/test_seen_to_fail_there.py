"""What was seen to fail in the task package that taskmill takes over, on the deployed stack.

The whole list stands in `tests/flow/test_seen_to_fail_there.py`, against the in-process driver.
"""

from typing import Any

import pytest
from deployed import Inbox, Outputs, aws_client, call, ended, eventually, executions, stored_row

from taskmill.client import TaskClient
from taskmill.errors import IllegalStatusChange, TaskNotFound
from taskmill.model.keys import Kind, TaskKey

LONG = 120.0


def test_inputs_of_130_kb_stayed_created_for_ever_and_blocked_the_stream(
    client: TaskClient,
) -> None:
    large = [client.submit("big-echo", "x" * size) for size in (130_000, 400_000)]
    parts = client.map("big-echo", ["x" * 130_000] * 3)
    behind = client.submit("echo", "behind them")

    for task in (*large, parts, behind):
        assert ended(client, task).status == "COMPLETED"


def test_results_over_256_kb_made_completed_work_run_again_and_fail(client: TaskClient) -> None:
    task = ended(client, client.submit("big-echo", "x" * 300_000))

    assert (task.status, task.attempts) == ("COMPLETED", 1)
    assert len(client.result(task)) == 300_000


def test_about_458_subtasks_were_the_most(client: TaskClient) -> None:
    task = ended(client, client.map("odd-fails", [0] * 2_000, batch_size=500), seconds=LONG)

    counts = {"total": 2_000, "completed": 2_000, "failed": 0, "cancelled": 0}
    assert (task.status, task.attributes["counts"]) == ("COMPLETED", counts)


def test_two_subtasks_at_a_time_were_the_most(client: TaskClient, stack: Outputs) -> None:
    task = ended(client, client.map("echo", range(6), batch_size=1, max_concurrency=3))

    states = aws_client(stack, "stepfunctions")
    (execution,) = executions(stack, task.key)
    (run,) = states.list_map_runs(executionArn=execution["executionArn"])["mapRuns"]
    assert states.describe_map_run(mapRunArn=run["mapRunArn"])["maxConcurrency"] == 3


def test_a_late_write_made_a_final_status_queued_or_processing(client: TaskClient) -> None:
    tasks = [client.submit("echo", number) for number in range(20)]
    parent = client.map("echo", range(20), batch_size=2)

    ends = [ended(client, each) for each in (*tasks, parent)]

    assert {str(each.history[-1].status) for each in ends} == {"COMPLETED"}
    for late in ("QUEUED", "PROCESSING"):
        with pytest.raises(IllegalStatusChange):
            client.update_status(parent, late)


def test_all_subtasks_failed_and_the_parent_completed(client: TaskClient) -> None:
    assert ended(client, client.map("odd-fails", [1, 3, 5])).status == "FAILED"


def test_an_empty_array_stayed_processing_for_ever(client: TaskClient) -> None:
    assert client.map("echo", []).status == "COMPLETED"


def test_an_update_of_a_missing_key_made_a_ghost_row(client: TaskClient, stack: Outputs) -> None:
    for kind in Kind:
        ghost = TaskKey(kind, client.tenant, "echo", "ghost")
        with pytest.raises(TaskNotFound):
            client.update_status(ghost, "PROCESSING")
        assert stored_row(stack, ghost) is None


def test_errors_were_stored_as_empty_objects(client: TaskClient) -> None:
    task = ended(client, client.submit("silent-error"))

    error: Any = task.attributes["error"]
    assert (error["type"], error["message"]) == ("KeyError", "KeyError()")
    assert "in silent_error" in error["stack"]


def test_a_hash_sign_in_a_type_was_accepted_and_never_ran(client: TaskClient) -> None:
    answers = [
        call(client, "POST", "tasks", {"taskType": "a#b"}),
        call(client, "POST", "step-function-tasks", {"taskType": "a#b", "input": [1]}),
        call(client, "POST", "tasks", {"tasks": [{"taskType": "a#b"}]}),
    ]

    assert [each.status_code for each in answers] == [422] * 3
    assert list(client.list()) == []


def test_the_fan_out_route_refused_arrays(client: TaskClient) -> None:
    body = {"taskType": "echo", "input": [1, {"a": 2}, None]}

    answer = call(client, "POST", "step-function-tasks", body)

    assert answer.status_code == 202
    assert ended(client, answer.json()).status == "COMPLETED"


def test_alarms_went_to_the_dead_letters_or_nowhere(client: TaskClient, alarms: Inbox) -> None:
    task = ended(client, client.map("odd-fails", [1]))

    (alarm,) = eventually(lambda: alarms.of(task.key))
    assert alarm["body"]["content"]["errorMessage"] == "1 of 1 subtasks failed; 0 are tolerated"
