"""Looking up tasks by their keys: what is there, what is as it was known, what is gone."""

from typing import Any

import pytest

from taskmill.model.keys import TaskKey
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

LOOKUP = "/v1/tenants/mbc/lookup"
TASKS = "/v1/tenants/mbc/tasks"


def submit(api: InProcessApi, count: int, value: Any = 2) -> list[dict[str, Any]]:
    tasks = [{"taskType": "api-odd-fails", "input": value}] * count
    return api.post(TASKS, {"tasks": tasks}).body["tasks"]


def keys(tasks: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"pk": each["pk"], "sk": each["sk"]} for each in tasks]


def test_tasks_are_found_in_the_order_of_their_keys(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    tasks = submit(api, 100)[::-1]

    answer = api.post(LOOKUP, {"keys": keys(tasks)})

    assert keys(answer.body["items"]) == keys(tasks)
    assert answer.headers["x-taskmill-read-units"] == "100"
    assert cloud.meter.calls["dynamodb.batch_get_item"] == 1


def test_a_task_that_is_as_it_was_known_is_not_sent_again(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    one, other = submit(api, 2)
    versions = [
        each["version"] for each in api.post(LOOKUP, {"keys": keys([one, other])}).body["items"]
    ]
    api.post(f"{TASKS}/{other['type']}/{other['code']}/cancel")

    found = api.post(LOOKUP, {"keys": keys([one, other]), "versions": versions}).body

    assert found["unchanged"] == keys([one])
    assert [each["status"] for each in found["items"]] == ["CANCELLED"]


def test_what_is_not_there_is_named(api: InProcessApi) -> None:
    (task,) = submit(api, 1)
    gone = {"pk": "TASK#mbc", "sk": "any#never"}

    found = api.post(LOOKUP, {"keys": [gone, *keys([task])]}).body

    assert found["missing"] == [gone]
    assert len(found["items"]) == 1


def test_subtasks_are_found_with_and_without_a_row(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    fan_out = {"taskType": "api-odd-fails", "input": [0, 1, 2], "toleratedFailures": 3}
    task = api.post("/v1/tenants/mbc/step-function-tasks", fan_out).body
    wanted = [{"pk": task["pk"], "sk": f"{task['sk']}#{index}"} for index in range(4)]
    cloud.run()

    found = api.post(LOOKUP, {"keys": [*wanted, *keys([task])], "versions": [1] * 5}).body

    assert {each["index"]: each["status"] for each in found["items"]} == {
        0: "COMPLETED",
        1: "FAILED",
        2: "COMPLETED",
        None: "COMPLETED",
    }
    assert found["missing"] == wanted[3:]


def test_a_summary_has_no_input_result_history_or_stack(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    good, bad = submit(api, 1, 2) + submit(api, 1, 3)
    for _ in range(5):
        cloud.run()
        cloud.sleep(60)

    found = api.post(LOOKUP, {"keys": keys([good, bad]), "fields": "summary"}).body["items"]

    assert [each["status"] for each in found] == ["COMPLETED", "FAILED"]
    for each in found:
        assert each["input"] is None
        assert each["history"] == []
        assert "result" not in each["attributes"]
    assert found[1]["attributes"]["error"].keys() == {"type", "message"}


def test_keys_that_dynamodb_leaves_unprocessed_are_read_again(
    cloud: InProcessCloud, api: InProcessApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = submit(api, 20)
    read = cloud.table.batch_get_item

    def some(*, RequestItems: Any, **how: Any) -> Any:  # noqa: N803  # as boto3 names it
        ((name, request),) = RequestItems.items()
        answer = read(RequestItems={name: {**request, "Keys": request["Keys"][:5]}}, **how)
        rest = {name: {**request, "Keys": request["Keys"][5:]}}
        return {**answer, "UnprocessedKeys": rest if request["Keys"][5:] else {}}

    monkeypatch.setattr(cloud.table, "batch_get_item", some)

    answer = api.post(LOOKUP, {"keys": keys(tasks)})

    assert keys(answer.body["items"]) == keys(tasks)
    assert answer.headers["x-taskmill-read-units"] == "20"


def test_what_does_not_fit_into_an_answer_is_named(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    tasks = submit(api, 60)
    for each in tasks:
        cloud.table.update_item(
            Key={"pk": {"S": cloud_key(each)}, "sk": {"S": each["sk"]}},
            UpdateExpression="SET #i = :i",
            ExpressionAttributeNames={"#i": "input"},
            ExpressionAttributeValues={":i": {"S": '"' + "x" * 100_000 + '"'}},
        )

    found = api.post(LOOKUP, {"keys": keys(tasks)}).body

    assert 0 < len(found["items"]) < 60
    assert keys(found["items"]) + found["leftOut"] == keys(tasks)


def cloud_key(task: dict[str, Any]) -> str:
    return TaskKey.parse(task["pk"], task["sk"]).stored.pk


GOOD = {"pk": "TASK#mbc", "sk": "any#a"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"keys": []}, "keys"),
        ({"keys": [GOOD] * 101}, "keys"),
        ({"keys": [{"pk": "TASK#acme", "sk": "any#a"}]}, "keys[0].pk"),
        ({"keys": [{"pk": "TASK#mbc"}]}, "keys"),
        ({"keys": [GOOD], "versions": [1, 2]}, "versions"),
        ({"keys": [GOOD], "fields": "all"}, "fields"),
        ({"keys": [GOOD], "more": 1}, "more"),
        ({}, "keys"),
    ],
)
def test_a_bad_look_up_is_refused_by_its_field(
    api: InProcessApi, body: dict[str, Any], field: str
) -> None:
    answer = api.post(LOOKUP, body)

    assert answer.status == 422
    assert field in str(answer.error)


def test_a_key_that_is_none_is_refused(api: InProcessApi) -> None:
    answer = api.post(LOOKUP, {"keys": [{"pk": "nonsense", "sk": "any#a"}]})

    assert answer.status in (400, 422)
    assert "nonsense" in answer.error["message"]
