import dataclasses
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from network import UNANSWERED, URL, Network
from pydantic import BaseModel

from taskmill.client import Conflict, InvalidRequest, LimitExceeded, NewTask, TaskClient
from taskmill.errors import IdempotencyConflict
from taskmill.model.keys import Kind

MB = 1_000_000


def test_a_task_runs_and_gives_its_result(client: TaskClient) -> None:
    task = client.submit("double", 21, name="the answer")

    assert client.wait(task).name == "the answer"
    assert client.result(task) == 42


def test_every_submit_is_signed_for_the_region_of_the_url(
    client: TaskClient, network: Network
) -> None:
    client.submit("double", 1)

    sent = network.requests[0]
    assert "AKIAEXAMPLE" in sent.headers["authorization"]
    assert "/eu-west-1/execute-api/aws4_request" in sent.headers["authorization"]
    assert sent.headers["x-amz-security-token"] == "session-token"


def test_a_token_takes_the_place_of_a_signature(
    connect: Callable[..., TaskClient], network: Network
) -> None:
    with connect(token="header.claims.signature") as client:
        client.submit("double", 1)

    assert network.requests[0].headers["authorization"] == "Bearer header.claims.signature"


def test_what_python_knows_becomes_json(client: TaskClient, network: Network) -> None:
    class Range(BaseModel):
        first_day: datetime

    @dataclasses.dataclass
    class Export:
        range: Range
        ids: tuple[int, ...]

    client.submit("export", Export(Range(first_day=datetime(2024, 1, 2, tzinfo=UTC)), (1, 2)))

    sent = json.loads(network.requests[0].content)
    assert sent["input"] == {"range": {"first_day": "2024-01-02T00:00:00Z"}, "ids": [1, 2]}


@pytest.mark.parametrize("value", [float("nan"), object(), {"a": {1, object()}}])
def test_what_json_cannot_hold_is_refused_before_it_is_sent(
    value: Any, client: TaskClient, network: Network
) -> None:
    with pytest.raises(InvalidRequest, match="input is not JSON"):
        client.submit("double", value)

    assert not network.requests


def test_a_single_input_beyond_what_the_api_takes_is_refused_with_the_limit(
    client: TaskClient, network: Network
) -> None:
    with pytest.raises(LimitExceeded, match="at most 6,000,000 are accepted"):
        client.submit("double", "x" * 6 * MB)

    assert not network.requests


def test_a_submit_whose_answer_is_lost_does_not_double(
    client: TaskClient, network: Network
) -> None:
    network.faults = [UNANSWERED]

    task = client.submit("double", 5)

    assert [each.code for each in client.list()] == [task.code]


def test_a_fan_out_whose_answer_is_lost_does_not_double(
    client: TaskClient, network: Network
) -> None:
    network.faults = [UNANSWERED]

    task = client.map("double", [1, 2])

    assert [each.code for each in client.list(kind=Kind.SFN_TASK)] == [task.code]


def test_the_callers_own_idempotency_key_gives_the_same_task(client: TaskClient) -> None:
    first = client.submit("double", 5, idempotency_key="order-17")

    assert client.submit("double", 5, idempotency_key="order-17").code == first.code
    with pytest.raises(IdempotencyConflict):
        client.submit("double", 6, idempotency_key="order-17")


def test_many_tasks_go_a_hundred_a_request_and_come_back_in_order(
    client: TaskClient, network: Network
) -> None:
    stored = client.submit_many(NewTask(task_type="double", input=each) for each in range(250))

    assert [each.input for each in stored] == list(range(250))
    assert [len(json.loads(each.content)["tasks"]) for each in network.requests] == [100, 100, 50]


def test_many_large_tasks_are_split_by_size(client: TaskClient, network: Network) -> None:
    client.submit_many(NewTask(task_type="other", input="x" * MB) for _ in range(6))

    assert [len(json.loads(each.content)["tasks"]) for each in network.requests] == [3, 3]


def test_many_tasks_whose_answer_was_lost_are_stored_once(
    client: TaskClient, network: Network
) -> None:
    network.faults = [UNANSWERED]

    (task,) = client.submit_many([NewTask(task_type="double", input=1)])

    assert [each.code for each in client.list()] == [task.code]


def test_another_task_under_the_same_code_is_refused(client: TaskClient) -> None:
    first = client.submit("double", 5, code="order-17")

    assert client.submit("double", 5, code="order-17").code == first.code == "order-17"
    with pytest.raises(Conflict, match="exists already"):
        client.submit("double", 6, code="order-17")


def test_a_small_fan_out_travels_in_the_submit(client: TaskClient, network: Network) -> None:
    task = client.map("double", (each for each in (1, 2, 3)), tolerated_failures="5%")

    assert len(network.requests) == 1
    assert client.wait(task).child_count == 3
    assert [client.get(each).attributes["result"] for each in client.subtasks(task)] == [2, 4, 6]


def test_an_empty_fan_out_is_complete(client: TaskClient) -> None:
    assert client.wait(client.map("double", [])).child_count == 0


def test_a_large_fan_out_goes_by_way_of_an_upload(client: TaskClient, network: Network) -> None:
    network.idle = True
    words = [f"é{number}" + "x" * 9_990 for number in range(500)]

    task = client.map("other", words)

    ask, put, submit = network.requests
    assert ask.url.path == "/v1/tenants/mbc/uploads"
    assert put.headers["content-length"] == str(len(put.content))
    assert [json.loads(line) for line in put.content.splitlines()] == words
    assert "input" not in json.loads(submit.content)
    assert task.child_count == 500


def test_an_upload_that_arrived_unnoticed_is_used(client: TaskClient, network: Network) -> None:
    network.idle = True
    network.faults = [None, UNANSWERED]

    task = client.map("other", ("x" * MB for _ in range(5)))

    assert task.child_count == 5
    assert [each.method for each in network.requests] == ["POST", "PUT", "PUT", "POST"]


def test_memory_stays_constant_however_large_the_input() -> None:
    class Sink(httpx.BaseTransport):
        received = 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.method == "PUT":
                assert isinstance(request.stream, httpx.SyncByteStream)
                self.received = sum(len(chunk) for chunk in request.stream)
                return httpx.Response(200)
            task = {"pk": "SFN_TASK#mbc", "sk": "a#b", "kind": "SFN_TASK", "tenantCode": "mbc"}
            upload = {"inputRef": "r", "url": f"{URL}/s3", "headers": {}, "expiresInSeconds": 900}
            task |= {"type": "a", "code": "b", "status": "CREATED"}
            return httpx.Response(200, json={**task, **upload})

    def rows() -> Iterator[str]:
        for _ in range(300):
            yield "x" * 100_000

    sink = Sink()
    with TaskClient(URL, tenant="mbc", token="t", transport=sink) as client:
        tracemalloc.start()
        client.map("other", rows())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert sink.received > 30 * MB
    assert peak < 15 * MB


def test_more_subtasks_than_allowed_are_refused_before_all_are_taken(
    client: TaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.model.batch_plan.MAX_SUBTASKS", 10)
    endless = iter(int, 1)

    with pytest.raises(LimitExceeded, match="at most 10 are accepted"):
        client.map("double", endless)


@pytest.mark.parametrize(
    ("name", "text", "elements"),
    [
        ("rows.csv", '\ufeffcode,city\nAMS,Amsterdam\nGIG,"Rio, de"\n', 2),
        ("rows.jsonl", '{"code": "AMS"}\n\n{"code": "GIG"}', 2),
        ("rows.json", '[{"code": "AMS"}, {"code": "GIG"}, null]', 3),
    ],
)
def test_a_file_gives_its_elements(
    name: str, text: str, elements: int, client: TaskClient, network: Network
) -> None:
    file = Path(name)
    file.write_text(text)

    client.map("other", file)

    sent = json.loads(network.requests[0].content)["input"]
    assert len(sent) == elements
    assert sent[0]["code"] == "AMS"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("rows.csv", "code,city\nAMS,Amsterdam\nGIG\n", "line 3 has not as many fields"),
        ("rows.csv", "code,city\nAMS,Amsterdam,NL\n", "line 2 has not as many fields"),
        ("rows.jsonl", "1\n{]\n", "line 2 is not JSON"),
        ("rows.json", '{"a": 1}', "not a JSON array"),
        ("rows.json", "[1, 2", "not JSON"),
        ("rows.parquet", "", "none of .json, .jsonl and .csv"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused_by_line(
    name: str, text: str, problem: str, client: TaskClient, network: Network
) -> None:
    file = Path(name)
    file.write_text(text)

    with pytest.raises(InvalidRequest, match=problem):
        client.map("other", file)

    assert not network.requests


@pytest.mark.parametrize("inputs", ["rows.csv", {"a": 1}, b"abc"])
def test_text_is_not_taken_for_a_list(inputs: Any, client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match="give a list, an iterator or a Path"):
        client.map("other", inputs)
