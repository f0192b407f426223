"""Callback mappings over HTTP."""

from typing import Any

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import USER_ARN, Answer, InProcessApi

CALLBACKS = "/v1/tenants/mbc/callbacks"
MAIL = f"{CALLBACKS}/any~success~mail"
WHOLE = {"event": "success", "callbackType": "mail"}


def fields(answer: Answer) -> list[str]:
    return [detail["field"] for detail in answer.error["details"]]


def test_a_mapping_is_answered_as_it_was_put(api: InProcessApi) -> None:
    answer = api.put(MAIL, WHOLE)

    assert answer.status == 200
    created = answer.body["createdAt"]
    assert created.endswith("Z")
    assert answer.body == {
        "id": "any~success~mail",
        "tenantCode": "mbc",
        "taskType": "any",
        "event": "success",
        "callbackType": "mail",
        "createdAt": created,
        "createdBy": USER_ARN,
    }
    assert api.get(MAIL).body == answer.body
    assert api.get(CALLBACKS, type="any").body == {"items": [answer.body]}


def test_putting_again_what_is_there_changes_nothing(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    first = api.put(MAIL, WHOLE)
    cloud.sleep(60)

    again = api.put(MAIL, WHOLE)

    assert (again.status, again.body) == (200, first.body)


def test_another_mapping_may_be_put_in_its_place(api: InProcessApi) -> None:
    api.put(MAIL, WHOLE)

    replaced = api.put(MAIL, {"event": "failure", "callbackType": "page"}).body

    assert (replaced["event"], replaced["callbackType"]) == ("failure", "page")
    assert api.get(CALLBACKS, type="any").body["items"] == [replaced]


def test_a_mapping_that_is_put_submits_tasks(api: InProcessApi, cloud: InProcessCloud) -> None:
    api.put(f"{CALLBACKS}/any~mine", {"event": "completion", "callbackType": "typed"})
    source = api.post("/v1/tenants/mbc/tasks", {"taskType": "any", "input": 7}).body

    cloud.run()

    path = f"/v1/tenants/mbc/tasks/any/{source['code']}"
    (callback,) = api.get(f"{path}/children").body["items"]
    assert (callback["type"], callback["createdBy"]) == ("typed", USER_ARN)
    shown = api.get(path).body
    told = callback["input"]["task"]
    assert told == {name: shown[name] for name in told}
    assert told["attributes"] == {"result": 7}


def test_delete_answers_what_is_gone(api: InProcessApi) -> None:
    stored = api.put(MAIL, WHOLE).body

    answer = api.delete(MAIL)

    assert (answer.status, answer.body) == (200, stored)
    assert api.get(CALLBACKS, type="any").body == {"items": []}


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_what_is_not_there_is_not_found(api: InProcessApi, method: str) -> None:
    answer = api.request(method, MAIL)

    assert (answer.status, answer.error["code"]) == (404, "not_found")
    assert "any~success~mail" in answer.error["message"]


def test_a_list_is_of_one_type_and_one_tenant(api: InProcessApi) -> None:
    api.put(MAIL, WHOLE)
    api.put(f"{CALLBACKS}/other~success~mail", WHOLE)
    api.put("/v1/tenants/other/callbacks/any~success~page", WHOLE)

    found = api.get(CALLBACKS, type="any").body["items"]

    assert [each["id"] for each in found] == ["any~success~mail"]
    assert api.get(CALLBACKS, type="none-of-these").body == {"items": []}


def test_tenants_do_not_reach_each_other_s(api: InProcessApi) -> None:
    api.put(MAIL, WHOLE)

    assert api.get("/v1/tenants/other/callbacks/any~success~mail").status == 404
    assert api.delete("/v1/tenants/other/callbacks/any~success~mail").status == 404
    assert api.get(MAIL).status == 200


def test_a_token_of_another_tenant_may_not() -> None:
    claims = {"jwt": {"claims": {"tenant": "other", "sub": "me"}}}
    with InProcessCloud(environment={"TASKMILL_TENANT_CLAIM": "tenant"}):
        answer = InProcessApi(claims).put(MAIL, WHOLE)

    assert (answer.status, answer.error["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, ["callbackType", "event"]),
        ({**WHOLE, "event": "cancelled"}, ["event"]),
        ({**WHOLE, "event": 1}, ["event"]),
        ({**WHOLE, "callbackType": "no name"}, ["callbackType"]),
        ({**WHOLE, "callbackType": ["mail"]}, ["callbackType"]),
        ({**WHOLE, "callbackType": "any"}, ["callbackType"]),
        ({**WHOLE, "taskType": "any"}, ["taskType"]),
        ({"event": "success", "callback_type": "mail"}, ["callbackType", "callback_type"]),
    ],
    ids=str,
)
def test_every_wrong_field_is_named_and_nothing_is_stored(
    api: InProcessApi, body: dict[str, Any], wrong: list[str]
) -> None:
    answer = api.put(MAIL, body)

    assert answer.status == 422
    assert sorted(fields(answer)) == wrong
    assert api.get(CALLBACKS, type="any").body["items"] == []


@pytest.mark.parametrize("mapping", ["any", "any~", "~x", "any~no%20name", "any~%23", "a%20b~x"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_id_that_is_none_is_refused(api: InProcessApi, method: str, mapping: str) -> None:
    body = WHOLE if method == "PUT" else None

    answer = api.request(method, f"{CALLBACKS}/{mapping}", body=body)

    assert (answer.status, answer.error["code"]) == (400, "invalid_key")
    assert fields(answer) == ["id"]


@pytest.mark.parametrize("query", [{}, {"type": ""}, {"type": "a~b"}])
def test_a_list_needs_a_type(api: InProcessApi, query: dict[str, str]) -> None:
    answer = api.get(CALLBACKS, **query)

    assert (answer.status, fields(answer)) == (422, ["type"])


def test_a_type_has_at_most_50(api: InProcessApi) -> None:
    for number in range(50):
        api.put(f"{CALLBACKS}/any~{number}", WHOLE)

    answer = api.put(MAIL, WHOLE)

    assert (answer.status, answer.error["details"][0]["limit"]) == (409, 50)


def test_put_takes_json_only(api: InProcessApi) -> None:
    assert api.put(MAIL, "x", headers={"content-type": "text/plain"}).status == 415


def test_a_mapping_that_closes_a_circle_is_answered_with_a_warning(api: InProcessApi) -> None:
    api.put(MAIL, WHOLE)

    back = {"event": "success", "callbackType": "any"}
    answer = api.put(f"{CALLBACKS}/mail~success~any", back)

    assert answer.status == 200
    assert answer.body["warning"].startswith("mail > any > mail: these callbacks submit each other")
    assert "warning" not in api.get(f"{CALLBACKS}/mail~success~any").body
