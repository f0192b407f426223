"""What each route does, through the handler."""

import json
from datetime import datetime

import pytest

from taskmill.testing import InProcessCloud
from taskmill.testing.http import USER_ARN, Answer, InProcessApi

TASKS, FAN_OUTS = "/v1/tenants/mbc/tasks", "/v1/tenants/mbc/step-function-tasks"


def test_health_is_open_and_tells_nothing(cloud: InProcessCloud) -> None:
    answer = InProcessApi(authorizer={}).get("/health")

    assert (answer.status, answer.body) == (200, {"status": "ok"})


def test_a_submitted_task_runs_and_gives_its_result(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    submitted = api.post(TASKS, {"taskType": "any", "input": {"naïve": [1, None, "😀"]}})
    assert (submitted.status, submitted.body["status"]) == (202, "QUEUED")
    cloud.run()

    path = f"{TASKS}/any/{submitted.body['code']}"
    assert api.get(path).body["status"] == "COMPLETED"
    assert api.get(f"{path}/result").body["result"] == {"naïve": [1, None, "😀"]}


def test_a_task_shows_who_submitted_it_from_where_in_which_request(api: InProcessApi) -> None:
    headers = {"content-type": "application/json", "X-Request-Id": "mine-17"}

    by_gateway = api.post(TASKS, {"taskType": "any"}).body
    by_caller = api.post(TASKS, {"taskType": "any"}, headers=headers).body

    assert by_gateway["createdBy"] == USER_ARN
    assert by_gateway["createdIp"] == "192.0.2.7"
    assert by_gateway["requestId"] == "gateway-request"
    assert by_caller["requestId"] == "mine-17"


def test_a_request_id_that_would_swell_the_row_is_not_kept(api: InProcessApi) -> None:
    headers = {"content-type": "application/json", "x-request-id": "x" * 2_000}

    task = api.post(TASKS, {"taskType": "any"}, headers=headers).body

    assert task["requestId"] == "gateway-request"


def test_times_are_utc_in_iso_8601(api: InProcessApi) -> None:
    created = api.post(TASKS, {"taskType": "any"}).body["createdAt"]

    assert created.endswith("Z")
    assert datetime.fromisoformat(created).utcoffset() is not None


def test_many_tasks_are_submitted_at_once_in_order(api: InProcessApi) -> None:
    answer = api.post(TASKS, {"tasks": [{"taskType": "any", "input": n} for n in range(100)]})

    assert answer.status == 202
    assert [task["input"] for task in answer.body["tasks"]] == list(range(100))
    assert len(api.get(TASKS, limit=1000).body["items"]) == 100


def test_an_idempotency_key_gives_the_same_task(api: InProcessApi) -> None:
    request = {"taskType": "any", "input": 1, "idempotencyKey": "once"}

    first, again = api.post(TASKS, request), api.post(TASKS, request)
    other = api.post(TASKS, {**request, "input": 2})

    assert again.body["code"] == first.body["code"]
    assert (other.status, other.error["code"]) == (409, "idempotency_conflict")


def test_a_fan_out_shows_its_subtasks_and_progress(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    request = {"taskType": "api-odd-fails", "input": [0, 1, 2, 4], "toleratedFailures": "25%"}
    path = f"{FAN_OUTS}/api-odd-fails/{api.post(FAN_OUTS, request).body['code']}"
    cloud.run()

    progress = api.get(f"{path}/progress").body
    subtasks = api.get(f"{path}/subtasks").body

    assert api.get(path).body["status"] == "COMPLETED"
    assert (progress["completed"], progress["failed"], progress["percent"]) == (3, 1, 100.0)
    assert [each["index"] for each in subtasks["items"]] == [0, 1, 2, 3]
    assert api.get(f"{path}/subtasks/1").body["attributes"]["error"]["message"] == "1 is odd"
    assert api.get(f"{path}/subtasks/4").status == 404


def test_an_upload_becomes_the_input_of_a_fan_out(api: InProcessApi, cloud: InProcessCloud) -> None:
    upload = api.post("/v1/tenants/mbc/uploads", {"size": 6})
    assert upload.status == 201
    ref = upload.body["inputRef"]
    cloud.bucket.put_object(Bucket="payloads", Key=ref, Body=b"2\n4\n6\n")

    task = api.post(FAN_OUTS, {"taskType": "api-odd-fails", "inputRef": ref})
    cloud.run()

    assert (task.status, task.body["childCount"]) == (202, 3)
    path = f"{FAN_OUTS}/api-odd-fails/{task.body['code']}"
    assert api.get(f"{path}/progress").body["completed"] == 3


def test_an_upload_of_another_tenant_is_no_input(api: InProcessApi) -> None:
    theirs = api.post("/v1/tenants/other/uploads", {"size": 6}).body["inputRef"]

    answer = api.post(FAN_OUTS, {"taskType": "any", "inputRef": theirs})

    assert (answer.status, answer.error["details"][0]["field"]) == (422, "inputRef")


def test_a_large_result_is_answered_with_where_to_get_it(
    api: InProcessApi, cloud: InProcessCloud
) -> None:
    task = api.post(TASKS, {"taskType": "any", "input": "x" * 200_000}).body
    cloud.run()

    result = api.get(f"{TASKS}/any/{task['code']}/result").body

    assert result["result"] is None
    assert task["code"] in result["resultUrl"]


def test_a_cancelled_task_can_be_run_again(api: InProcessApi, cloud: InProcessCloud) -> None:
    path = f"{TASKS}/any/{api.post(TASKS, {'taskType': 'any'}).body['code']}"

    assert api.post(f"{path}/cancel").body["status"] == "CANCELLED"
    assert api.post(f"{path}/cancel").error["code"] == "illegal_status_change"
    assert api.post(f"{path}/retry").body["status"] == "CREATED"
    cloud.run()
    assert api.get(path).body["status"] == "COMPLETED"


def test_children_are_listed(api: InProcessApi) -> None:
    code = api.post(TASKS, {"taskType": "any"}).body["code"]

    assert api.get(f"{TASKS}/any/{code}/children").body == {"items": [], "cursor": None}
    assert api.get(f"{TASKS}/any/nobody/children").status == 404


class TestWorkersOutside:
    """PATCH: a worker that is not ours reports how its task stands."""

    @pytest.fixture
    def path(self, api: InProcessApi) -> str:
        return f"{TASKS}/elsewhere/{api.post(TASKS, {'taskType': 'elsewhere'}).body['code']}"

    def test_a_result_is_reported_and_fetched(self, api: InProcessApi, path: str) -> None:
        api.patch(path, {"status": "PROCESSING", "attributes": {"progress": {"done": 1}}})
        report = {"status": "COMPLETED", "attributes": {"result": [1, 2]}}

        assert api.patch(path, report).status == 200
        assert api.get(f"{path}/result").body["result"] == [1, 2]

    def test_an_error_is_reported(self, api: InProcessApi, path: str) -> None:
        answer = api.patch(path, {"status": "FAILED", "attributes": {"error": "disk full"}})

        assert answer.body["attributes"]["error"]["message"] == "disk full"

    def test_what_the_status_table_forbids_is_refused(self, api: InProcessApi, path: str) -> None:
        assert api.patch(path, {"status": "CREATED"}).status == 422
        assert api.patch(path, {"status": "COMPLETED"}).status == 200
        late = api.patch(path, {"status": "QUEUED"})
        assert (late.status, late.error["code"]) == (409, "illegal_status_change")

    def test_a_missing_task_is_not_made(self, api: InProcessApi) -> None:
        assert api.patch(f"{TASKS}/elsewhere/ghost", {"status": "FAILED"}).status == 404
        assert api.get(f"{TASKS}/elsewhere/ghost").status == 404

    @pytest.mark.parametrize(
        "attributes",
        [
            {"resultRef": "results/other-tenant/secret.json"},
            {"counts": {"total": -1}},
            {"a.b": 1},
            {"my-key": 1},
            {"": 1},
            {"n": 10**40},
            {"n": [{"deep": 1e300}]},
            {"deep": json.loads("[" * 40 + "]" * 40)},
            {"text": "x" * 20_000},
        ],
        ids=lambda attributes: next(iter(attributes)) or "empty",
    )
    def test_attributes_that_a_row_cannot_hold_are_refused(
        self, api: InProcessApi, path: str, attributes: dict[str, object]
    ) -> None:
        answer: Answer = api.patch(path, {"status": "PROCESSING", "attributes": attributes})

        assert answer.status == 422
        assert answer.error["details"][0]["field"].startswith("attributes")
        assert api.get(path).body["status"] == "QUEUED"
