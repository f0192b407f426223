"""Stream records, through the function's handler."""

import dataclasses
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from builders import any_batch, any_fan_out_key, any_key, any_row, record, sqs_event, stored

from taskmill.aws.dynamodb.batch_claims import Invocation
from taskmill.handlers import dispatch
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud


def deliver(cloud: InProcessCloud, *records: dict[str, Any]) -> Any:
    return dispatch.handler({"Records": list(records)}, cloud.context())


def bodies(cloud: InProcessCloud, queue: str = "queue") -> list[Any]:
    return [json.loads(each.body) for each in cloud.queues.queues.get(queue, [])]


def new_tasks(cloud: InProcessCloud, count: int, **fields: Any) -> list[TaskRow]:
    return [stored(cloud, **fields) for _ in range(count)]


def redrive(cloud: InProcessCloud) -> Any:
    """Deliver what is parked, as the failure queue does."""
    parked = [each.body for each in cloud.queues.queues.pop("failures", [])]
    return dispatch.handler(sqs_event(*parked), cloud.context())


def claimed(cloud: InProcessCloud, parent: TaskRow, number: int) -> BatchRow:
    by = Invocation(fence=f"f{number}", owner="e", retry=0, until=cloud.now)
    return cloud.wiring.batches.claim(parent, number, by)


class Broken:
    """A service of which some calls fail."""

    def __init__(self, real: Any, operation: str, *, fails: Any = lambda _: True) -> None:
        self._real, self._operation, self._fails = real, operation, fails

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)

        def answer(*args: Any, **request: Any) -> Any:
            if name == self._operation and self._fails(request):
                raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, name)
            return call(*args, **request)

        return answer


def test_new_tasks_are_queued_ten_a_call_and_marked_25_a_call(cloud: InProcessCloud) -> None:
    rows = new_tasks(cloud, 40)
    cloud.meter.calls.clear()

    assert deliver(cloud, *(record(None, row) for row in rows)) == {"batchItemFailures": []}

    assert bodies(cloud) == [row.key.as_dict() for row in rows]
    assert cloud.meter.calls == {
        "sqs.send_message_batch": 4,
        "dynamodb.batch_execute_statement": 2,
    }
    assert {cloud.wiring.tasks.get(row.key).status for row in rows} == {Status.QUEUED}


def test_a_task_is_sent_when_it_is_due(cloud: InProcessCloud) -> None:
    soon, far = (stored(cloud, run_at=cloud.now + ms) for ms in (600_001, 7_200_000))

    deliver(cloud, record(None, soon), record(None, far))

    (message, _) = cloud.queues.queues["queue"]
    assert message.visible_at == cloud.now + 601_000  # never early
    assert len(cloud.schedules.names) == 1
    assert {cloud.wiring.tasks.get(row.key).status for row in (soon, far)} == {Status.SCHEDULED}


def test_a_retry_is_sent_when_it_is_due_and_keeps_its_status(cloud: InProcessCloud) -> None:
    row = stored(cloud, status=Status.ERRORED, retry_at=cloud.now + 30_000)

    deliver(cloud, record(any_row(key=row.key, status=Status.STARTED), row))

    assert cloud.queues.queues["queue"][0].visible_at == cloud.now + 30_000
    assert cloud.wiring.tasks.get(row.key).status is Status.ERRORED


def test_a_record_that_comes_late_does_not_set_a_task_back(cloud: InProcessCloud) -> None:
    row = stored(cloud)
    cloud.service.update_status(key=row.key, status="COMPLETED")

    deliver(cloud, record(None, row))

    assert cloud.service.get_task(key=row.key).status == "COMPLETED"


def test_an_execution_is_started_once(cloud: InProcessCloud) -> None:
    row = stored(cloud, key=any_fan_out_key())

    for _ in range(2):
        deliver(cloud, record(None, row))

    assert [json.loads(each) for each in cloud.executions.started.values()] == [row.key.as_dict()]
    assert cloud.wiring.tasks.get(row.key).status is Status.STARTED
    assert bodies(cloud, "failures") == []


def test_a_cancelled_fan_out_stops_also_when_it_never_began(cloud: InProcessCloud) -> None:
    row = stored(cloud, key=any_fan_out_key())
    cancelled = dataclasses.replace(row, status=Status.CANCELLED)

    deliver(cloud, record(row, cancelled))
    deliver(cloud, record(None, row), record(row, cancelled))

    assert cloud.executions.stopped == set(cloud.executions.started)
    assert bodies(cloud, "failures") == []


def processing_fan_out(cloud: InProcessCloud, total: int) -> TaskRow:
    """A fan-out that is split into batches of ten, of which none has told its counts."""
    return stored(
        cloud,
        key=any_fan_out_key(),
        status=Status.PROCESSING,
        attributes={"counts": {"total": total, "completed": 0, "failed": 0, "cancelled": 0}},
        rows=2,
        batch_size=10,
        child_count=total,
    )


def test_closed_batches_are_counted_99_a_transaction(cloud: InProcessCloud) -> None:
    row = processing_fan_out(cloud, 2_000)
    parent = row.key
    records = []
    for number in range(100):
        batch = claimed(cloud, row, number)
        cloud.wiring.batches.close(batch, {"completed": 7, "failed": 3})
        closed = dataclasses.replace(
            batch, status=Status.COMPLETED, counts={"completed": 7, "failed": 3}, tell="yes"
        )
        records.append(record(batch, closed))
    cloud.meter.calls.clear()

    deliver(cloud, *records)
    assert cloud.meter.calls["dynamodb.transact_write_items"] == 2
    deliver(cloud, *records[::-1])

    found = cloud.wiring.tasks.get(parent).attributes["counts"]
    assert found == {"total": 2_000, "completed": 700, "failed": 300, "cancelled": 0}


def test_one_that_was_counted_before_keeps_no_other_from_being_counted(
    cloud: InProcessCloud,
) -> None:
    row = processing_fan_out(cloud, 30)
    parent = row.key
    records = []
    for number in range(3):
        batch = claimed(cloud, row, number)
        cloud.wiring.batches.close(batch, {"completed": 10})
        closed = dataclasses.replace(
            batch, status=Status.COMPLETED, counts={"completed": 10}, tell="yes"
        )
        records.append(record(batch, closed))

    deliver(cloud, records[1])
    deliver(cloud, *records)

    assert cloud.wiring.tasks.get(parent).attributes["counts"]["completed"] == 30


# Trouble


def test_a_record_that_cannot_be_read_is_parked_whole_and_stops_no_other(
    cloud: InProcessCloud,
) -> None:
    row = stored(cloud)
    unreadable = record(None, any_row())
    unreadable["dynamodb"]["NewImage"]["status"] = {"S": "UNHEARD-OF"}

    answer = deliver(cloud, unreadable, record(None, row))

    assert answer == {"batchItemFailures": []}
    assert bodies(cloud, "failures") == [{"record": unreadable}]
    assert bodies(cloud) == [row.key.as_dict()]


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("queues", "send_message_batch"),
        ("executions", "start_execution"),
        ("topics", "publish_batch"),
        ("table", "batch_execute_statement"),
        ("schedules", "create_schedule"),
    ],
)
def test_what_a_service_refused_is_parked_and_done_later(
    cloud: InProcessCloud, service: str, operation: str
) -> None:
    real = getattr(cloud, service)
    failed = stored(cloud, status=Status.FAILED)
    rows = [
        stored(cloud),
        stored(cloud, run_at=cloud.now + 10**7),
        stored(cloud, key=any_fan_out_key()),
    ]
    records = [*(record(None, row) for row in rows), record(rows[0], failed)]
    with Replaced(cloud, service, Broken(real, operation)):
        deliver(cloud, *records)
    parked = bodies(cloud, "failures")
    assert parked
    assert all(each["record"] in records for each in parked)

    assert redrive(cloud) == {"batchItemFailures": []}

    assert rows[0].key.as_dict() in bodies(cloud)
    assert len(cloud.executions.started) == 1
    assert len(cloud.schedules.names) == 1
    assert len(cloud.alarms) >= 1
    assert [str(cloud.wiring.tasks.get(row.key).status) for row in rows] == [
        "QUEUED",
        "SCHEDULED",
        "STARTED",
    ]


PARTS = ("dispatcher", "table", "tasks", "batches", "children", "lanes", "workflow", "scheduler")


class Replaced:
    """The cloud with one of its services replaced for a while."""

    def __init__(self, cloud: InProcessCloud, service: str, other: Any) -> None:
        self.cloud, self.service, self.other = cloud, service, other

    def __enter__(self) -> None:
        self.real = getattr(self.cloud, self.service)
        self._put(self.other)

    def __exit__(self, *_: object) -> None:
        self._put(self.real)

    def _put(self, service: Any) -> None:
        setattr(self.cloud, self.service, service)
        for part in PARTS:
            self.cloud.wiring.__dict__.pop(part, None)  # made anew when next asked for


def test_refused_messages_alone_are_parked(cloud: InProcessCloud) -> None:
    rows = new_tasks(cloud, 3)
    real = cloud.queues.send_message_batch

    def refuse_second(**request: Any) -> Any:
        entries = request["Entries"]
        real(QueueUrl=request["QueueUrl"], Entries=[e for e in entries if e["Id"] != "1"])
        return {"Failed": [{"Id": "1", "SenderFault": True}]}

    cloud.queues.send_message_batch = refuse_second  # type: ignore[method-assign]
    deliver(cloud, *(record(None, row) for row in rows))

    assert [each["record"]["dynamodb"] for each in bodies(cloud, "failures")] == [
        record(None, rows[1])["dynamodb"]
    ]
    statuses = [str(cloud.wiring.tasks.get(row.key).status) for row in rows]
    assert statuses == ["QUEUED", "CREATED", "QUEUED"]


def test_when_even_parking_fails_the_stream_must_deliver_again(cloud: InProcessCloud) -> None:
    unreadable = record(None, any_row())
    unreadable["dynamodb"]["NewImage"]["status"] = {"S": "UNHEARD-OF"}

    with (
        Replaced(cloud, "queues", Broken(cloud.queues, "send_message")),
        pytest.raises(ClientError),
    ):
        deliver(cloud, unreadable)


def test_records_of_other_rows_cause_nothing(cloud: InProcessCloud) -> None:
    other = {"eventName": "INSERT", "dynamodb": {"NewImage": {"row": {"S": "IDEMPOTENCY"}}}}
    removed = record(any_row(), None)

    deliver(cloud, other, removed, record(None, any_batch()))

    assert (cloud.queues.queues, cloud.topics.published) == ({}, {})


def test_a_caller_s_odd_progress_does_not_stop_its_notifications(cloud: InProcessCloud) -> None:
    key = stored(cloud, key=any_key(), status=Status.PROCESSING).key
    for odd in ("half", 7, [1], {"done": "a", "total": {}}):
        cloud.service.update_status(key=key, status="PROCESSING", attributes={"progress": odd})
    cloud.service.update_status(key=key, status="COMPLETED")

    cloud.run()

    assert bodies(cloud, "failures") == []
    assert cloud.notifications[-1]["content"]["status"] == "COMPLETED"
