"""Step function tasks on the deployed stack."""

from typing import Any

from deployed import Outputs, ended, error_of, eventually, executions

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.client import TaskClient
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.statuses import FINAL
from taskmill.models import Task
from taskmill.service import TaskService


def statuses(client: TaskClient, task: Task) -> list[str]:
    return [str(each.status) for each in client.subtasks(task, page_size=500)]


def test_three_hundred_subtasks_end_with_exact_counts_and_growing_progress(
    client: TaskClient, stack: Outputs
) -> None:
    task = client.map(
        "odd-fails", range(300), tolerated_failures="50%", batch_size=20, max_concurrency=1
    )

    looks = client.updates(task, timeout_seconds=60, cap_seconds=0.2)
    seen = [client.progress(task).completed for _ in looks]

    done = client.get(task)
    counts = {"total": 300, "completed": 150, "failed": 150, "cancelled": 0}
    assert (done.status, done.attributes["counts"]) == ("COMPLETED", counts)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert statuses(client, task) == ["COMPLETED", "FAILED"] * 150
    (execution,) = executions(stack, task.key)
    eventually(lambda: executions(stack, task.key)[0]["status"] == "SUCCEEDED")
    assert execution["name"].startswith(task.code)


def test_one_failure_more_than_tolerated_fails_the_parent(client: TaskClient) -> None:
    task = ended(client, client.map("odd-fails", range(6), tolerated_failures=2))

    assert task.status == "FAILED"
    assert error_of(task)["message"] == "3 of 6 subtasks failed; 2 are tolerated"


def test_an_empty_input_is_complete_at_once(client: TaskClient, stack: Outputs) -> None:
    task = client.map("echo", [])

    assert task.status == "COMPLETED"
    assert executions(stack, task.key) == []


def test_a_failing_subtask_is_tried_again(client: TaskClient) -> None:
    task = ended(client, client.map("flaky", [0, 2, 3], tolerated_failures=1))

    assert task.status == "COMPLETED"
    assert statuses(client, task) == ["COMPLETED", "COMPLETED", "FAILED"]
    assert [each.attempts for each in client.subtasks(task)] == [1, 3, 3]


def test_the_workflow_waits_for_a_retry_that_is_due_later(
    client: TaskClient, service: TaskService
) -> None:
    task = ended(client, client.map("later", [0, 1], batch_size=1))

    assert statuses(client, task) == ["COMPLETED", "COMPLETED"]
    assert [each.attempts for each in client.subtasks(task)] == [1, 2]
    assert 15 <= (task.finished_at - task.started_at).total_seconds() < 30
    batches = BatchStore(service.tasks.table, retention_days=1)
    found = batches.find(service.tasks.get(task.key), range(2))
    # Asked again only when there was something to do: by its retries it would be four times.
    assert [each.claims for each in found.values() if isinstance(each, BatchRow)] == [1, 2]


def test_a_retried_fan_out_runs_only_what_failed(client: TaskClient) -> None:
    task = ended(client, client.map("odd-fails", range(8), batch_size=4))
    before = list(client.subtasks(task))

    client.retry(task)

    again = ended(client, task)
    assert (again.status, again.run) == ("FAILED", 2)
    counts = {"total": 8, "completed": 4, "failed": 4, "cancelled": 0}
    assert again.attributes["counts"] == counts
    for old, new in zip(before, client.subtasks(task), strict=True):
        # What has completed stays for as long as the rest, and is as it was.
        was, now = (each.model_dump(exclude={"ttl", "expires_at"}) for each in (old, new))
        assert (now == was) is (old.status == "COMPLETED")


def test_a_cancelled_fan_out_stops_and_its_open_subtasks_are_cancelled(
    client: TaskClient, stack: Outputs
) -> None:
    task = client.map("slow", [0.4] * 30, batch_size=2, max_concurrency=2)
    eventually(lambda: client.progress(task).completed >= 2)

    assert client.cancel(task).status == "CANCELLED"

    eventually(lambda: executions(stack, task.key)[0]["status"] == "ABORTED")
    ends: list[str] = eventually(lambda: _when_final(client, task))
    assert set(ends) == {"COMPLETED", "CANCELLED"}
    assert client.get(task).status == "CANCELLED"
    counts: Any = eventually(lambda: _counts(client, task))
    assert counts["completed"] == ends.count("COMPLETED")
    assert counts["cancelled"] == ends.count("CANCELLED")


def _when_final(client: TaskClient, task: Task) -> list[str]:
    ends = statuses(client, task)
    return ends if all(each in FINAL for each in ends) else []


def _counts(client: TaskClient, task: Task) -> Any:
    counts: Any = client.get(task).attributes["counts"]
    return counts if counts["completed"] + counts["cancelled"] == counts["total"] else None
