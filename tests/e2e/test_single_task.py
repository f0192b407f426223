"""One task on the deployed stack, from the request to its outcome."""

from typing import Any

import pytest
from deployed import (
    Outputs,
    aws_client,
    call,
    ended,
    error_of,
    eventually,
    log_lines,
    not_claimed,
    reaches,
)

from taskmill.client import TaskClient
from taskmill.errors import IllegalStatusChange


def test_a_task_runs_and_keeps_its_result_and_history(client: TaskClient) -> None:
    task = ended(client, client.submit("echo", {"year": 2026}, name="A year"))

    assert (task.status, task.attempts, task.name) == ("COMPLETED", 1, "A year")
    assert client.result(task) == {"year": 2026}
    statuses = [str(each.status) for each in task.history]
    assert statuses == ["CREATED", "QUEUED", "STARTED", "COMPLETED"]
    assert task.created_at <= task.started_at <= task.finished_at  # type: ignore[operator]
    assert task.ttl is not None


def test_the_row_remembers_who_asked_from_where(client: TaskClient) -> None:
    task = client.submit("echo")

    assert task.created_by == "arn:aws:iam::000000000000:root"
    assert task.created_ip == "127.0.0.1"
    assert task.request_id


def test_a_task_function_sees_its_key_and_logs_under_it(client: TaskClient, stack: Outputs) -> None:
    task = ended(client, client.submit("context"))

    result = client.result(task)
    assert (result["key"], result["attempt"]) == (task.key.as_dict(), 1)
    eventually(
        lambda: any(
            "seen in the log" in line and task.code in line
            for line in log_lines(stack, stack["WorkerFunctionName"])
        )
    )


def test_a_typed_function_gets_its_model_and_returns_one(client: TaskClient) -> None:
    assert client.result(ended(client, client.submit("typed", {"value": 4}))) == {"value": 8}


def test_a_failing_task_is_tried_again(client: TaskClient) -> None:
    task = ended(client, client.submit("flaky", 2))

    assert (task.status, task.attempts) == ("COMPLETED", 3)
    assert [each.status for each in task.history].count("ERRORED") == 2


def test_between_attempts_a_task_is_errored_with_its_next_time(client: TaskClient) -> None:
    task = reaches(client, client.submit("patient"), "ERRORED")

    assert task.retry_at is not None
    assert error_of(task)["message"] == "try again later"
    assert client.cancel(task).status == "CANCELLED"


@pytest.mark.parametrize(
    ("task_type", "value", "error_type"),
    [("odd-fails", 3, "ValueError"), ("aborts", None, "Abort"), ("sleeps", 30, "TaskTimeout")],
)
def test_what_goes_wrong_is_stored_with_type_message_and_stack(
    client: TaskClient, task_type: str, value: Any, error_type: str
) -> None:
    task = ended(client, client.submit(task_type, value))

    assert (task.status, task.attempts) == ("FAILED", 1)
    assert error_of(task)["type"] == error_type
    assert "e2e_tasks.py" in error_of(task)["stack"]


def test_an_unknown_type_fails_and_names_the_known_ones(client: TaskClient) -> None:
    task = ended(client, client.submit("nobody-knows-me"))

    error = error_of(task)
    assert error["type"] == "UnknownTaskType"
    said, _, known = error["message"].partition("; known are: ")
    assert said == "no task function for type 'nobody-knows-me'"
    assert {"aborts", "big-echo", "book", "slow"} <= set(known.split(", "))


def test_progress_is_seen_while_the_task_runs(client: TaskClient) -> None:
    task = client.submit("slow", 2.5)

    seen = [
        each.attributes["progress"]["done"]  # type: ignore[index, call-overload]
        for each in client.updates(task, timeout_seconds=30, cap_seconds=0.3)
        if "progress" in each.attributes
    ]

    assert seen == sorted(seen)
    assert len(set(seen)) >= 3


def test_a_delayed_task_waits_as_scheduled(client: TaskClient) -> None:
    task = client.submit("echo", delay_seconds=2)

    assert reaches(client, task, "SCHEDULED", "COMPLETED").attempts == 0
    done = ended(client, task)
    assert done.status == "COMPLETED"
    assert (done.started_at - done.created_at).total_seconds() >= 2  # type: ignore[operator]


def test_a_task_due_later_than_sqs_can_wait_goes_by_a_schedule(
    client: TaskClient, stack: Outputs
) -> None:
    schedules = aws_client(stack, "scheduler")

    task = reaches(client, client.submit("echo", delay_seconds=3_600), "SCHEDULED")

    listed = schedules.list_schedules(GroupName=stack["ScheduleGroup"])["Schedules"]
    details = [
        schedules.get_schedule(GroupName=stack["ScheduleGroup"], Name=each["Name"])
        for each in listed
    ]
    (schedule,) = [each for each in details if task.code in each["Target"]["Input"]]
    assert schedule["ActionAfterCompletion"] == "DELETE"
    assert f"{task.run_at:%Y-%m-%dT%H}"[:10] in schedule["ScheduleExpression"]


def test_a_cancelled_task_never_runs(client: TaskClient, stack: Outputs) -> None:
    task = reaches(client, client.submit("echo", delay_seconds=2), "SCHEDULED")

    client.cancel(task)

    eventually(lambda: not_claimed(stack, task))  # its message came, two seconds later
    assert (client.get(task).status, client.get(task).attempts) == ("CANCELLED", 0)


def test_a_failed_task_runs_again_when_somebody_says_so(client: TaskClient) -> None:
    task = ended(client, client.submit("odd-fails", 1))

    client.retry(task)

    again = ended(client, task)
    assert (again.status, again.run, again.attempts) == ("FAILED", 2, 1)


def test_an_outside_worker_reports_progress_and_its_result(client: TaskClient) -> None:
    task = client.submit("for-a-container", delay_seconds=3_600)

    client.update_status(task, "STARTED")
    client.update_status(task, "PROCESSING", attributes={"progress": {"done": 1, "total": 2}})
    client.update_status(task, "COMPLETED", attributes={"result": [1, 2]})

    assert client.result(task) == [1, 2]
    with pytest.raises(IllegalStatusChange, match="COMPLETED"):
        client.update_status(task, "FAILED")


def test_a_hundred_tasks_of_one_request_all_run(client: TaskClient) -> None:
    body = {"tasks": [{"taskType": "echo", "input": number} for number in range(100)]}

    stored = call(client, "POST", "tasks", body).json()["tasks"]

    assert len({each["code"] for each in stored}) == 100
    eventually(
        lambda: sum(each.status == "COMPLETED" for each in client.list("echo")) == 100, every=0.3
    )
