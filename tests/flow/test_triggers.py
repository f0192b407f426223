"""Tasks that messages of rules, topics and queues start, with no function of the user's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import trigger_tasks
from clouds import get
from triggered import asked, send

from taskmill.aws.sqs.protocol import Delivery
from taskmill.handlers import work
from taskmill.keys import TaskKey
from taskmill.model.keys import Kind
from taskmill.testing import InProcessCloud
from taskmill.testing.deliveries import record_of

SOURCES = [
    {"kind": "topic", "name": "mails", "tenant": "acme", "type": "import-file"},
    {"kind": "topic", "name": "texts", "tenant": "acme", "type": "import-text"},
    {
        "kind": "queue",
        "name": "orders",
        "url": "https://sqs/1/orders",
        "tenant": "$.tenant",
        "type": "import-file",
        "code": "$.order.id",
    },
]


@pytest.fixture
def started() -> list[Any]:
    trigger_tasks.STARTED.clear()
    return trigger_tasks.STARTED


@pytest.fixture
def cloud(started: list[Any]) -> Iterator[InProcessCloud]:
    environment = {"TASKMILL_TRIGGERS": json.dumps(SOURCES)}
    with InProcessCloud(
        modules=["trigger_tasks"], pools={"large": 300}, environment=environment
    ) as cloud:
        yield cloud


def task_of(cloud: InProcessCloud, task_type: str = "import-file", code: str = "e-1") -> Any:
    return get(cloud, TaskKey(Kind.TASK, "acme", task_type, code))


def set_aside(cloud: InProcessCloud) -> list[str]:
    return [json.loads(each.body)["reason"] for each in cloud.queues.of("unreadable").messages]


def test_an_event_starts_a_task(cloud: InProcessCloud, started: list[Any]) -> None:
    send(cloud, asked())

    cloud.run()

    task = task_of(cloud)
    assert (task.status, task.attempts) == ("COMPLETED", 1)
    assert task.attributes["result"] == "a.csv"
    assert task.created_by == "rule:Uploads"
    assert started == [{"name": "a.csv"}]


def test_an_event_that_is_delivered_twice_starts_one_task(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    send(cloud, asked(), times=3)

    cloud.run()

    assert task_of(cloud).attempts == 1
    assert started == [{"name": "a.csv"}]


def test_a_triggered_task_takes_two_writes_and_no_stream_before_it_starts(
    cloud: InProcessCloud,
) -> None:
    send(cloud, asked())

    cloud.run()

    assert (cloud.meter.writes, cloud.meter.write_units) == (2, 2)
    assert cloud.meter.calls == {
        "dynamodb.batch_get_item": 1,  # pauses, which a worker reads every 15 s
        "dynamodb.put_item": 1,
        "dynamodb.update_item": 1,
        "dynamodb.query": 1,  # callbacks of the type, which the dispatcher keeps for a minute
        "sns.publish_batch": 1,  # its end
    }


def test_a_second_attempt_follows_as_for_any_task(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    send(cloud, asked("import-again"))

    cloud.run()

    assert started == [1, 2]
    assert task_of(cloud, "import-again").status == "COMPLETED"


def test_an_input_that_does_not_fit_is_a_failed_task(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    send(cloud, asked("import-number", input="seven"))

    cloud.run()

    task = task_of(cloud, "import-number")
    assert task.status == "FAILED"
    assert task.attributes["error"]["type"] == "InvalidInput"
    assert len(cloud.alarms) == 1
    assert started == []


def test_a_function_without_an_argument_needs_no_input(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    body = json.loads(asked("import-nothing-given"))
    del body["submit"]["input"]
    send(cloud, json.dumps(body))

    cloud.run()

    assert task_of(cloud, "import-nothing-given").status == "COMPLETED"
    assert started == ["nothing"]


def test_an_unknown_type_is_a_failed_task(cloud: InProcessCloud) -> None:
    send(cloud, asked("import-nothing"))

    cloud.run()

    task = task_of(cloud, "import-nothing")
    assert task.status == "FAILED"
    assert "import-nothing" in task.attributes["error"]["message"]


def test_a_type_whose_pool_is_missing_is_a_failed_task(cloud: InProcessCloud) -> None:
    send(cloud, asked("import-in-typo"))

    cloud.run()

    task = task_of(cloud, "import-in-typo")
    assert task.status == "FAILED"
    assert task.attributes["error"]["type"] == "UnknownPool"
    assert len(cloud.alarms) == 1


@pytest.mark.parametrize("task_type", ["import-in-large", "import-urgently"])
def test_a_task_of_other_workers_goes_to_their_queue(
    cloud: InProcessCloud, started: list[Any], task_type: str
) -> None:
    send(cloud, asked(task_type), times=2)

    cloud.run()

    assert task_of(cloud, task_type).status == "COMPLETED"
    assert len(started) == 1


def test_an_event_that_waited_too_long_is_cancelled_as_its_type_says(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    send(cloud, asked("import-soon"))
    cloud.sleep(61)

    cloud.run()

    assert task_of(cloud, "import-soon").status == "CANCELLED"
    assert started == []


def test_an_input_may_look_like_any_other_message(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    odd = {"name": "x", "pk": "SCHEDULE#acme", "TopicArn": "a:b", "submit": 1}
    send(cloud, asked(input=odd))

    cloud.run()

    assert started == [odd]


@pytest.mark.parametrize(
    "fields",
    [
        {"tenant": "no tenant"},
        {"tenant": ""},
        {"tenant": "globex", "tenants": ["acme"]},
        {"code": ""},
        {"code": None},
        {"code": "a#b"},
        {"type": 7},
    ],
)
def test_what_can_be_no_task_goes_to_the_unreadable_messages(
    cloud: InProcessCloud, started: list[Any], fields: dict[str, Any]
) -> None:
    send(cloud, asked(**fields))

    cloud.run()

    assert len(set_aside(cloud)) == 1
    assert started == []


def test_a_tenant_out_of_the_event_must_be_one_of_the_rules(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    send(cloud, asked(tenant="acme", tenants=["acme", "globex"]))

    cloud.run()

    assert len(started) == 1


def note(topic: str, message: str) -> str:
    """What SNS puts on a queue that is subscribed without raw delivery."""
    arn = f"arn:aws:sns:us-east-1:123456789012:{topic}"
    return json.dumps(
        {"Type": "Notification", "MessageId": "m-1", "TopicArn": arn, "Message": message}
    )


def test_a_notification_starts_a_task_once(cloud: InProcessCloud, started: list[Any]) -> None:
    send(cloud, note("mails", '{"name": "bounce"}'), times=2)

    cloud.run()

    assert started == [{"name": "bounce"}]
    assert task_of(cloud, code="m-1").created_by == "topic:mails"


@pytest.mark.parametrize("text", ["hello", "5", "null", '"submit"'])
def test_a_message_that_is_no_object_is_its_text(
    cloud: InProcessCloud, started: list[Any], text: str
) -> None:
    send(cloud, note("texts", text))

    cloud.run()

    assert started == [text]


def test_a_notification_of_an_unknown_topic_is_set_aside(cloud: InProcessCloud) -> None:
    send(cloud, note("others", "{}"))

    cloud.run()

    assert "others" in set_aside(cloud)[0]


def received(body: str, message: str = "m-1") -> dict[str, Any]:
    """The event of a worker that receives from the user's own queue."""
    record = record_of(Delivery(message, "receipt", body, 1, 0), "orders")
    return {"Records": [record]}


def test_a_queue_of_the_users_starts_tasks(cloud: InProcessCloud, started: list[Any]) -> None:
    event = received('{"tenant": "acme", "order": {"id": 17}, "name": "SCHEDULE#x"}')

    answers = [cloud.invoke(work.handler, event) for _ in range(2)]

    assert answers == [{"batchItemFailures": []}] * 2
    assert len(started) == 1
    assert task_of(cloud, code="17").created_by == "queue:orders"


def test_a_message_without_what_its_source_asks_for_is_set_aside(cloud: InProcessCloud) -> None:
    assert cloud.invoke(work.handler, received('{"tenant": "acme"}')) == {"batchItemFailures": []}

    assert "order" in set_aside(cloud)[0]


def test_the_test_message_of_s3_starts_nothing(cloud: InProcessCloud) -> None:
    event = received('{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}')

    assert cloud.invoke(work.handler, event) == {"batchItemFailures": []}

    assert not cloud.meter.writes
    assert set_aside(cloud) == []


def test_a_consumer_starts_tasks_as_the_worker_function_does(started: list[Any]) -> None:
    with InProcessCloud(
        modules=["trigger_tasks"], environment={"TASKMILL_RUNNER": "container"}
    ) as cloud:
        for number in range(5):  # enough that claims would be shared
            send(cloud, asked(code=f"e-{number}"), times=2)
        cloud.run()

        assert len(started) == 5
        assert {task_of(cloud, code=f"e-{n}").status for n in range(5)} == {"COMPLETED"}


def test_a_dead_letter_of_a_stored_task_is_that_of_the_task(
    cloud: InProcessCloud, started: list[Any]
) -> None:
    send(cloud, asked())
    cloud.meter.crash_at = 3  # pauses are read, the task is stored; its worker dies
    cloud.step()
    cloud.meter.crash_at = None
    messages = cloud.queues.of("queue").messages
    cloud.queues.of("dead-letters").put(messages.pop().body)

    cloud.run()

    assert task_of(cloud).status == "COMPLETED"
    assert set_aside(cloud) == []


def test_a_dead_letter_whose_task_nobody_could_store_is_set_aside(cloud: InProcessCloud) -> None:
    cloud.queues.of("dead-letters").put(asked())

    cloud.run()

    assert "no worker could store" in set_aside(cloud)[0]
