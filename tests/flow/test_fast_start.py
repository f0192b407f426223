"""Fast start: a task is sent before its row is put, and none is ever without a message."""

from collections.abc import Iterator
from typing import Any

import pytest
import span_tasks
from botocore.exceptions import ClientError
from clouds import TENANT, get, result, submit

from taskmill.aws.sqs.protocol import Message
from taskmill.aws.starts import PAUSE_MS, STALE_MS
from taskmill.model.keys import Kind, TaskKey
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud

KEY = TaskKey(Kind.TASK, TENANT, "echo", "c")


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        yield cloud


def statuses(cloud: InProcessCloud, key: TaskKey) -> list[str]:
    return [str(each.status) for each in get(cloud, key).history]


def messages(cloud: InProcessCloud) -> int:
    return sum(len(each) for each in cloud.queues.queues.values())


def raw(cloud: InProcessCloud, key: TaskKey) -> Any:
    pk, sk = key.stored
    return cloud.table.get_item(Key={"pk": {"S": pk}, "sk": {"S": sk}}).get("Item")


def bury(cloud: InProcessCloud, key: TaskKey = KEY) -> None:
    """A message finds no row for more than a minute."""
    cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(key)])
    cloud.advance(seconds=180)
    assert raw(cloud, key)["row"] == {"S": "VOID"}
    assert messages(cloud) == 0


# The way of a task


def test_a_task_starts_without_the_stream(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo", 1)
    assert get(cloud, key).status == "QUEUED"

    next(cloud.deliveries.steps())()  # not one record was delivered

    assert cloud.stream.seen == []
    assert statuses(cloud, key) == ["CREATED", "QUEUED", "STARTED", "COMPLETED"]
    assert result(cloud, key) == 1


def test_one_that_is_due_within_15_minutes_waits_in_the_queue(cloud: InProcessCloud) -> None:
    soon = submit(cloud, "echo", 1, delay_seconds=900)
    far = submit(cloud, "echo", 1, delay_seconds=901)
    began = cloud.now
    assert (get(cloud, soon).status, get(cloud, far).status) == ("SCHEDULED", "CREATED")

    cloud.run()

    assert statuses(cloud, soon) == ["CREATED", "SCHEDULED", "STARTED", "COMPLETED"]
    started = get(cloud, soon).started_at
    assert started is not None
    assert 900_000 <= started.timestamp() * 1000 - began <= 902_000


@pytest.mark.parametrize("option", [{"idempotency_key": "k"}, {"priority": "urgent"}])
def test_what_is_not_sent_here_the_stream_sends(
    cloud: InProcessCloud, option: dict[str, Any]
) -> None:
    """The second: this process does not know the queue of its lane."""
    key = submit(cloud, "echo", 1, **option)
    assert (get(cloud, key).status, messages(cloud)) == ("CREATED", 0)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


def test_it_can_be_switched_off() -> None:
    with InProcessCloud(["flow_tasks"], environment={"TASKMILL_FAST_START": "0"}) as cloud:
        key = submit(cloud, "echo", 1)
        assert (get(cloud, key).status, messages(cloud)) == ("CREATED", 0)
        cloud.run()
        assert get(cloud, key).status == "COMPLETED"


def test_ten_of_five_seconds_on_ten_workers_are_done_in_six() -> None:
    chaos = Chaos(seed=1)
    with InProcessCloud(["span_tasks"], workers=10, chaos=chaos) as cloud:
        span_tasks.reset(cloud)
        began = cloud.now
        tasks = [CreateTask(tenant_code=TENANT, task_type="span", input=[n, 5]) for n in range(10)]
        keys = [each.key for each in cloud.service.create_tasks(tasks=tasks)]

        cloud.run()

        ends = [cloud.wiring.tasks.get(key).finished_at or 0 for key in keys]
        assert max(ends) - began <= 6_000


# Trouble with the queue


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "SendMessageBatch")


@pytest.mark.parametrize(
    "error", [refused("AccessDenied"), ConnectionError("no SQS")], ids=["no right", "outage"]
)
def test_a_queue_that_cannot_be_reached_refuses_no_task_and_is_left_alone_for_a_minute(
    cloud: InProcessCloud, error: Exception
) -> None:
    cloud.meter.fault = lambda name: error if name == "sqs.send_message_batch" else None
    keys = [submit(cloud, "echo", number) for number in range(3)]
    assert {get(cloud, key).status for key in keys} == {"CREATED"}
    assert cloud.meter.calls["sqs.send_message_batch"] == 1

    cloud.meter.fault = None
    cloud.now += PAUSE_MS
    later = submit(cloud, "echo", 4)
    assert get(cloud, later).status == "QUEUED"
    cloud.run()
    assert {get(cloud, key).status for key in (*keys, later)} == {"COMPLETED"}


def test_of_ten_the_three_that_sqs_refuses_go_the_stream_s_way(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cloud.queues.send_message_batch

    def refusing(*, QueueUrl: str, Entries: Any) -> Any:  # noqa: N803  # of boto3
        real(QueueUrl=QueueUrl, Entries=[each for each in Entries if each["Id"] not in "147"])
        return {"Failed": [{"Id": each, "SenderFault": True} for each in "147"]}

    monkeypatch.setattr(cloud.queues, "send_message_batch", refusing)
    tasks = [CreateTask(tenant_code=TENANT, task_type="echo", input=n) for n in range(10)]
    stored = cloud.service.create_tasks(tasks=tasks)
    monkeypatch.undo()

    assert [n for n, each in enumerate(stored) if each.status == "CREATED"] == [1, 4, 7]
    cloud.run()
    assert {get(cloud, each.key).status for each in stored} == {"COMPLETED"}


def test_a_process_that_was_suspended_between_send_and_put_trusts_the_stream(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cloud.queues.send_message_batch

    def slow(**request: Any) -> Any:
        answer = real(**request)
        cloud.now += STALE_MS + 1
        return answer

    monkeypatch.setattr(cloud.queues, "send_message_batch", slow)

    assert get(cloud, submit(cloud, "echo", 1)).status == "CREATED"


# A message that is faster than its row


def test_a_message_waits_for_its_row_without_a_receive_more(cloud: InProcessCloud) -> None:
    queue = cloud.wiring.queue("TASKMILL_QUEUE_URL")
    queue.send([Message(KEY)])
    real, looks = cloud.sleep, list[float]()

    def put_meanwhile(seconds: float) -> None:
        looks.append(seconds)
        real(seconds)
        if len(looks) == 2:
            submit(cloud, "echo", 1, code="c", idempotency_key="k")  # only puts the row

    object.__setattr__(cloud.wiring.message_runner.missing, "sleep", put_meanwhile)
    next(cloud.deliveries.steps())()

    assert looks == [0.025, 0.075]
    assert get(cloud, KEY).status == "COMPLETED"


def test_a_row_that_is_seconds_late_is_found_by_a_later_delivery(cloud: InProcessCloud) -> None:
    cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(KEY)])
    cloud.advance(seconds=20)
    assert (messages(cloud), raw(cloud, KEY)) == (1, None)

    submit(cloud, "echo", 1, code="c", idempotency_key="k")
    cloud.run()

    assert get(cloud, KEY).status == "COMPLETED"


def test_after_a_minute_a_tombstone_takes_its_place_for_30_days(cloud: InProcessCloud) -> None:
    began = cloud.now
    bury(cloud)

    ttl = int(raw(cloud, KEY)["ttl"]["N"])
    assert 30 * 86_400 <= ttl - began // 1000 <= 30 * 86_400 + 130


def test_a_dead_letter_without_a_task_leaves_a_tombstone_as_well(cloud: InProcessCloud) -> None:
    cloud.wiring.queue("TASKMILL_DEAD_LETTERS_URL").send([Message(KEY)])
    cloud.run()

    assert raw(cloud, KEY)["row"] == {"S": "VOID"}


# Hints: early messages to parents


def waiting_parent(cloud: InProcessCloud) -> TaskKey:
    """A parent whose children have ended, and are not counted yet."""
    key = submit(cloud, "reads-two-children")
    while not (get(cloud, key).status == "WAITING" and not messages(cloud)):
        next(cloud.deliveries.steps())()
    assert get(cloud, key).status == "WAITING"
    return key


def parent_of_one(cloud: InProcessCloud) -> TaskKey:
    """A parent that waits for its only child, whose message is on the queue."""
    key = submit(cloud, "reads-a-large-child")
    next(cloud.deliveries.steps())()
    assert (get(cloud, key).status, messages(cloud)) == ("WAITING", 1)
    return key


def test_the_end_of_an_only_child_wakes_its_parent_without_the_stream(
    cloud: InProcessCloud,
) -> None:
    key = parent_of_one(cloud)

    next(cloud.deliveries.steps())()  # the child: ended, counted
    ((message),) = cloud.queues.queues["queue"]
    assert '"hint": true' in message.body
    next(cloud.deliveries.steps())()
    assert get(cloud, key).status == "COMPLETED"

    before = cloud.meter.calls["dynamodb.transact_write_items"]
    cloud.run()
    assert cloud.meter.calls["dynamodb.transact_write_items"] == before  # nothing more to count
    assert cloud.wiring.tasks.get(key).children_completed == 1


def test_the_end_of_an_only_child_and_its_count_are_one_write_and_the_hint_one_call(
    cloud: InProcessCloud,
) -> None:
    parent_of_one(cloud)
    before = cloud.meter.calls.copy()

    next(cloud.deliveries.steps())()

    assert cloud.meter.calls - before == {
        "dynamodb.update_item": 1,  # its claim
        "dynamodb.transact_write_items": 1,
        "dynamodb.batch_get_item": 1,  # whether the parent waits already
        "sqs.send_message_batch": 1,
        "s3.put_object": 1,  # its result
    }


@pytest.mark.parametrize("reason", ["cancelled", "contended"])
def test_an_only_child_whose_parent_takes_no_count_ends_alone(
    cloud: InProcessCloud, reason: str
) -> None:
    key = parent_of_one(cloud)
    (child,) = cloud.wiring.children.keys_of(key)
    if reason == "cancelled":
        cloud.service.cancel(key=key)
    else:
        refused = ClientError(
            {"Error": {"Code": "ValidationException", "Message": "no"}}, "TransactWriteItems"
        )
        cloud.meter.fault = lambda name: (
            refused if name == "dynamodb.transact_write_items" else None
        )
    next(cloud.deliveries.steps())()
    cloud.meter.fault = None

    row = cloud.wiring.tasks.get(child)
    assert (row.status, row.counted) == ("COMPLETED", None)
    cloud.run()
    assert get(cloud, key).status == ("CANCELLED" if reason == "cancelled" else "COMPLETED")


def test_the_count_of_the_last_child_wakes_its_parent_before_the_stream_tells_of_it(
    cloud: InProcessCloud,
) -> None:
    key = waiting_parent(cloud)

    cloud.deliver_records()  # all up to the child's end; the count's own record is not delivered
    ((message),) = cloud.queues.queues["queue"]
    assert '"hint": true' in message.body
    next(cloud.deliveries.steps())()

    assert get(cloud, key).status == "COMPLETED"


def test_the_stream_wakes_it_too_so_a_hint_may_be_lost(cloud: InProcessCloud) -> None:
    key = waiting_parent(cloud)
    cloud.deliver_records()
    cloud.queues.queues["queue"].clear()

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


@pytest.mark.parametrize("held", [True, False])
def test_a_hint_that_gets_no_task_is_dropped_at_once(cloud: InProcessCloud, *, held: bool) -> None:
    key = submit(cloud, "echo", 1) if held else KEY
    cloud.queues.queues.get("queue", []).clear()
    if held:
        until = cloud.now + 60_000
        cloud.wiring.claims.claim(key, fence="f", lease_until=until, max_attempts=3)
    began = cloud.now

    cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(key, hint=True)])
    next(cloud.deliveries.steps())()

    assert (messages(cloud), cloud.now) == (0, began)
    assert held or raw(cloud, key) is None


def test_a_hint_whose_worker_dies_comes_again_as_any_message(cloud: InProcessCloud) -> None:
    key = submit(cloud, "dies", 1)
    cloud.queues.queues["queue"].clear()
    cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(key, hint=True)])

    next(cloud.deliveries.steps())()
    assert (get(cloud, key).status, messages(cloud)) == ("STARTED", 1)
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


def test_a_queue_that_takes_no_hints_stops_no_count(cloud: InProcessCloud) -> None:
    key = waiting_parent(cloud)
    error = ConnectionError("no SQS")
    cloud.meter.fault = lambda name: error if name == "sqs.send_message_batch" else None
    cloud.deliver_records()
    cloud.meter.fault = None

    assert not cloud.queues.queues.get("failures")
    cloud.run()
    assert get(cloud, key).status == "COMPLETED"
