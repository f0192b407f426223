"""What every queue must do, whichever `TASKMILL_QUEUE_SERVICE` names."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from builders import KEYS, any_key
from hypothesis import given
from moto_calls import mock_aws
from own_queue import SqliteQueue

from taskmill.aws.sqs.memory_queue import MAX_RECEIVES, MemoryQueue
from taskmill.aws.sqs.protocol import Delivery, Message, Queue, message_body
from taskmill.aws.sqs.sqs_queue import SqsQueue
from taskmill.model.keys import TaskKey
from taskmill.testing.fakes import Queues
from taskmill.wiring import InvalidSetting, MissingSetting, Wiring

URL = "https://sqs.us-east-1.amazonaws.com/123456789012/work"


@dataclass
class Setting:
    """A queue, where its dead letters go, and the time that it lives by."""

    queue: Queue
    dead_letters: Queue
    pass_time: Callable[[int], None]


class Hands:
    """A clock whose hands are moved."""

    def __init__(self) -> None:
        self.now = 1_770_000_000_000

    def __call__(self) -> int:
        return self.now

    def move(self, seconds: int) -> None:
        self.now += seconds * 1000


def memory() -> Iterator[Setting]:
    hands = Hands()
    dead_letters = MemoryQueue(clock=hands)
    yield Setting(MemoryQueue(clock=hands, dead_letters=dead_letters), dead_letters, hands.move)


def fake_sqs() -> Iterator[Setting]:
    """The client of an `InProcessCloud`: it must be as moto's is."""
    hands = Hands()
    client = Queues(hands, {"work": "dead"})
    yield Setting(SqsQueue(client, "work"), SqsQueue(client, "dead"), hands.move)


def sqs() -> Iterator[Setting]:
    with mock_aws():
        client = boto3.client(
            "sqs", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        dead = client.create_queue(QueueName="dead")["QueueUrl"]
        policy = {
            "deadLetterTargetArn": "arn:aws:sqs:us-east-1:123456789012:dead",
            "maxReceiveCount": "10",
        }
        work = client.create_queue(
            QueueName="work", Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]
        yield Setting(SqsQueue(client, work), SqsQueue(client, dead), time.sleep)


def own() -> Iterator[Setting]:
    hands = Hands()
    queue, dead_letters = SqliteQueue(dict, "work"), SqliteQueue(dict, "dead")
    queue.dead_letters = dead_letters
    for each in (queue, dead_letters):
        each.now = lambda: hands.now / 1000  # type: ignore[method-assign]
    yield Setting(queue, dead_letters, hands.move)


@pytest.fixture(params=[memory, fake_sqs, sqs, own], ids=lambda kind: kind.__name__)
def setting(request: pytest.FixtureRequest) -> Iterator[Setting]:
    yield from request.param()


@pytest.fixture
def queue(setting: Setting) -> Queue:
    return setting.queue


def send(queue: Queue, count: int = 1, delay_seconds: int = 0) -> list[TaskKey]:
    keys = [any_key() for _ in range(count)]
    assert queue.send([Message(key, delay_seconds) for key in keys]) == [True] * count
    return keys


def receive_all(queue: Queue, **options: Any) -> list[Delivery]:
    found: list[Delivery] = []
    while more := queue.receive(10, **options):
        found += more
    return found


def bodies(deliveries: list[Delivery]) -> list[Any]:
    return sorted((json.loads(each.body) for each in deliveries), key=str)


def test_what_was_sent_is_received(queue: Queue) -> None:
    (key,) = send(queue)

    (delivery,) = queue.receive(1)

    assert delivery.body == message_body(key)
    assert delivery.receives == 1


@given(KEYS)
def test_a_message_is_the_key_as_json(key: TaskKey) -> None:
    assert json.loads(message_body(key)) == key.as_dict()


def test_any_number_can_be_sent_and_ten_at_most_are_received_at_once(queue: Queue) -> None:
    keys = send(queue, 25)

    first = queue.receive(100)
    assert 1 <= len(first) <= 10
    found = first + receive_all(queue)

    assert bodies(found) == sorted((key.as_dict() for key in keys), key=str)


def test_no_more_are_received_than_asked_for(queue: Queue) -> None:
    send(queue, 5)

    assert len(queue.receive(3)) <= 3


def test_an_empty_queue_gives_nothing(queue: Queue) -> None:
    assert queue.receive(10) == []


def test_a_message_of_any_shape_arrives(queue: Queue) -> None:
    queue.send_body({"record": {"é": [1, None]}})

    assert bodies(queue.receive(1)) == [{"record": {"é": [1, None]}}]


def test_a_received_message_is_hidden_and_then_comes_again(setting: Setting) -> None:
    send(setting.queue)
    (first,) = setting.queue.receive(1, hidden_seconds=1)
    assert setting.queue.receive(1) == []

    setting.pass_time(1)
    (second,) = setting.queue.receive(1)

    assert (second.id, second.body) == (first.id, first.body)
    assert second.receives == 2


def test_a_message_comes_no_sooner_than_it_was_sent_for(setting: Setting) -> None:
    send(setting.queue, delay_seconds=1)
    assert setting.queue.receive(1) == []

    setting.pass_time(1)

    assert len(setting.queue.receive(1)) == 1


def test_what_was_deleted_never_comes_again(setting: Setting) -> None:
    send(setting.queue, 25)
    receipts = [each.receipt for each in receive_all(setting.queue, hidden_seconds=1)]

    assert setting.queue.delete(receipts) == []

    setting.pass_time(1)
    assert setting.queue.receive(10) == []


def test_a_message_can_be_handed_back_at_once(queue: Queue) -> None:
    send(queue, 12)
    receipts = [each.receipt for each in receive_all(queue)]

    assert queue.show_again(dict.fromkeys(receipts, 0)) == []

    again = receive_all(queue)
    assert [each.receives for each in again] == [2] * 12


def test_a_message_can_be_kept_hidden_for_longer(setting: Setting) -> None:
    send(setting.queue)
    (delivery,) = setting.queue.receive(1, hidden_seconds=1)

    assert setting.queue.show_again({delivery.receipt: 2}) == []

    setting.pass_time(1)
    assert setting.queue.receive(1) == []
    setting.pass_time(1)
    assert len(setting.queue.receive(1)) == 1


def test_a_receipt_that_is_worth_nothing_is_refused(queue: Queue) -> None:
    send(queue)
    (delivery,) = queue.receive(1)

    assert queue.show_again({"nonsense": 0, delivery.receipt: 60}) == ["nonsense"]


def test_nothing_to_do_is_no_trouble(queue: Queue) -> None:
    assert queue.send([]) == []
    assert queue.delete([]) == []
    assert queue.show_again({}) == []


def test_what_is_received_too_often_ends_among_the_dead(setting: Setting) -> None:
    (key,) = send(setting.queue)
    for _ in range(MAX_RECEIVES):
        for delivery in setting.queue.receive(1):
            setting.queue.show_again({delivery.receipt: 0})

    assert setting.queue.receive(1) == []

    assert bodies(setting.dead_letters.receive(10)) == [key.as_dict()]


@pytest.mark.parametrize("setting", [memory, own], ids=lambda kind: kind.__name__, indirect=True)
def test_a_receiver_waits_for_what_comes_in_time(queue: Queue) -> None:
    began = time.monotonic()
    sender = threading.Timer(0.1, send, [queue])
    sender.start()

    assert len(queue.receive(10, wait_seconds=10)) == 1

    assert time.monotonic() - began < 5
    sender.join()


@pytest.mark.parametrize("setting", [memory, own], ids=lambda kind: kind.__name__, indirect=True)
def test_a_receiver_does_not_wait_for_ever(queue: Queue) -> None:
    assert queue.receive(10, wait_seconds=1) == []


@pytest.mark.parametrize("setting", [memory, own], ids=lambda kind: kind.__name__, indirect=True)
def test_of_many_receivers_one_gets_each_message(queue: Queue) -> None:
    send(queue, 200)
    found: Counter[str] = Counter()

    def drain() -> None:
        while deliveries := queue.receive(3):
            found.update(each.id for each in deliveries)
            queue.delete(each.receipt for each in deliveries)

    threads = [threading.Thread(target=drain) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found.values()) == [1] * 200


# SQS


@dataclass
class Recorder:
    """A client whose batch calls refuse some entries, by what they carry.

    Attributes:
        refusals: Whether a refused entry is the caller's fault, by the receipt or body it has; an
            entry that is not is refused once.
    """

    refusals: dict[str, bool]

    def __post_init__(self) -> None:
        self.calls: list[list[dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        return self._call

    def _call(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert QueueUrl == URL
        self.calls.append(Entries)
        failed = []
        for entry in Entries:
            what = entry.get("ReceiptHandle") or entry["MessageBody"]
            if what in self.refusals:
                failed.append({"Id": entry["Id"], "SenderFault": self.refusals[what]})
                if not self.refusals[what]:
                    del self.refusals[what]
        return {"Failed": failed}


def test_each_tenant_is_a_message_group() -> None:
    client = Recorder({})
    key = any_key()

    SqsQueue(client, URL).send([Message(key), Message(key, delay_seconds=7)])

    assert client.calls == [
        [
            {"Id": "0", "MessageBody": message_body(key), "MessageGroupId": key.tenant},
            {
                "Id": "1",
                "MessageBody": message_body(key),
                "MessageGroupId": key.tenant,
                "DelaySeconds": 7,
            },
        ]
    ]


def test_all_that_can_go_ten_a_call_does() -> None:
    client = Recorder({})
    queue = SqsQueue(client, URL)

    queue.send([Message(any_key()) for _ in range(21)])
    queue.delete(map(str, range(21)))
    queue.show_again({str(number): 0 for number in range(21)})

    assert [len(each) for each in client.calls] == [10, 10, 1] * 3


def test_what_sqs_could_not_process_is_tried_once_more() -> None:
    keys = [any_key() for _ in range(12)]
    client = Recorder({message_body(keys[3]): False, message_body(keys[11]): False})

    sent = SqsQueue(client, URL).send([Message(key) for key in keys])

    assert sent == [True] * 12
    assert [each["MessageBody"] for each in client.calls[-1]] == [
        message_body(keys[3]),
        message_body(keys[11]),
    ]


def test_what_sqs_does_not_take_is_told_and_nothing_else() -> None:
    keys = [any_key() for _ in range(12)]
    client = Recorder({message_body(keys[11]): True, "r1": True, "r11": True})
    queue = SqsQueue(client, URL)

    assert queue.send([Message(key) for key in keys]) == [True] * 11 + [False]
    assert queue.delete(f"r{number}" for number in range(12)) == ["r1", "r11"]
    assert queue.show_again({f"r{number}": 5 for number in range(12)}) == ["r1", "r11"]
    assert len(client.calls) == 6  # the caller's faults are not repeated


# The choice


def wired(**environment: str) -> Wiring:
    return Wiring({"TASKMILL_QUEUE_URL": URL, **environment}, client=lambda service: service)


def test_sqs_is_the_default() -> None:
    assert isinstance(wired().queue("TASKMILL_QUEUE_URL"), SqsQueue)
    named = wired(TASKMILL_QUEUE_SERVICE="sqs")
    assert isinstance(named.queue("TASKMILL_QUEUE_URL"), SqsQueue)


def test_queues_in_memory_are_the_same_for_the_whole_process() -> None:
    wiring = wired(TASKMILL_QUEUE_SERVICE="memory", TASKMILL_DEAD_LETTERS_URL="dead")
    send(wiring.queue("TASKMILL_QUEUE_URL"))

    assert len(wiring.queue("TASKMILL_QUEUE_URL").receive(10)) == 1
    assert wiring.queue("TASKMILL_DEAD_LETTERS_URL").receive(10) == []


def test_what_dies_in_memory_is_found_on_the_queue_of_the_dead() -> None:
    wiring = wired(TASKMILL_QUEUE_SERVICE="memory", TASKMILL_DEAD_LETTERS_URL="dead")
    (key,) = send(wiring.queue("TASKMILL_QUEUE_URL"))

    for _ in range(MAX_RECEIVES + 1):
        for each in wiring.queue("TASKMILL_QUEUE_URL").receive(1):
            wiring.queue("TASKMILL_QUEUE_URL").show_again({each.receipt: 0})

    assert bodies(wiring.queue("TASKMILL_DEAD_LETTERS_URL").receive(1)) == [key.as_dict()]


def test_a_class_of_one_s_own_gets_the_maker_of_clients_and_the_url() -> None:
    wiring = wired(TASKMILL_QUEUE_SERVICE="own_queue:SqliteQueue")

    queue = wiring.queue("TASKMILL_QUEUE_URL")

    assert isinstance(queue, SqliteQueue)
    assert (queue.client_maker("s3"), queue.url) == ("s3", URL)
    assert wiring.queue("TASKMILL_QUEUE_URL") is queue


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("redis", 'neither sqs nor memory nor "module:Class"'),
        ("own_queue:", 'neither sqs nor memory nor "module:Class"'),
        ("no_such_module:Queue", "No module named 'no_such_module'"),
        ("own_queue:NoSuchQueue", "has no attribute 'NoSuchQueue'"),
        ("taskmill.model.keys:TaskKey", "it has no send, send_body, receive, delete, show_again"),
    ],
)
def test_a_wrong_service_is_told(service: str, words: str) -> None:
    with pytest.raises(InvalidSetting, match=f"TASKMILL_QUEUE_SERVICE: .*{service}.*{words}"):
        wired(TASKMILL_QUEUE_SERVICE=service).queue("TASKMILL_QUEUE_URL")


def test_a_queue_without_a_url_is_told() -> None:
    with pytest.raises(MissingSetting, match="TASKMILL_DEAD_LETTERS_URL is not set"):
        wired().queue("TASKMILL_DEAD_LETTERS_URL")
