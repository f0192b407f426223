"""Dead letters: what becomes of a task whose message was received too often."""

import json
from dataclasses import replace
from typing import Any

import pytest
from builders import any_fan_out_key, any_key, held, raw, sqs_event, stored

from taskmill.aws.sqs.protocol import message_body
from taskmill.handlers import dead_letters
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, RUNNING, Status
from taskmill.testing import InProcessCloud

OPEN = sorted({Status.CREATED, Status.SCHEDULED, Status.QUEUED, Status.ERRORED})
VALUE_ERROR = {"type": "ValueError", "message": "no luck", "stack": "…"}


def bury(cloud: InProcessCloud, *keys: TaskKey, letter: str = "m") -> list[str]:
    """Deliver dead letters of these tasks; the ids of those that are kept."""
    event = sqs_event(*map(message_body, keys))
    for record in event["Records"]:
        record["messageId"] = record["messageId"].replace("m", letter)
    answer = dead_letters.handler(event, cloud.context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def sent(cloud: InProcessCloud, url: str = "queue") -> list[Any]:
    """The keys on a work queue, and the seconds until they can be received."""
    messages = cloud.queues.queues.get(url, [])
    return [(json.loads(m.body), (m.visible_at - cloud.now) // 1000) for m in messages]


def ended(cloud: InProcessCloud, key: TaskKey) -> Any:
    task = cloud.service.get_task(key=key)
    assert task.status == "FAILED"
    return task.attributes["error"]


# Tasks that can still run


@pytest.mark.parametrize("status", OPEN)
def test_the_message_of_an_open_task_is_sent_again(cloud: InProcessCloud, status: Status) -> None:
    row = stored(cloud, status=status, max_attempts=3, attempts=1)

    assert bury(cloud, row.key) == []

    assert sent(cloud) == [(row.key.as_dict(), 0)]
    assert cloud.wiring.tasks.get(row.key).status == status
    assert cloud.service.get_task(key=row.key).resent == 1


def test_so_is_that_of_a_task_that_no_worker_ever_claimed(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.QUEUED)

    bury(cloud, row.key)

    assert sent(cloud) == [(row.key.as_dict(), 0)]


@pytest.mark.parametrize("status", sorted(RUNNING))
def test_a_task_whose_worker_died_too_runs_again(cloud: InProcessCloud, status: Status) -> None:
    row = held(cloud, status=status, max_attempts=2)
    cloud.now += 60_001

    assert bury(cloud, row.key) == []
    assert sent(cloud) == [(row.key.as_dict(), 0)]


@pytest.mark.parametrize(
    ("field", "status"),
    [("retry_at", Status.ERRORED), ("run_at", Status.SCHEDULED), ("run_at", Status.CREATED)],
)
@pytest.mark.parametrize(("ahead", "hidden"), [(100, 100), (86_400, 43_000)])
def test_a_task_that_is_due_later_is_looked_at_again_and_does_not_fail(
    cloud: InProcessCloud, field: str, status: Status, ahead: int, hidden: int
) -> None:
    fields: Any = {field: cloud.now + ahead * 1_000, "resent": 3, "resent_for": ("a", "b", "c")}
    row = stored(cloud, status=status, **fields)
    before = raw(cloud, row.key)
    cloud.queues.put("dead-letters", "", cloud.now)
    cloud.queues.queues["dead-letters"][0].receipt = "receipt-m0"

    assert bury(cloud, row.key) == ["m0"]

    assert raw(cloud, row.key) == before
    assert cloud.queues.queues["dead-letters"][0].visible_at == cloud.now + hidden * 1_000


def test_a_direct_task_is_left_to_its_submitter(cloud: InProcessCloud) -> None:
    row = stored(cloud, direct=True, lease_until=cloud.now + 1_000)

    assert bury(cloud, row.key) == ["m0"]
    cloud.now += 1_001
    assert bury(cloud, row.key) == []
    assert sent(cloud) == [(row.key.as_dict(), 0)]


@pytest.mark.parametrize(
    ("lane", "fields"),
    [
        ("queue", {}),
        ("urgent", {"priority": "high"}),
        ("boxed", {"runner": "container"}),
        ("large", {"pool": "large"}),
        ("queue", {"pool": "removed"}),
    ],
)
def test_it_goes_to_the_queue_of_its_lane(lane: str, fields: dict[str, str]) -> None:
    lanes = {
        "TASKMILL_PRIORITY_QUEUE_URL": "urgent",
        "TASKMILL_CONTAINER_QUEUE_URL": "boxed",
        "TASKMILL_POOL_LARGE_URL": "large",
    }
    with InProcessCloud(modules=["unit_tasks"], environment=lanes) as cloud:
        given: dict[str, Any] = dict(fields)
        row = stored(cloud, status=Status.QUEUED, **given)

        bury(cloud, row.key)

        assert sent(cloud, lane) == [(row.key.as_dict(), 0)]


def test_a_suspended_task_whose_children_have_ended_is_woken_again(cloud: InProcessCloud) -> None:
    """Its dead letter may be the one that was to wake it."""
    row = stored(cloud, status=Status.WAITING, awaited_total=2, awaited_done=2)

    assert bury(cloud, row.key) == []
    assert sent(cloud) == [(row.key.as_dict(), 0)]


# Three times


def test_after_three_times_the_task_has_failed_with_that_reason(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.QUEUED)
    for number in range(3):
        bury(cloud, row.key, letter=f"letter-{number}-")
        assert cloud.wiring.tasks.get(row.key).status == Status.QUEUED

    assert bury(cloud, row.key, letter="one-too-many-") == []
    cloud.stream.take(100)

    error = ended(cloud, row.key)
    assert error["type"] == "DeadLetter"
    assert "sent again 3 times" in error["message"]
    assert len(sent(cloud)) == 3


def test_its_own_error_stays_and_the_reason_stands_beside_it(cloud: InProcessCloud) -> None:
    row = stored(
        cloud,
        status=Status.ERRORED,
        resent=3,
        resent_for=("a", "b", "c"),
        attributes={"error": VALUE_ERROR},
    )

    bury(cloud, row.key)

    error = ended(cloud, row.key)
    assert {name: error[name] for name in VALUE_ERROR} == VALUE_ERROR
    assert error["final"]["type"] == "DeadLetter"


def test_a_letter_that_is_delivered_twice_counts_once(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.QUEUED)

    for _ in range(10):
        bury(cloud, row.key)

    assert cloud.wiring.tasks.get(row.key).resent == 1
    assert cloud.wiring.tasks.get(row.key).status == Status.QUEUED


def test_a_task_that_is_retried_by_hand_begins_anew(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.FAILED, resent=3, resent_for=("m0",))

    cloud.service.retry(key=row.key)

    again = cloud.wiring.tasks.get(row.key)
    assert (again.resent, again.resent_for) == (None, ())


# Tasks that cannot


@pytest.mark.parametrize("status", sorted(RUNNING))
def test_a_task_that_lost_its_last_attempt_has_failed(
    cloud: InProcessCloud, status: Status
) -> None:
    row = held(cloud, status=status, attempts=3, max_attempts=3)
    cloud.now += 60_001

    assert bury(cloud, row.key) == []

    error = ended(cloud, row.key)
    assert (error["type"], error["message"]) == (
        "AttemptsSpent",
        "attempt 3 of 3 was lost with its worker",
    )
    assert sent(cloud) == []


def test_with_attempts_spent_the_last_true_error_is_the_error(cloud: InProcessCloud) -> None:
    row = held(cloud, attempts=2, max_attempts=2, attributes={"error": VALUE_ERROR})
    cloud.now += 60_001

    bury(cloud, row.key)

    error = ended(cloud, row.key)
    assert error["type"] == "ValueError"
    assert error["final"] == {
        "type": "AttemptsSpent",
        "message": "attempt 2 of 2 was lost with its worker",
    }


# Tasks that need nothing


@pytest.mark.parametrize("status", sorted({*FINAL, Status.FINISHED, Status.WAITING}))
def test_a_task_that_needs_no_message_stays_as_it_is(cloud: InProcessCloud, status: Status) -> None:
    waits = {"awaited_total": 2, "awaited_done": 1} if status is Status.WAITING else {}
    row = stored(cloud, status=status, **waits)
    before = raw(cloud, row.key)

    assert bury(cloud, row.key) == []

    assert raw(cloud, row.key) == before
    assert sent(cloud) == []


@pytest.mark.parametrize("status", sorted(RUNNING))
def test_a_running_task_is_left_alone_and_looked_at_again(
    cloud: InProcessCloud, status: Status
) -> None:
    row = held(cloud, status=status, attempts=3, max_attempts=3)
    before = raw(cloud, row.key)
    cloud.queues.put("dead-letters", "", cloud.now)
    cloud.queues.queues["dead-letters"][0].receipt = "receipt-m0"

    assert bury(cloud, row.key) == ["m0"]

    assert raw(cloud, row.key) == before
    assert cloud.queues.queues["dead-letters"][0].visible_at == cloud.now + 60_000


def test_a_lease_of_days_is_looked_at_within_the_12_hours_of_sqs(cloud: InProcessCloud) -> None:
    row = held(cloud, lease_until=cloud.now + 7 * 86_400_000)
    cloud.queues.put("dead-letters", "", cloud.now)
    cloud.queues.queues["dead-letters"][0].receipt = "receipt-m0"

    assert bury(cloud, row.key) == ["m0"]
    assert cloud.queues.queues["dead-letters"][0].visible_at == cloud.now + 43_000_000


def test_a_message_of_no_task_is_dropped(cloud: InProcessCloud) -> None:
    assert bury(cloud, any_key()) == []


# Trouble


def test_a_row_that_changes_meanwhile_is_looked_at_again(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = stored(cloud, status=Status.QUEUED)
    store, real = cloud.wiring.tasks, cloud.wiring.tasks.note_resent

    def cancelled_first(seen: Any, letter: str) -> bool:
        cloud.service.cancel(key=row.key)
        return real(seen, letter)

    monkeypatch.setattr(store, "note_resent", cancelled_first)

    assert bury(cloud, row.key) == []
    assert sent(cloud) == []
    assert cloud.wiring.tasks.get(row.key).resent is None


def test_a_letter_that_could_not_be_handled_stays_and_stops_no_other(
    cloud: InProcessCloud,
) -> None:
    rows = [stored(cloud, status=Status.QUEUED) for _ in range(3)]
    failures = [ConnectionError("not now")]
    cloud.meter.fault = lambda name: failures.pop() if failures and "send" in name else None

    assert bury(cloud, *(row.key for row in rows)) == ["m0"]
    assert [key for key, _ in sent(cloud)] == [row.key.as_dict() for row in rows[1:]]


# Messages that nobody can read

MALFORMED = {
    "empty": "",
    "no JSON": "no json",
    "an object of nothing": "{}",
    "a list": "[]",
    "a wrong key": '{"pk": 1, "sk": 2}',
    "half a key": '{"pk":"TASK#t","sk":"a"}',
    "of another row": '{"pk":"CALLBACK#t#a","sk":"b"}',
    "of a fan-out": message_body(any_fan_out_key()),
    "of a subtask": message_body(replace(any_fan_out_key(), index=1)),
    "nested too deeply": "[" * 100_000,
    "a number too long": "1" * 5_000,
    "huge": "x" * 900_000,
    "binary": "\x00\x01\ufffe\x7f",
    "a fire at no time": '{"pk":"SCHEDULE#t","sk":"n","at":"soon"}',
    "a fire before all time": '{"pk":"SCHEDULE#t","sk":"n","at":"0001-01-01T00:00:00"}',
    "a fire of no tenant": '{"pk":"SCHEDULE#","sk":"n","at":"2026-01-01T00:00:00Z"}',
}


@pytest.mark.parametrize("what", MALFORMED)
def test_a_malformed_message_is_put_aside_for_people_and_stops_no_other(
    cloud: InProcessCloud, what: str
) -> None:
    row = stored(cloud, status=Status.QUEUED)
    event = sqs_event(MALFORMED[what], message_body(row.key))

    answer = dead_letters.handler(event, cloud.context())

    assert answer == {"batchItemFailures": []}
    (aside,) = [json.loads(m.body) for m in cloud.queues.queues["unreadable"]]
    assert aside["messageId"] == "m0"
    assert aside["reason"]
    assert MALFORMED[what].startswith(aside["body"])
    assert aside["bodyCharacters"] == len(MALFORMED[what])
    assert len(cloud.queues.queues["unreadable"][0].body) < 1_048_576
    assert [key for key, _ in sent(cloud)] == [row.key.as_dict()]


def test_without_a_queue_for_people_it_stays(calls: list[object]) -> None:
    nowhere = {"TASKMILL_UNREADABLE_URL": ""}
    with InProcessCloud(modules=["unit_tasks"], environment=nowhere) as cloud:
        answer = dead_letters.handler(sqs_event("no json"), cloud.context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_malformed_message_that_could_not_be_put_aside_stays(cloud: InProcessCloud) -> None:
    cloud.meter.fault = lambda name: ConnectionError("not now") if "send" in name else None

    answer = dead_letters.handler(sqs_event("no json"), cloud.context())

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


UNDELIVERED = {
    "SCHEDULE_ARN": {"stringValue": "arn:aws:scheduler:eu-west-1:1:schedule/tasks/1"},
    "ERROR_CODE": {"stringValue": "AWS.SimpleQueueService.AccessDenied"},
    "ERROR_MESSAGE": {"stringValue": "the key policy does not allow it"},
}


@pytest.mark.parametrize("whole_request", [True, False])
def test_a_task_whose_schedule_could_not_send_its_message_is_sent_again(
    cloud: InProcessCloud, *, whole_request: bool
) -> None:
    row = stored(cloud, status=Status.SCHEDULED)
    body = message_body(row.key)
    if whole_request:
        body = json.dumps({"QueueUrl": "https://sqs/queue", "MessageBody": body})
    event = sqs_event(body)
    event["Records"][0]["messageAttributes"] = UNDELIVERED

    assert dead_letters.handler(event, cloud.context()) == {"batchItemFailures": []}

    assert [key for key, _ in sent(cloud)] == [row.key.as_dict()]


@pytest.mark.parametrize("body", ['"MessageBody"', '{"MessageBody": 1}', "MessageBody"])
def test_what_only_looks_like_a_schedule_s_request_is_put_aside(
    cloud: InProcessCloud, body: str
) -> None:
    assert dead_letters.handler(sqs_event(body), cloud.context()) == {"batchItemFailures": []}

    assert len(cloud.queues.queues["unreadable"]) == 1
