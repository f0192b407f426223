"""The routes of bulk operations."""

from typing import Any

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

BULK = "/v1/tenants/mbc/bulk"


def waiting(api: InProcessApi, count: int) -> list[str]:
    body: dict[str, Any] = {"taskType": "any", "delaySeconds": 3600}
    return [api.post("/v1/tenants/mbc/tasks", body).body["code"] for _ in range(count)]


def test_a_count_is_200_and_a_bulk_202(api: InProcessApi, cloud: InProcessCloud) -> None:
    codes = waiting(api, 2)
    asked = {"action": "cancel", "filter": {"type": "any"}, "reason": "not needed"}

    counted = api.post(BULK, {**asked, "dryRun": True})
    assert (counted.status, counted.body["count"], counted.body["exact"]) == (200, 2, True)
    assert {each["sk"] for each in counted.body["sample"]} == {f"any#{code}" for code in codes}

    begun = api.post(BULK, {**asked, "expected": 2})
    assert (begun.status, begun.body["type"]) == (202, "taskmill.bulk")
    cloud.advance(seconds=1)

    (listed,) = api.get(BULK).body["items"]
    assert listed["attributes"]["result"] == {"acted": 2, "skipped": {}}
    assert listed["createdBy"].endswith("user/tester")
    task = api.get(f"/v1/tenants/mbc/tasks/any/{codes[0]}").body
    assert task["status"] == "CANCELLED"
    assert task["history"][-1]["by"] == "tester"
    assert task["history"][-1]["reason"].endswith(": not needed")


def test_more_than_expected_is_409(api: InProcessApi) -> None:
    waiting(api, 2)

    refused = api.post(BULK, {"action": "cancel", "filter": {}, "expected": 1})

    assert refused.status == 409
    assert "2 tasks match by now" in refused.error["message"]


def test_what_is_no_bulk_is_422(api: InProcessApi) -> None:
    for body in (
        {"action": "cancel"},
        {"action": "delete", "filter": {}},
        {"action": "cancel", "filter": {"status": ["FAILED"]}},
        {"action": "cancel", "filter": {"createdAfter": 5}},
        {"action": "retry", "filter": {}, "reason": "x" * 101},
        {"action": "retry", "keys": []},
    ):
        assert api.post(BULK, body).status == 422, body


def test_types_of_ours_cannot_be_submitted(api: InProcessApi) -> None:
    refused = api.post("/v1/tenants/mbc/tasks", {"taskType": "taskmill.bulk", "input": {}})

    assert refused.status == 422
    assert "such types are taskmill's own" in refused.error["message"]
