import json
from typing import Any

import pytest
from builders import any_fan_out_key, any_key, any_row, any_task, any_tenant, stored

from taskmill.aws.sns import Topic, alarm_notification, status_notification
from taskmill.model.json_text import message_text
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud

KEY = TaskKey(Kind.TASK, "mbc", "export", "01J")


def published(cloud: InProcessCloud, topic: str = "status") -> list[dict[str, Any]]:
    return cloud.topics.published.get(topic, [])


def test_a_status_is_told_in_the_documented_shape() -> None:
    row = any_row(key=KEY, status=Status.COMPLETED, attributes={"result": '{"n":1}'}, version=7)

    assert status_notification(row, "task-status", table="tasks") == {
        "attributes": {
            "action": "task-status",
            "tenantCode": "mbc",
            "taskType": "export",
            "status": "COMPLETED",
        },
        "body": {
            "action": "task-status",
            "pk": "TASK#mbc",
            "sk": "export#01J",
            "table": "tasks",
            "id": "export#01J@7",
            "tenantCode": "mbc",
            "content": {"status": "COMPLETED", "attributes": {"result": {"n": 1}}},
        },
    }


def test_an_alarm_is_told_in_the_documented_shape() -> None:
    error = {"type": "LookupError", "message": "no such order", "stack": "…"}
    row = any_row(key=KEY, status=Status.FAILED, attributes={"error": error}, version=3)

    alarm = alarm_notification(row, table="tasks")

    assert alarm["attributes"]["action"] == "sfn-alarm"
    assert alarm["body"] == {
        "action": "sfn-alarm",
        "pk": "TASK#mbc",
        "sk": "export#01J",
        "table": "tasks",
        "id": "export#01J@3",
        "tenantCode": "mbc",
        "content": {
            "status": "FAILED",
            "attributes": {"error": error},
            "errorMessage": "no such order",
            "errorDetails": error,
        },
    }


def test_a_subtask_is_told_under_its_public_key() -> None:
    row = any_row(key=any_fan_out_key(tenant="t", type="x", code="c").subtask(12))

    body = status_notification(row, "sub-task-status", table="tasks")["body"]

    assert (body["pk"], body["sk"]) == ("SFN_TASK#t", "x#c#12")


def test_a_failure_without_an_error_has_a_message_all_the_same() -> None:
    content = alarm_notification(any_row(key=KEY, status=Status.FAILED), table="t")["body"][
        "content"
    ]

    assert content["errorMessage"] == "TASK#mbc/export#01J failed"


def test_what_is_published_carries_attributes_to_filter_by(cloud: InProcessCloud) -> None:
    key = cloud.service.create_task(task=any_task()).key
    cloud.run()

    (message,) = [
        each
        for each in published(cloud)
        if each["MessageAttributes"]["status"]["StringValue"] == "COMPLETED"
    ]
    assert message["MessageAttributes"] == {
        "action": {"DataType": "String", "StringValue": "task-status"},
        "tenantCode": {"DataType": "String", "StringValue": key.tenant},
        "taskType": {"DataType": "String", "StringValue": "export"},
        "status": {"DataType": "String", "StringValue": "COMPLETED"},
    }
    assert json.loads(message["Message"])["sk"] == key.sk


def test_a_large_result_is_told_by_its_reference(cloud: InProcessCloud) -> None:
    cloud.service.create_task(task=any_task(input="x" * 10_000))
    cloud.run()

    attributes = cloud.notifications[-1]["content"]["attributes"]
    assert attributes["resultRef"].startswith("results/")
    assert all(len(each["Message"]) < 2_000 for each in published(cloud))


def test_a_caller_s_id_is_that_of_the_notification_it_caused_and_of_no_other(
    cloud: InProcessCloud,
) -> None:
    key = stored(cloud).key
    service = cloud.service
    service.update_status(key=key, status="PROCESSING", notify_id="mine")
    service.update_status(key=key, status="COMPLETED")

    cloud.run()

    ids = [each["id"] for each in cloud.notifications if each["sk"] == key.sk]
    assert ids == ["mine", f"{key.sk}@3"]


def test_attributes_alone_are_told_when_an_id_asks_for_it(cloud: InProcessCloud) -> None:
    key = stored(cloud, key=any_fan_out_key(), status=Status.PROCESSING).key
    service = cloud.service
    service.update_step_function_task(key=key, attributes={"note": 1})
    service.update_step_function_task(key=key, attributes={"note": 2}, notify_id="n")

    cloud.run()

    told = [(each["id"], each["content"]["attributes"]) for each in cloud.notifications]
    assert told == [("n", {"note": 2})]


def test_ten_are_published_a_call_and_refused_ones_are_known() -> None:
    class RefusingTopics:
        def __init__(self) -> None:
            self.calls: list[int] = []

        def publish_batch(self, **request: Any) -> dict[str, Any]:
            entries = request["PublishBatchRequestEntries"]
            self.calls.append(len(entries))
            return {"Failed": [{"Id": each["Id"]} for each in entries if each["Id"] == "3"]}

    client = RefusingTopics()
    rows = [any_row(key=any_key(tenant=any_tenant())) for _ in range(23)]

    sent = Topic(client, "arn").publish(
        [status_notification(row, "task-status", table="t") for row in rows]
    )

    assert client.calls == [10, 10, 3]
    assert [number for number, done in enumerate(sent) if not done] == [3, 13]


def test_ten_of_the_largest_rows_fit_in_a_call(cloud: InProcessCloud) -> None:
    published = cloud.topics.publish_batch
    sizes: list[int] = []

    def publish_batch(**request: Any) -> Any:
        entries = request["PublishBatchRequestEntries"]
        sizes.append(sum(len(each["Message"].encode()) for each in entries))
        return published(**request)

    cloud.topics.publish_batch = publish_batch  # type: ignore[method-assign]
    largest = {"result": [1] * 3_990, "note": "x" * 16_300}
    for _ in range(23):
        cloud.service.update_status(key=stored(cloud).key, status="COMPLETED", attributes=largest)

    cloud.run()

    assert len(cloud.notifications) == 23
    assert len(sizes) == 3
    assert max(sizes) <= 262_144 - 10 * 300  # SNS's limit, its attributes left room for


@pytest.mark.parametrize("status", ["FAILED", "COMPLETED", "CANCELLED"])
def test_only_a_failure_raises_an_alarm(cloud: InProcessCloud, status: str) -> None:
    cloud.service.update_status(key=stored(cloud).key, status=status)

    cloud.run()

    assert len(cloud.alarms) == (status == "FAILED")


@pytest.mark.parametrize("odd", ["\ufffe", "\uffff", "\ud800", "\0", "\x1b", "\x85"], ids=ascii)
def test_a_message_holds_characters_of_xml_only(odd: str) -> None:
    text = message_text({"note": f"é{odd}😀"})

    assert json.loads(text) == {"note": f"é{odd}😀"}
    assert all(
        each in "\t\n\r"
        or "\x20" <= each <= "\ud7ff"
        or "\ue000" <= each <= "\ufffd"
        or each >= "\U00010000"
        for each in text
    )
