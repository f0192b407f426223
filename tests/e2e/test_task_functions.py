"""Tasks as functions on the deployed stack: children, callbacks, priorities, handles, consumers."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from deployed import Outputs, reaches

from taskmill import TaskFailed, WaitTimeout, connected
from taskmill.client import Task, TaskClient
from taskmill.errors import IllegalStatusChange, InvalidInput
from taskmill.models import NewTask

TENANT = "functions"
TASKS = Path(__file__).parent / "app" / "tasks"


@pytest.fixture(scope="module")
def client(outputs_file: Path) -> Iterator[TaskClient]:
    with TaskClient.from_outputs(outputs_file, tenant=TENANT) as client:
        yield client


@pytest.fixture(scope="module")
def families() -> Iterator[Any]:
    """The task functions, as a program of the same project imports them."""
    sys.path.insert(0, str(TASKS))
    try:
        import e2e_families

        yield e2e_families
    finally:
        sys.path.remove(str(TASKS))


def ended(client: TaskClient, task: Task, *, seconds: float = 60) -> Task:
    *_, last = client.updates(task, timeout_seconds=seconds)
    return last


def by_type(client: TaskClient, task: Task) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for child in client.children(task):
        found.setdefault(child.type, Counter())[str(child.status)] += 1
    return found


def test_a_gather_of_twenty_with_a_flaky_one_completes_and_calls_back(client: TaskClient) -> None:
    book = ended(client, client.submit("book", 20))

    assert book.status == "COMPLETED"
    text = client.result(book)
    assert text[0] == "page 1, attempt 1"
    assert text[6] == "page 7, attempt 3"
    assert (book.child_count, book.awaited_done, book.children_completed) == (20, 20, 20)
    (callback,) = [each for each in client.children(book) if each.type == "shelve"]
    assert client.result(client.wait(callback)) == "book is COMPLETED"
    assert by_type(client, book)["render"] == {"COMPLETED": 20}


def test_a_parent_that_does_not_wait_ends_with_its_last_child(client: TaskClient) -> None:
    good = ended(client, client.submit("leaflet", [1, 2]))
    bad = ended(client, client.submit("leaflet", [1, 0, 2]))

    assert (good.status, bad.status) == ("COMPLETED", "FAILED")
    assert [str(entry.status) for entry in good.history][-2:] == ["FINISHED", "COMPLETED"]
    error: Any = bad.attributes["error"]
    assert error["type"] == "ChildrenFailed"


def test_a_task_maps_over_subtasks_and_sums_their_results(client: TaskClient) -> None:
    task = ended(client, client.submit("squares", 50))

    assert client.result(task) == sum(number * number for number in range(50))


def test_cancelling_a_waiting_parent_cancels_its_children(client: TaskClient) -> None:
    task = reaches(client, client.submit("slow-book", 4), "WAITING")

    client.cancel(task)

    deadline = time.time() + 20
    while time.time() < deadline and by_type(client, task) != {"render": {"CANCELLED": 4}}:
        time.sleep(0.3)
    assert by_type(client, task) == {"render": {"CANCELLED": 4}}
    assert client.get(task).status == "CANCELLED"


def test_a_stored_mapping_calls_back_too(client: TaskClient) -> None:
    client.register_callback("square", event="completion", callback_type="shelve")
    client.register_callback("square", event="completion", callback_type="shelve")

    task = ended(client, client.submit("square", 3, on_completion=["shelve"]))

    deadline = time.time() + 20
    while time.time() < deadline and not list(client.children(task)):
        time.sleep(0.3)
    (callback,) = list(client.children(task))
    assert client.result(client.wait(callback)) == "square is COMPLETED"
    for mapping in client.callbacks("square"):
        client.delete_callback(mapping.id)
    assert list(client.callbacks("square")) == []


def test_a_handle_waits_and_gives_the_typed_result(client: TaskClient, families: Any) -> None:
    with connected(client):
        handle = families.render.submit(families.Page(number=7), tenant=TENANT)
        assert handle.wait(timeout_seconds=30) == families.Rendered(
            number=7, text="page 7, attempt 3"
        )
        assert handle.status() == "COMPLETED"

        failing = families.render.submit(families.Page(number=0), tenant=TENANT)
        with pytest.raises(TaskFailed) as failed:
            failing.wait(timeout_seconds=30)
        assert failed.value.error["type"] == "Abort"

        later = families.render.submit(families.Page(number=1), tenant=TENANT, delay_seconds=300)
        with pytest.raises(WaitTimeout):
            later.wait(timeout_seconds=1)
        later.cancel()
        assert later.status() == "CANCELLED"

        with pytest.raises(InvalidInput, match="number"):
            families.render.submit({"number": "many"}, tenant=TENANT)


def test_a_task_of_a_moment_to_come_runs_then_and_not_before(client: TaskClient) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=6)

    task = ended(client, client.submit("square", 5, run_at=moment))

    assert task.status == "COMPLETED"
    assert task.started_at is not None
    assert task.started_at >= moment - timedelta(milliseconds=10)


def test_a_wrong_result_fails_the_task(client: TaskClient) -> None:
    task = ended(client, client.submit("wrong-result"))

    error: Any = task.attributes["error"]
    assert (task.status, error["type"]) == ("FAILED", "InvalidResult")


def test_code_that_never_returns_ends_in_a_timeout(client: TaskClient) -> None:
    task = ended(client, client.submit("never-returns"))

    error: Any = task.attributes["error"]
    assert (task.status, error["type"]) == ("FAILED", "TaskTimeout")


def test_urgent_tasks_do_not_wait_behind_the_others(client: TaskClient) -> None:
    crowd = [client.submit("dawdles", 1.0) for _ in range(40)]
    urgent = client.submit("square", 2, priority="urgent")

    task = ended(client, urgent)

    assert task.status == "COMPLETED"
    waiting = [each for each in crowd if client.get(each).started_at is None]
    assert waiting, "the crowd was gone before the urgent task: it proves nothing"
    for each in waiting:
        with suppress(IllegalStatusChange):  # it has ended meanwhile
            client.cancel(each)


def test_async_tasks_of_one_delivery_run_at_a_time(client: TaskClient) -> None:
    tasks = client.submit_many([NewTask(task_type="awaits", input=1.0) for _ in range(10)])

    begins = sorted(client.result(client.wait(task)) for task in tasks)

    # One after the other they would begin a second apart; deliveries of few go to 4 workers.
    assert begins[-1] - begins[0] < 4


def test_a_consumer_runs_what_lambda_does_not(
    client: TaskClient, stack: Outputs, tmp_path: Path
) -> None:
    task = client.submit("long-haul", 5)
    reaches(client, task, "QUEUED")
    log = tmp_path / "consumer.log"
    environment = {
        **os.environ,
        "PYTHONPATH": str(TASKS),
        "AWS_ENDPOINT_URL": stack["EndpointUrl"],
        "AWS_DEFAULT_REGION": stack["Region"],
        "AWS_ACCESS_KEY_ID": stack["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": stack["SecretAccessKey"],
        "TASKMILL_TABLE": stack["TableName"],
        "TASKMILL_BUCKET": stack["BucketName"],
        "TASKMILL_QUEUE_URL": stack["QueueUrl"],
        "TASKMILL_CONTAINER_QUEUE_URL": stack["ContainerQueueUrl"],
        "TASKMILL_MODULES": "e2e_families",
    }
    with log.open("w") as output:
        consumer = subprocess.Popen(
            [sys.executable, "-m", "taskmill.cli", "work", "--concurrency", "2"],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            assert client.result(client.wait(task, timeout_seconds=40)) == "arrived", (
                log.read_text()
            )
            consumer.send_signal(signal.SIGTERM)
            assert consumer.wait(timeout=40) == 0, log.read_text()
        finally:
            consumer.kill()
