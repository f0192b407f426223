from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from network import Network

from taskmill.client import TaskClient, TaskFailed, TaskNotFound, WaitTimeout
from taskmill.errors import Conflict, IllegalStatusChange
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status


def test_a_task_is_found_by_type_and_code_whatever_its_kind(client: TaskClient) -> None:
    single, fan_out = client.submit("double", 1), client.map("double", [1])

    assert client.get("double", single.code).kind == "TASK"
    assert client.get("double", fan_out.code).kind == "SFN_TASK"
    assert client.get("double", fan_out.code, index=0).kind == "SUBTASK"


def test_an_unknown_task_is_not_found(client: TaskClient) -> None:
    with pytest.raises(TaskNotFound, match="no task double nowhere of tenant mbc"):
        client.get("double", "nowhere")


def test_a_list_goes_through_all_pages(client: TaskClient, network: Network) -> None:
    network.idle = True
    codes = {client.submit("double", each).code for each in range(7)}
    network.requests.clear()

    found = [each.code for each in client.list("double", page_size=3)]

    assert found == sorted(codes, reverse=True)
    assert len(network.requests) == 3


def test_a_list_fetches_only_the_pages_that_are_read(client: TaskClient, network: Network) -> None:
    network.idle = True
    for each in range(5):
        client.submit("double", each)
    network.requests.clear()

    next(client.list(page_size=2))

    assert len(network.requests) == 1


def test_what_is_sent_is_what_was_signed(client: TaskClient, network: Network) -> None:
    network.idle = True
    for each in range(3):
        client.submit("double", each)
    list(client.list("double", page_size=2))
    sent = network.requests[-1]  # its cursor holds a '#'
    assert "cursor" in parse_qs(sent.url.query.decode())

    again = AWSRequest("GET", str(sent.url))
    again.headers["X-Amz-Security-Token"] = "session-token"
    again.context["timestamp"] = sent.headers["x-amz-date"]
    signer = SigV4Auth(Credentials("AKIAEXAMPLE", "secret"), "execute-api", "eu-west-1")
    again.headers["X-Amz-Date"] = sent.headers["x-amz-date"]
    signature = signer.signature(
        signer.string_to_sign(again, signer.canonical_request(again)), again
    )

    assert sent.headers["authorization"].endswith(f"Signature={signature}")


def test_subtasks_can_be_narrowed_to_those_that_failed(client: TaskClient) -> None:
    task = client.map("double", [1, -2, 3, -4], tolerated_failures=2)

    failed = list(client.subtasks(task, status=Status.FAILED, page_size=1))

    assert [each.index for each in failed] == [1, 3]


def test_progress_counts_what_has_ended(client: TaskClient) -> None:
    progress = client.progress(client.map("double", [1, -2, 3], tolerated_failures=1))

    assert (progress.total, progress.completed, progress.failed) == (3, 2, 1)
    assert progress.percent == 100.0


def test_a_large_result_is_fetched_from_where_it_lies(client: TaskClient, network: Network) -> None:
    task = client.submit("repeat", 50_000)

    assert client.result(task) == "x" * 50_000
    assert "authorization" not in network.requests[-1].headers


def test_a_task_that_has_not_completed_has_no_result(client: TaskClient) -> None:
    with pytest.raises(Conflict, match="FAILED"):
        client.result(client.submit("double", -1))


def test_a_task_may_be_named_by_its_key_or_a_mapping(client: TaskClient) -> None:
    task = client.submit("double", 4)

    assert client.result(TaskKey(Kind.TASK, "mbc", "double", task.code)) == 8
    assert client.result({"pk": task.pk, "sk": task.sk}) == 8


def test_waiting_for_a_failed_task_raises_its_stored_error(client: TaskClient) -> None:
    task = client.submit("double", -1)

    with pytest.raises(TaskFailed, match="failed: Abort: -1 is negative") as failed:
        client.wait(task)

    assert failed.value.task.status is Status.FAILED
    assert failed.value.error["type"] == "Abort"
    assert "raise Abort" in failed.value.error["stack"]


def test_waiting_for_a_cancelled_task_raises(client: TaskClient, network: Network) -> None:
    network.idle = True
    task = client.submit("double", 1)
    client.cancel(task)

    with pytest.raises(TaskFailed, match="is CANCELLED"):
        client.wait(task)


def test_a_wait_that_is_too_long_says_how_far_the_task_is(
    connect: Callable[..., TaskClient], network: Network
) -> None:
    network.idle = True
    with connect() as client, pytest.raises(WaitTimeout, match=r"still QUEUED after 0\.05 s"):
        client.wait(client.submit("double", 1), timeout_seconds=0.05)


def test_a_wait_tells_each_state_it_sees(client: TaskClient, network: Network) -> None:
    network.idle = True
    task = client.submit("double", 1)
    seen: list[Status] = []

    def look(task: object) -> None:
        seen.append(task.status)  # type: ignore[attr-defined]
        network.idle = len(seen) < 3

    client.wait(task, on_update=look)

    assert seen[:3] == [Status.QUEUED] * 3
    assert seen[-1] is Status.COMPLETED


def test_waits_grow_from_quick_to_patient(
    connect: Callable[..., TaskClient], network: Network
) -> None:
    network.idle = True
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        network.idle = len(slept) < 15

    with connect(sleep=sleep) as client:
        client.wait(client.submit("double", 1), timeout_seconds=None)

    assert slept[0] <= 0.24
    assert 4.0 <= slept[-1] <= 6.0


def test_a_failed_task_can_be_retried_and_a_running_one_cannot(
    client: TaskClient, network: Network
) -> None:
    task = client.submit("double", -1)
    network.idle = True

    assert client.retry(task).status is Status.CREATED
    with pytest.raises(IllegalStatusChange):
        client.retry(task)


def test_an_outside_worker_reports_its_result(client: TaskClient, network: Network) -> None:
    network.idle = True
    task = client.submit("elsewhere")

    ended = client.update_status(task, "COMPLETED", attributes={"result": {"rows": 3}})

    assert ended.status is Status.COMPLETED
    assert client.result(task) == {"rows": 3}


def test_a_task_without_children_has_none(client: TaskClient) -> None:
    assert list(client.children(client.submit("double", 1))) == []


def test_fields_of_a_newer_server_do_no_harm(connect: Callable[..., TaskClient]) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        task = {"pk": "TASK#mbc", "sk": "a#b", "kind": "TASK", "tenantCode": "mbc", "type": "a"}
        return httpx.Response(200, json={**task, "code": "b", "status": "QUEUED", "colour": "red"})

    with connect(transport=httpx.MockTransport(answer)) as client:
        assert client.get("a", "b").status is Status.QUEUED
