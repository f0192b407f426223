"""Whatever is sent: the status is right, the shape is one, and the field is named."""

import io
import json
import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskmill.testing import InProcessCloud
from taskmill.testing.http import Answer, InProcessApi

TASKS, FAN_OUTS = "/v1/tenants/mbc/tasks", "/v1/tenants/mbc/step-function-tasks"


def fields(answer: Answer) -> list[str]:
    return [detail["field"] for detail in answer.error["details"]]


@pytest.mark.parametrize(
    "body",
    [
        '{"taskType": ',
        '{"taskType": "any", "input": NaN}',
        '{"taskType": "any", "input": "\\ud800"}',
        '{"taskType": "any", "input": {"\\udfff": 1}}',
        '{"taskType": "any", "input": ' + "9" * 5_000 + "}",
        '{"taskType": "any", "input": ' + "[" * 100_000 + "]" * 100_000 + "}",
        b'{"taskType": "\xff\xfe"}',
        '[{"taskType": "any"}]',
        '"taskType"',
        "null",
    ],
    ids=[
        "cut off",
        "NaN",
        "half a surrogate",
        "half a surrogate as a name",
        "a number of 5,000 digits",
        "nested 100,000 deep",
        "not UTF-8",
        "an array",
        "text",
        "null",
    ],
)
def test_a_body_that_is_no_json_object_is_malformed(api: InProcessApi, body: str | bytes) -> None:
    answer = api.post(TASKS, body)

    assert (answer.status, answer.error["code"]) == (400, "malformed_body")
    assert fields(answer) == ["body"]


def test_a_number_that_json_can_write_but_not_hold_is_no_input(api: InProcessApi) -> None:
    answer = api.post(TASKS, '{"taskType": "any", "input": 1e999}')

    assert (answer.status, fields(answer)) == (422, ["input"])


def test_a_body_in_base64_that_is_none_is_malformed(api: InProcessApi) -> None:
    from taskmill.handlers import api as function

    event = api.event("POST", TASKS, "no base64!", "", {"content-type": "application/json"})

    answer = function.handler(event | {"isBase64Encoded": True}, None)

    assert answer["statusCode"] == 400


def test_a_body_in_base64_is_as_good_as_text(api: InProcessApi) -> None:
    assert api.post(TASKS, json.dumps({"taskType": "any"}).encode()).status == 202


@pytest.mark.parametrize("body", [None, ""])
def test_an_absent_body_is_named(api: InProcessApi, body: str | None) -> None:
    answer = api.post(TASKS, body)

    assert (answer.status, fields(answer)) == (422, ["body"])


@pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", "image/*"])
def test_another_content_type_is_refused_by_name(api: InProcessApi, declared: str) -> None:
    answer = api.post(TASKS, "taskType=any", headers={"content-type": declared})

    assert (answer.status, answer.error["code"]) == (415, "unsupported_media_type")
    assert declared in answer.error["message"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Content-Type": "Application/JSON; charset=utf-8"}],
    ids=["none", "in capitals"],
)
def test_json_is_taken_however_it_is_declared(api: InProcessApi, headers: dict[str, str]) -> None:
    assert api.post(TASKS, '{"taskType": "any"}', headers=headers).status == 202


def test_a_body_over_6_mb_is_refused_with_the_limit(api: InProcessApi) -> None:
    answer = api.post(TASKS, {"taskType": "any", "input": "x" * 6 * 1024 * 1024})

    assert (answer.status, answer.error["code"]) == (413, "too_large")
    assert answer.error["details"][0]["limit"] == 6_291_456


def test_an_input_over_the_configured_maximum_is_refused_with_the_limit() -> None:
    with InProcessCloud(environment={"TASKMILL_MAX_PAYLOAD_BYTES": "1000"}):
        answer = InProcessApi().post(TASKS, {"taskType": "any", "input": "x" * 1_000})

    assert (answer.status, answer.error["details"][0]["limit"]) == (413, 1_000)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["taskType"]),
        ({"taskType": "with#hash"}, ["taskType"]),
        ({"taskType": "any\n"}, ["taskType"]),
        ({"taskType": 7}, ["taskType"]),
        ({"taskType": "any", "delaySeconds": "60"}, ["delaySeconds"]),
        ({"taskType": "any", "delaySeconds": True}, ["delaySeconds"]),
        ({"taskType": "any", "delaySeconds": -1, "name": ""}, ["name", "delaySeconds"]),
        ({"taskType": "any", "tenantCode": "other"}, ["tenantCode"]),
        ({"taskType": "any", "task_type": "any"}, ["task_type"]),
        ({"tasks": []}, ["tasks"]),
        ({"tasks": [{"taskType": "any"}] * 101}, ["tasks"]),
        ({"tasks": [{"taskType": "any"}, {"input": 1}]}, ["tasks.1.taskType"]),
        ({"tasks": [{"taskType": "any"}], "name": "x"}, ["name"]),
    ],
    ids=str,
)
def test_every_wrong_field_of_a_task_is_named(
    api: InProcessApi, body: dict[str, Any], wrong: list[str]
) -> None:
    answer = api.post(TASKS, body)

    assert answer.status in (400, 422)
    assert sorted(fields(answer)) == sorted(wrong)
    assert api.get(TASKS).body["items"] == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"taskType": "any"}, ["input"]),
        ({"taskType": "any", "input": {"a": 1}}, ["input"]),
        ({"taskType": "any", "input": [1], "inputRef": "inputs/mbc/x.jsonl"}, ["input"]),
        ({"taskType": "any", "inputRef": "results/mbc/x.json"}, ["inputRef"]),
        ({"taskType": "any", "input": [1], "toleratedFailures": "half"}, ["toleratedFailures"]),
        ({"taskType": "any", "input": [1], "toleratedFailures": -1}, ["toleratedFailures"]),
        ({"taskType": "any", "input": [0] * 10_001, "batchSize": 1}, ["batchSize"]),
        ({"taskType": "any", "input": [1], "maxConcurrency": 0}, ["maxConcurrency"]),
    ],
    ids=str,
)
def test_every_wrong_field_of_a_fan_out_is_named(
    api: InProcessApi, body: dict[str, Any], wrong: list[str]
) -> None:
    answer = api.post(FAN_OUTS, body)

    assert answer.status == 422
    assert set(fields(answer)) == set(wrong)


def test_more_than_a_million_subtasks_are_refused_with_the_limit(api: InProcessApi) -> None:
    body = '{"taskType": "any", "input": [' + "0," * 1_000_000 + "0]}"

    answer = api.post(FAN_OUTS, body)

    assert (answer.status, answer.error["details"][0]["limit"]) == (413, 1_000_000)


class TestTypedInputs:
    """An input that the task function cannot take is refused at submit."""

    def test_the_wrong_field_is_named(self, api: InProcessApi) -> None:
        answer = api.post(TASKS, {"taskType": "typed", "input": {"iata": "PDX", "runways": "x"}})

        assert (answer.status, fields(answer)) == (422, ["input"])
        assert "runways" in answer.error["message"]

    def test_one_wrong_input_of_many_stores_none(self, api: InProcessApi) -> None:
        good = {"taskType": "typed", "input": {"iata": "PDX", "runways": 3}}

        answer = api.post(TASKS, {"tasks": [good, {"taskType": "typed", "input": 1}]})

        assert (answer.status, fields(answer)) == (422, ["tasks.1.input"])
        assert api.get(TASKS).body["items"] == []

    def test_types_that_we_do_not_know_pass(self, api: InProcessApi) -> None:
        assert api.post(TASKS, {"taskType": "elsewhere", "input": 1}).status == 202

    def test_code_that_cannot_be_loaded_here_hinders_nobody(self) -> None:
        with InProcessCloud(modules=["no_such_module"], load_modules=False):
            assert InProcessApi().post(TASKS, {"taskType": "typed", "input": 1}).status == 202


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("limit=1&limit=2", "limit"),
        ("type=a&type=b", "type"),
        ("type=a%23b", "type"),
        ("status=DONE", "status"),
        ("order=up", "order"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("cursor=a%23b%23c", "cursor"),
        ("type=a&cursor=b%2301J", "cursor"),
        ("limit=%ff", "limit"),
    ],
)
def test_a_wrong_query_is_refused_by_name(api: InProcessApi, query: str, wrong: str) -> None:
    answer = api.request("GET", TASKS, query=query)

    assert (answer.status, fields(answer)) == (422, [wrong])


@pytest.mark.parametrize(
    "path",
    [
        "/v1/tenants/m%23bc/tasks",
        "/v1/tenants/münchen/tasks",
        "/v1/tenants/%F0%9F%98%80/tasks",
        "/v1/tenants/%ff/tasks",
        "/v1/tenants/mbc%0A/tasks",
        "/v1/tenants/-/tasks",
        f"/v1/tenants/{'x' * 65}/tasks",
        f"{TASKS}/any/a%23b",
        f"{TASKS}/../x",
        f"{FAN_OUTS}/any/code/subtasks/01",
        f"{FAN_OUTS}/any/code/subtasks/-1",
        f"{FAN_OUTS}/any/code/subtasks/1000000",
    ],
)
def test_a_path_that_names_no_key_is_refused(api: InProcessApi, path: str) -> None:
    answer = api.get(path)

    assert (answer.status, answer.error["code"]) == (400, "invalid_key")


@pytest.mark.parametrize(
    "path",
    ["/", "/v1", "/v1/tenants//tasks", f"{TASKS}/", f"{TASKS}/a/b/c/d", "/v1/tenants/a%2Fb/tasks"],
)
def test_a_path_without_a_route_is_not_found_in_our_shape(api: InProcessApi, path: str) -> None:
    answer = api.get(path)

    assert (answer.status, answer.error["code"]) == (404, "no_such_route")


def test_a_wrong_method_is_told_the_right_ones(api: InProcessApi) -> None:
    answer = api.request("DELETE", f"{TASKS}/any/code")

    assert (answer.status, answer.error["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, PATCH"


def test_an_unexpected_error_is_logged_and_told_to_nobody(
    api: InProcessApi,
    cloud: InProcessCloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = io.StringIO()
    cloud.wiring.logger.addHandler(logging.StreamHandler(log))

    def broken(**_: Any) -> None:
        raise ZeroDivisionError("the secret cause")

    monkeypatch.setattr(cloud.table, "get_item", broken)

    answer = api.get(f"{TASKS}/any/code")

    assert (answer.status, answer.error["code"]) == (500, "internal")
    assert "secret" not in json.dumps(answer.body)
    assert "the secret cause" in log.getvalue()


@pytest.mark.parametrize(
    "response",
    [
        {"Error": {"Code": "ProvisionedThroughputExceededException"}},
        {"Error": {"Code": "ThrottlingException"}},
        {
            "Error": {"Code": "TransactionCanceledException"},
            "CancellationReasons": [{"Code": "None"}, {"Code": "ThrottlingError"}],
        },
    ],
    ids=["throughput", "throttling", "a transaction"],
)
def test_a_throttled_request_may_be_tried_again(
    api: InProcessApi,
    cloud: InProcessCloud,
    monkeypatch: pytest.MonkeyPatch,
    response: dict[str, Any],
) -> None:
    def throttled(**_: Any) -> None:
        raise ClientError(response, "GetItem")

    monkeypatch.setattr(cloud.table, "get_item", throttled)

    answer = api.get(f"{TASKS}/any/code")

    assert (answer.status, answer.error["code"]) == (429, "throttled")
    assert answer.headers["Retry-After"] == "1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    value=JSON,
    path=st.sampled_from([TASKS, FAN_OUTS, f"{TASKS}/any/code"]),
    field=st.sampled_from(["input", "name", "status", "attributes", "tasks", "toleratedFailures"]),
)
def test_no_json_breaks_the_api(api: InProcessApi, value: Any, path: str, field: str) -> None:
    method = "PATCH" if path.endswith("code") else "POST"

    answer = api.request(method, path, body={"taskType": "any", "status": "FAILED", field: value})

    assert answer.status in (202, 400, 404, 409, 413, 422)
    assert answer.status < 300 or set(answer.error) == {"code", "message", "details"}
