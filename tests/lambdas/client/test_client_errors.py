from collections.abc import Callable

import httpx
import pytest
from network import Network

from taskmill import errors
from taskmill.client import (
    Forbidden,
    InvalidRequest,
    LimitExceeded,
    NotConfigured,
    TaskClient,
    Throttled,
    Unreachable,
)


def test_a_refused_field_is_named(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match="delaySeconds") as refused:
        client.submit("double", 1, delay_seconds=10**9)

    assert refused.value.details["field"] == "delaySeconds"


def test_all_refused_fields_are_named_at_once(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match=r"(?s)batchSize.*maxConcurrency"):
        client.map("double", [1], batch_size=0, max_concurrency=0)


def test_a_wrong_argument_of_the_task_function_is_refused_at_submit(client: TaskClient) -> None:
    with pytest.raises(InvalidRequest, match="input"):
        client.submit("double", "seven")


def test_a_limit_comes_with_its_figures(
    connect: Callable[..., TaskClient],
) -> None:
    details = [{"message": "too large", "field": "input", "actual": 7, "limit": 5}]
    body = {"error": {"code": "too_large", "message": "input is 7 bytes", "details": details}}

    with (
        connect(transport=_always(413, body)) as client,
        pytest.raises(LimitExceeded, match="input is 7 bytes") as refused,
    ):
        client.submit("double", 1)

    assert refused.value.details["limit"] == 5


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "invalid_key", errors.InvalidKey),
        (403, "forbidden", errors.Forbidden),
        (404, "not_found", errors.TaskNotFound),
        (409, "conflict", errors.Conflict),
        (409, "idempotency_conflict", errors.IdempotencyConflict),
        (409, "illegal_status_change", errors.IllegalStatusChange),
        (409, "of_a_newer_server", errors.Conflict),
        (422, "invalid_request", errors.InvalidRequest),
        (429, "throttled", Throttled),
        (500, "internal", Unreachable),
    ],
)
def test_an_error_of_the_api_comes_back_as_what_it_was(
    status: int, code: str, kind: type[Exception], connect: Callable[..., TaskClient]
) -> None:
    body = {"error": {"code": code, "message": "what happened", "details": []}}

    with connect(transport=_always(status, body)) as client, pytest.raises(kind) as raised:
        client.get({"pk": "TASK#mbc", "sk": "a#b"})

    assert type(raised.value) is kind
    assert str(raised.value) == "what happened"


def test_a_refusal_by_the_gateway_says_where_and_as_whom(
    connect: Callable[..., TaskClient],
) -> None:
    with (
        connect(transport=_always(403, {"message": "Forbidden"})) as client,
        pytest.raises(Forbidden, match=r"abc123\.execute-api.*AKIAEXAMPLE in eu-west-1"),
    ):
        client.submit("double", 1)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>It works!</html>"),
        (404, b"<html>Nothing here</html>"),
        (404, b'{"message":"Not Found"}'),
    ],
)
def test_an_address_without_a_task_api_is_told(
    status: int, body: bytes, connect: Callable[..., TaskClient]
) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))

    with connect(transport=transport) as client, pytest.raises(Unreachable, match="check the URL"):
        client.submit("double", 1)


def test_no_answer_names_the_address_and_what_to_do(connect: Callable[..., TaskClient]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused", request=request)

    with (
        connect(
            url="http://localhost:4566/x", region="us-east-1", transport=httpx.MockTransport(refuse)
        ) as client,
        pytest.raises(Unreachable, match=r"http://localhost:4566 .*`taskmill local up`"),
    ):
        client.submit("double", 1)


@pytest.mark.parametrize(
    "fault",
    [
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(503, headers={"Retry-After": "2"}),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
)
def test_reading_is_tried_again(
    fault: httpx.Response | Exception, client: TaskClient, network: Network
) -> None:
    task = client.submit("double", 1)
    network.faults = [fault, fault]

    assert client.get(task).code == task.code


def test_trying_again_ends(client: TaskClient, network: Network) -> None:
    network.faults = [httpx.Response(503)] * 9

    with pytest.raises(Unreachable):
        client.get("double", "x")

    assert len(network.requests) == 4


def test_a_server_may_ask_for_patience(
    connect: Callable[..., TaskClient], network: Network
) -> None:
    slept: list[float] = []
    network.faults = [httpx.Response(429, headers={"Retry-After": "3"})]

    with connect(sleep=slept.append) as client:
        client.submit("double", 1)

    assert 3.0 <= slept[0] <= 5.0


def test_a_cancel_that_may_have_arrived_is_not_sent_again(
    client: TaskClient, network: Network
) -> None:
    network.idle = True
    task = client.submit("double", 1)
    network.requests.clear()
    network.faults = [httpx.Response(502)]

    with pytest.raises(Unreachable):
        client.cancel(task)

    assert len(network.requests) == 1


def test_missing_credentials_are_told_with_what_to_do(connect: Callable[..., TaskClient]) -> None:
    with connect(session=None) as client, pytest.raises(NotConfigured, match="aws sso login"):
        client.submit("double", 1)


def _always(status: int, body: object) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(status, json=body))
