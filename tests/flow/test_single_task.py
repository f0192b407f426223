"""One task from submit to its end, through the real handlers."""

from typing import Any

import pytest
from clouds import fan_out, get, result, submit

from taskmill.errors import IllegalStatusChange
from taskmill.testing import InProcessCloud


def history(cloud: InProcessCloud, key: Any) -> list[tuple[str, int]]:
    return [(str(each.status), each.attempt) for each in get(cloud, key).history]


def test_a_task_runs_and_keeps_its_result_and_history(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo", {"year": 2026})

    cloud.run()

    assert get(cloud, key).attributes == {"result": {"year": 2026}}
    assert history(cloud, key) == [
        ("CREATED", 0),
        ("QUEUED", 0),
        ("STARTED", 1),
        ("COMPLETED", 1),
    ]


def test_a_failed_attempt_is_repeated_after_its_delay(cloud: InProcessCloud) -> None:
    key, began = submit(cloud, "flaky", 2), cloud.now

    cloud.run()

    task = get(cloud, key)
    assert (task.status, task.attempts, result(cloud, key)) == ("COMPLETED", 3, 2)
    assert [status for status, _ in history(cloud, key)].count("ERRORED") == 2
    assert "error" not in task.attributes
    assert cloud.now > began


def test_between_attempts_a_task_is_errored_with_its_next_time(cloud: InProcessCloud) -> None:
    key = submit(cloud, "flaky", 3)
    seen = []
    sleep_until = cloud._pass_time

    def look_first() -> bool:
        seen.append((get(cloud, key).status, get(cloud, key).retry_at is not None))
        return sleep_until()

    cloud._pass_time = look_first  # type: ignore[method-assign]
    cloud.run()

    assert ("ERRORED", True) in seen
    assert get(cloud, key).status == "FAILED"


def test_spent_attempts_fail_the_task_with_its_error(cloud: InProcessCloud) -> None:
    key = submit(cloud, "fails")

    cloud.run()

    task = get(cloud, key)
    error: Any = task.attributes["error"]
    assert (task.status, task.attempts) == ("FAILED", 3)
    assert (error["type"], error["message"]) == ("RuntimeError", "always")
    assert "flow_tasks.py" in error["stack"]


@pytest.mark.parametrize(
    ("task_type", "error_type"),
    [
        ("aborts", "Abort"),
        ("exits", "SystemExit"),
        ("cancels-itself", "TaskCancelled"),
        ("nobody-knows-me", "UnknownTaskType"),
        ("measure", "TypeError"),
        ("returns-a-set", "InvalidResult"),
    ],
)
def test_what_no_attempt_can_mend_fails(
    cloud: InProcessCloud, task_type: str, error_type: str
) -> None:
    key = submit(cloud, task_type, 5)

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert (get(cloud, key).status, error["type"]) == ("FAILED", error_type)


def test_an_input_of_the_wrong_type_fails_at_once_and_names_the_field(
    cloud: InProcessCloud,
) -> None:
    key = submit(cloud, "sized", "many")

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert get(cloud, key).attempts == 1
    assert error["message"].startswith("input: Input should be a valid integer")


def test_a_delayed_task_waits_as_scheduled(cloud: InProcessCloud) -> None:
    due = cloud.now + 600_000
    key = submit(cloud, "echo", delay_seconds=600)

    cloud.run()

    assert ("SCHEDULED", 0) in history(cloud, key)
    assert get(cloud, key).status == "COMPLETED"
    assert cloud.now >= due


def test_a_task_due_in_a_day_goes_by_a_schedule(cloud: InProcessCloud) -> None:
    due = cloud.now + 86_400_000
    key = submit(cloud, "echo", delay_seconds=86_400)

    cloud.run()

    assert len(cloud.schedules.names) == 1
    assert get(cloud, key).status == "COMPLETED"
    assert cloud.now >= due


def test_the_last_progress_is_stored_with_the_outcome(cloud: InProcessCloud) -> None:
    key = submit(cloud, "reports", 500)

    cloud.run()

    progress = get(cloud, key).attributes["progress"]
    assert progress == {"done": 500, "total": 500, "message": "counting"}


def test_a_cancelled_task_never_runs(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = submit(cloud, "echo")
    cloud.service.cancel(key=key)

    cloud.run()

    assert (get(cloud, key).status, runs) == ("CANCELLED", [])


def test_a_running_task_learns_of_its_cancelling_at_its_next_progress(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "is-cancelled")

    cloud.run()

    assert (get(cloud, key).status, runs) == ("CANCELLED", ["began"])
    assert "result" not in get(cloud, key).attributes


def test_a_running_task_can_look_whether_it_was_cancelled(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key, fan_out_key = submit(cloud, "looks"), fan_out(cloud, "looks", [None])

    cloud.run()

    assert runs == [True, True]
    assert get(cloud, key).status == get(cloud, fan_out_key).status == "CANCELLED"


def test_a_failed_task_can_be_retried_by_hand(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = submit(cloud, "fails")
    cloud.run()

    cloud.service.retry(key=key)
    cloud.run()

    assert (get(cloud, key).status, get(cloud, key).run) == ("FAILED", 2)
    assert len(runs) == 6


def test_only_what_failed_or_was_cancelled_can_be_retried(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo")
    cloud.run()

    with pytest.raises(IllegalStatusChange, match="COMPLETED"):
        cloud.service.retry(key=key)


def test_a_task_that_is_worked_on_outside_is_left_alone(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "echo")
    cloud.service.update_status(key=key, status="PROCESSING")
    cloud.service.update_status(key=key, status="COMPLETED", attributes={"result": "outside"})

    cloud.run()

    assert (get(cloud, key).status, result(cloud, key), runs) == ("COMPLETED", "outside", [])


def test_a_task_whose_outside_worker_fell_silent_is_taken_over(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key, began = submit(cloud, "echo", "inside"), cloud.now
    cloud.service.update_status(key=key, status="STARTED")

    cloud.run()

    assert (get(cloud, key).status, runs) == ("COMPLETED", ["inside"])
    assert cloud.now - began >= 900_000


def test_every_failed_task_raises_one_alarm(cloud: InProcessCloud) -> None:
    key = submit(cloud, "fails")
    submit(cloud, "echo")

    cloud.run()

    (alarm,) = cloud.alarms
    assert (alarm["action"], alarm["sk"]) == ("sfn-alarm", key.sk)
    assert alarm["content"]["errorMessage"] == "always"


def test_each_status_is_announced_once_and_in_order(cloud: InProcessCloud) -> None:
    sent, by_the_stream = submit(cloud, "echo"), submit(cloud, "echo", idempotency_key="once")

    cloud.run()

    def told(key: Any) -> list[str]:
        return [each["content"]["status"] for each in cloud.notifications if each["sk"] == key.sk]

    assert told(sent) == ["STARTED", "COMPLETED"]  # the submitter knows that it is QUEUED
    assert told(by_the_stream) == ["QUEUED", "STARTED", "COMPLETED"]


def test_a_silent_task_announces_nothing(cloud: InProcessCloud) -> None:
    submit(cloud, "echo", notify="none")

    cloud.run()

    assert cloud.notifications == []
