"""Recurring schedules over HTTP."""

from typing import Any

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import USER_ARN, Answer, InProcessApi

SCHEDULES = "/v1/tenants/mbc/schedules"
NIGHTLY = f"{SCHEDULES}/nightly"
WHOLE = {
    "taskType": "any",
    "expression": "cron(0 6 ? * MON-FRI *)",
    "timezone": "Europe/Berlin",
    "paused": False,
    "input": {"year": 2026},
    "taskName": "for people",
    "notify": "none",
    "priority": "high",
    "onSuccess": ["mail", "log"],
    "onFailure": ["page"],
    "onCompletion": ["archive"],
    "logIds": {"order": "4711"},
}


def put(api: InProcessApi, name: str = "nightly", **fields: Any) -> Answer:
    body = {"taskType": "any", "expression": "rate(1 hour)", **fields}
    return api.put(f"{SCHEDULES}/{name}", body)


def fields(answer: Answer) -> list[str]:
    return [detail["field"] for detail in answer.error["details"]]


def test_a_schedule_is_answered_as_it_was_put(api: InProcessApi) -> None:
    answer = api.put(NIGHTLY, WHOLE)

    assert answer.status == 200
    assert {name: answer.body[name] for name in WHOLE} == WHOLE
    assert (answer.body["name"], answer.body["tenantCode"]) == ("nightly", "mbc")
    assert answer.body["createdBy"] == USER_ARN
    assert answer.body["nextFireAt"].endswith("Z")
    assert api.get(NIGHTLY).body == answer.body


def test_putting_again_what_is_there_changes_nothing(api: InProcessApi) -> None:
    first = api.put(NIGHTLY, WHOLE)

    assert api.put(NIGHTLY, WHOLE).body == first.body


def test_what_a_put_leaves_out_gets_its_default(api: InProcessApi) -> None:
    api.put(NIGHTLY, WHOLE)

    replaced = put(api).body

    assert (replaced["input"], replaced["timezone"], replaced["onSuccess"]) == (None, "UTC", [])
    assert replaced["version"] == 2


def test_one_callback_may_stand_alone(api: InProcessApi) -> None:
    assert put(api, onSuccess="mail").body["onSuccess"] == ["mail"]


def test_a_schedule_that_is_put_submits_tasks(api: InProcessApi, cloud: InProcessCloud) -> None:
    put(api, input=7)

    cloud.advance(seconds=3 * 3600)

    tasks = api.get("/v1/tenants/mbc/tasks").body["items"]
    assert [(each["status"], each["input"], each["schedule"]) for each in tasks] == [
        ("COMPLETED", 7, "nightly")
    ] * 3
    assert {each["createdBy"] for each in tasks} == {USER_ARN}


def test_pause_and_resume(api: InProcessApi) -> None:
    put(api)

    paused = api.post(f"{NIGHTLY}/pause")
    assert (paused.status, paused.body["paused"], paused.body["nextFireAt"]) == (200, True, None)
    assert api.get(NIGHTLY).body["paused"] is True
    resumed = api.post(f"{NIGHTLY}/resume")
    assert (resumed.status, resumed.body["paused"]) == (200, False)


def test_delete_answers_what_is_gone(api: InProcessApi) -> None:
    stored = put(api).body

    answer = api.delete(NIGHTLY)

    assert (answer.status, answer.body) == (200, stored)
    assert api.get(NIGHTLY).status == 404
    assert api.get(SCHEDULES).body == {"items": [], "cursor": None}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", NIGHTLY),
        ("DELETE", NIGHTLY),
        ("POST", f"{NIGHTLY}/pause"),
        ("POST", f"{NIGHTLY}/resume"),
    ],
)
def test_what_is_not_there_is_not_found(api: InProcessApi, method: str, path: str) -> None:
    answer = api.request(method, path)

    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert "nightly" in answer.error["message"]


@pytest.mark.parametrize("limit", [1, 3, 7, 1_000])
def test_every_schedule_is_on_one_page(api: InProcessApi, limit: int) -> None:
    names = sorted(f"s{number}" for number in range(7))
    for name in names:
        put(api, name)

    found, cursor = [], None
    while True:
        page = api.get(SCHEDULES, limit=limit, **({"cursor": cursor} if cursor else {})).body
        assert len(page["items"]) <= limit
        found += [each["name"] for each in page["items"]]
        if (cursor := page["cursor"]) is None:
            break

    assert found == names


def test_a_page_of_large_inputs_is_cut(api: InProcessApi) -> None:
    for number in range(70):  # quotes count twice in an answer of Lambda
        put(api, f"s{number:02}", input='"' * 32_000)

    page = api.get(SCHEDULES, limit=1_000).body

    assert 1 <= len(page["items"]) < 70
    assert page["cursor"] == page["items"][-1]["name"]


def test_tenants_do_not_see_each_other_s(api: InProcessApi) -> None:
    put(api)

    assert api.get("/v1/tenants/other/schedules").body["items"] == []
    assert api.delete("/v1/tenants/other/schedules/nightly").status == 404
    assert api.get(NIGHTLY).status == 200


def test_a_token_of_another_tenant_may_not() -> None:
    claims = {"jwt": {"claims": {"tenant": "other", "sub": "me"}}}
    with InProcessCloud(environment={"TASKMILL_TENANT_CLAIM": "tenant"}):
        answer = InProcessApi(claims).put(NIGHTLY, WHOLE)

    assert (answer.status, answer.error["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["expression", "taskType"]),
        ({"taskType": "any", "expression": 5}, ["expression"]),
        ({"taskType": "any", "expression": "daily"}, ["expression"]),
        ({"taskType": "any", "expression": "cron(0 6 * * * *)"}, ["expression"]),
        ({"taskType": "any", "expression": "rate(1 minutes)"}, ["expression"]),
        ({"taskType": "any", "expression": "cron(0 6 31 2 ? *)"}, ["expression"]),
        ({**WHOLE, "timezone": "Mars"}, ["timezone"]),
        ({**WHOLE, "paused": "no"}, ["paused"]),
        ({**WHOLE, "priority": "soon"}, ["priority"]),
        ({**WHOLE, "onSuccess": "any"}, ["onSuccess"]),
        ({**WHOLE, "onSuccess": 5}, ["onSuccess"]),
        ({**WHOLE, "logIds": {"order": 5}}, ["logIds.order"]),
        ({**WHOLE, "name": "other"}, ["name"]),
        ({**WHOLE, "task_type": "any"}, ["task_type"]),
        ({**WHOLE, "taskType": "typed"}, ["input"]),
    ],
    ids=str,
)
def test_every_wrong_field_is_named_and_nothing_is_stored(
    api: InProcessApi, body: dict[str, Any], wrong: list[str]
) -> None:
    answer = api.put(NIGHTLY, body)

    assert answer.status == 422
    assert sorted(fields(answer)) == wrong
    assert api.get(SCHEDULES).body["items"] == []


def test_a_name_that_is_none_is_refused(api: InProcessApi) -> None:
    answer = put(api, "no%20name")

    assert (answer.status, answer.error["code"]) == (400, "invalid_key")


def test_an_input_over_64_kb_is_refused_with_the_limit(api: InProcessApi) -> None:
    answer = put(api, input="x" * 65_535)

    assert (answer.status, answer.error["details"][0]["limit"]) == (413, 65_536)


@pytest.mark.parametrize("body", ["", "{", '{"taskType": "any", "expression": NaN}'])
def test_a_body_that_is_none_is_refused(api: InProcessApi, body: str) -> None:
    assert api.put(NIGHTLY, body).status in (400, 422)


def test_put_takes_json_only(api: InProcessApi) -> None:
    assert api.put(NIGHTLY, "x", headers={"content-type": "text/plain"}).status == 415
