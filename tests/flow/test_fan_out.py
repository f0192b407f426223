"""Step function tasks: split, batches, finish."""

from typing import Any

import pytest
from clouds import TENANT, fan_out, get, statuses

from taskmill.errors import InvalidRequest, LimitExceeded
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud


def counts(cloud: InProcessCloud, key: Any) -> Any:
    return get(cloud, key).attributes["counts"]


@pytest.mark.parametrize("size", [1, 10, 60])
def test_every_element_becomes_a_subtask_with_its_result(cloud: InProcessCloud, size: int) -> None:
    key = fan_out(cloud, "echo", range(size), batch_size=7)

    cloud.run()

    subtasks = cloud.service.get_all_sub_task(key=key)
    assert [each.attributes["result"] for each in subtasks] == list(range(size))
    assert get(cloud, key).status == "COMPLETED"
    assert counts(cloud, key) == {"total": size, "completed": size, "failed": 0, "cancelled": 0}


def test_an_empty_input_is_complete_at_once(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", [])

    assert get(cloud, key).status == "COMPLETED"
    cloud.run()
    assert not cloud.executions.started


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [(None, "FAILED"), (4, "FAILED"), (5, "COMPLETED"), ("49%", "FAILED"), ("50%", "COMPLETED")],
)
def test_the_parent_ends_as_its_tolerance_says(
    cloud: InProcessCloud, tolerated: Any, status: str
) -> None:
    key = fan_out(cloud, "odd-fails", range(10), tolerated_failures=tolerated)

    cloud.run()

    assert get(cloud, key).status == status
    assert counts(cloud, key) == {"total": 10, "completed": 5, "failed": 5, "cancelled": 0}


def test_a_failed_parent_says_how_many_failed_and_raises_an_alarm(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "odd-fails", range(10), tolerated_failures=2)

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert error["message"] == "5 of 10 subtasks failed; 2 are tolerated"
    assert [alarm["sk"] for alarm in cloud.alarms] == [key.sk]


def test_a_failing_subtask_is_tried_again_with_its_type_s_policy(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "flaky", [0, 2, 3])

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED", "COMPLETED", "FAILED"]
    assert sorted(runs) == [(0, 1), (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert [each.attempts for each in cloud.service.get_all_sub_task(key=key)] == [1, 3, 3]


def test_progress_counts_while_it_runs(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(40), batch_size=10)
    seen = []
    step = cloud.player.step

    def look_after() -> None:
        step()
        seen.append(cloud.service.get_progress(key=key).completed)

    cloud.player.step = look_after  # type: ignore[method-assign]
    cloud.run()

    assert seen == sorted(seen)
    assert {10, 20, 30}.issubset(seen)
    assert cloud.service.get_progress(key=key).percent == 100.0


def test_one_notification_per_subtask_and_status_of_the_parent(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(5))

    cloud.run()

    told = [(each["action"], each["sk"]) for each in cloud.notifications]
    for index in range(5):
        assert told.count(("sub-task-status", f"{key.sk}#{index}")) == 1
    parent = [
        each["content"]["status"]
        for each in cloud.notifications
        if (each["action"], each["sk"]) == ("task-status", key.sk)
    ]
    assert parent[-1] == "COMPLETED"


def test_beyond_a_thousand_subtasks_only_the_parent_is_announced() -> None:
    from taskmill.model.batch_plan import default_notify

    assert (default_notify(1_000), default_notify(1_001)) == ("each", "progress")


def test_progress_mode_tells_of_the_parent_alone(cloud: InProcessCloud) -> None:
    fan_out(cloud, "echo", range(30), batch_size=10, notify="progress")

    cloud.run()

    actions = {each["action"] for each in cloud.notifications}
    assert actions == {"task-status", "task-progress"}


def test_a_retried_fan_out_runs_only_what_did_not_complete(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "flaky", [0, 0, 3, 0], batch_size=2)
    cloud.run()
    assert get(cloud, key).status == "FAILED"
    runs.clear()

    cloud.service.retry(key=key)
    cloud.run()

    assert {index for index, _ in runs} == {2}
    assert counts(cloud, key) == {"total": 4, "completed": 3, "failed": 1, "cancelled": 0}
    assert get(cloud, key).run == 2


def test_a_cancelled_fan_out_can_be_retried_to_its_end(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(30), batch_size=10)
    step, steps = cloud.player.step, []

    def cancel_after_the_first_batch() -> None:
        step()
        steps.append(None)
        if len(steps) == 2:
            cloud.service.cancel(key=key)

    cloud.player.step = cancel_after_the_first_batch  # type: ignore[method-assign]
    cloud.run()
    assert statuses(cloud, key) == ["COMPLETED"] * 10 + ["CANCELLED"] * 20

    cloud.service.retry(key=key)
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert counts(cloud, key) == {"total": 30, "completed": 30, "failed": 0, "cancelled": 0}


def test_a_cancelled_fan_out_stops_and_its_open_subtasks_are_cancelled(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "is-cancelled", range(40), batch_size=10)

    cloud.run()

    assert get(cloud, key).status == "CANCELLED"
    assert set(statuses(cloud, key)) <= {"CANCELLED", "FAILED", "COMPLETED"}
    assert "CANCELLED" in statuses(cloud, key)
    assert len(runs) < 40


def test_a_line_that_is_no_json_fails_alone(cloud: InProcessCloud) -> None:
    upload = cloud.service.create_upload(tenant_code=TENANT)
    body = b'{"a": 1}\n\n{broken\n"last"\nNaN'
    cloud.wiring.client("s3").put_object(Bucket="payloads", Key=upload.input_ref, Body=body)
    task = CreateStepFunctionTask(
        tenant_code=TENANT, task_type="echo", input_ref=upload.input_ref, tolerated_failures=2
    )
    key = cloud.service.create_step_function_task(task=task).key

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED", "FAILED", "COMPLETED", "FAILED"]
    error: Any = get(cloud, key.subtask(1)).attributes["error"]
    assert error["message"].startswith("element 1 is not JSON")
    assert get(cloud, key).status == "COMPLETED"


def test_an_upload_of_another_tenant_is_refused(cloud: InProcessCloud) -> None:
    upload = cloud.service.create_upload(tenant_code="other")
    task = CreateStepFunctionTask(tenant_code=TENANT, task_type="echo", input_ref=upload.input_ref)

    with pytest.raises(InvalidRequest, match="not from an upload of this tenant"):
        cloud.service.create_step_function_task(task=task)


def test_more_than_a_million_subtasks_are_refused_with_the_limit(cloud: InProcessCloud) -> None:
    upload = cloud.service.create_upload(tenant_code=TENANT)
    body = b"1\n" * 1_000_001
    cloud.wiring.client("s3").put_object(Bucket="payloads", Key=upload.input_ref, Body=body)
    task = CreateStepFunctionTask(tenant_code=TENANT, task_type="echo", input_ref=upload.input_ref)

    with pytest.raises(LimitExceeded, match="1,000,001 subtasks; at most 1,000,000"):
        cloud.service.create_step_function_task(task=task)


def test_a_split_that_breaks_for_good_fails_the_parent_and_raises_an_alarm(
    cloud: InProcessCloud,
) -> None:
    key = fan_out(cloud, "echo", ["x" * 100] * 20)
    cloud.bucket.objects.clear()

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert (get(cloud, key).status, error["type"]) == ("FAILED", "WorkflowFailed")
    assert [alarm["sk"] for alarm in cloud.alarms] == [key.sk]


def test_a_code_used_again_after_its_rows_expired_runs_again(cloud: InProcessCloud) -> None:
    """Step Functions keeps an execution's name for 90 days; rows may expire long before."""
    nightly = fan_out(cloud, "echo", [1, 2], code="nightly")
    cloud.run()
    expire_all_rows(cloud)
    cloud.advance(seconds=8 * 86_400)

    assert fan_out(cloud, "echo", [3, 4, 5], code="nightly") == nightly
    cloud.run()

    assert get(cloud, nightly).status == "COMPLETED"
    assert counts(cloud, nightly)["completed"] == 3
    assert len(cloud.executions.started) == 2


def test_the_cancel_of_a_code_used_again_stops_the_execution_of_now(cloud: InProcessCloud) -> None:
    fan_out(cloud, "echo", [1, 2], code="nightly")
    cloud.run()
    expire_all_rows(cloud)
    [ended] = cloud.executions.started
    cloud.advance(seconds=8 * 86_400)

    nightly = fan_out(cloud, "echo", [3, 4, 5], code="nightly")
    cloud.deliver_records()
    cloud.service.cancel(key=nightly)
    cloud.run()

    assert cloud.executions.stopped == set(cloud.executions.started) - {ended}


def expire_all_rows(cloud: InProcessCloud) -> None:
    for item in cloud.table.scan()["Items"]:
        cloud.table.delete_item(Key={"pk": item["pk"], "sk": item["sk"]})
    cloud.run()
