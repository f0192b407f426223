import json
from typing import Any

import pytest
from builders import any_key, held, raw, sqs_event, stored

from taskmill.aws.sqs.protocol import message_body
from taskmill.handlers import dead_letters
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, RUNNING, Status
from taskmill.testing import InProcessCloud


def bury(cloud: InProcessCloud, *keys: TaskKey) -> list[str]:
    answer = dead_letters.handler(sqs_event(*map(message_body, keys)), cloud.context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.mark.parametrize("status", sorted(set(Status) - FINAL - RUNNING))
def test_a_task_whose_message_died_has_failed(cloud: InProcessCloud, status: Status) -> None:
    row = stored(cloud, status=status)

    assert bury(cloud, row.key) == []
    cloud.run()

    failed = cloud.service.get_task(key=row.key)
    error: Any = failed.attributes["error"]
    assert (failed.status, error["type"]) == ("FAILED", "DeadLetter")
    assert [alarm["sk"] for alarm in cloud.alarms] == [row.key.sk]


@pytest.mark.parametrize("status", sorted(RUNNING))
def test_a_running_task_is_left_alone_and_looked_at_again(
    cloud: InProcessCloud, status: Status
) -> None:
    row = held(cloud, status=status)
    before = raw(cloud, row.key)
    cloud.queues.put("dead-letters", "", cloud.now)
    cloud.queues.queues["dead-letters"][0].receipt = "receipt-m0"

    assert bury(cloud, row.key) == ["m0"]

    assert raw(cloud, row.key) == before
    assert cloud.queues.queues["dead-letters"][0].visible_at == cloud.now + 60_000


@pytest.mark.parametrize("status", sorted(RUNNING))
def test_a_task_whose_worker_died_too_has_failed(cloud: InProcessCloud, status: Status) -> None:
    row = held(cloud, status=status)
    cloud.now += 60_001

    assert bury(cloud, row.key) == []
    assert cloud.service.get_task(key=row.key).status == "FAILED"


@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_ended_task_stays_as_it_is(cloud: InProcessCloud, status: Status) -> None:
    row = stored(cloud, status=status)
    before = raw(cloud, row.key)

    assert bury(cloud, row.key) == []
    assert raw(cloud, row.key) == before


def test_a_message_of_no_task_is_dropped(cloud: InProcessCloud) -> None:
    assert bury(cloud, any_key()) == []


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"pk": 1, "sk": 2}', '{"pk":"TASK#t","sk":"a"}'])
def test_a_malformed_message_stays_and_stops_no_other(cloud: InProcessCloud, body: str) -> None:
    row = stored(cloud)
    event = sqs_event(body, message_body(row.key))

    answer = dead_letters.handler(event, cloud.context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert cloud.service.get_task(key=row.key).status == "FAILED"


def test_a_message_that_is_received_again_and_again_ends_its_task(cloud: InProcessCloud) -> None:
    """A stray message finds a task that waits for what never comes."""
    row = stored(cloud, status=Status.CREATED, run_at=cloud.now + 10**9)
    cloud.queues.put("dead-letters", json.dumps(row.key.as_dict()), cloud.now)
    cloud.stream.take(10)

    cloud.run()

    assert cloud.service.get_task(key=row.key).status == "FAILED"


UNDELIVERED = {
    "SCHEDULE_ARN": {"stringValue": "arn:aws:scheduler:eu-west-1:1:schedule/tasks/1"},
    "ERROR_CODE": {"stringValue": "AWS.SimpleQueueService.AccessDenied"},
    "ERROR_MESSAGE": {"stringValue": "the key policy does not allow it"},
}


@pytest.mark.parametrize("whole_request", [True, False])
def test_a_task_whose_schedule_could_not_send_its_message_has_failed_and_says_why(
    cloud: InProcessCloud, *, whole_request: bool
) -> None:
    row = stored(cloud, status=Status.SCHEDULED)
    body = message_body(row.key)
    if whole_request:
        body = json.dumps({"QueueUrl": "https://sqs/queue", "MessageBody": body})
    event = sqs_event(body)
    event["Records"][0]["messageAttributes"] = UNDELIVERED

    assert dead_letters.handler(event, cloud.context()) == {"batchItemFailures": []}

    error: Any = cloud.service.get_task(key=row.key).attributes["error"]
    assert error["message"] == (
        "its schedule could not send its message for 24 hours:"
        " AWS.SimpleQueueService.AccessDenied: the key policy does not allow it"
    )


@pytest.mark.parametrize("body", ['"MessageBody"', '{"MessageBody": 1}', "MessageBody"])
def test_what_only_looks_like_a_schedule_s_request_stays(cloud: InProcessCloud, body: str) -> None:
    assert dead_letters.handler(sqs_event(body), cloud.context()) == {
        "batchItemFailures": [{"itemIdentifier": "m0"}]
    }
