"""The consumer: real threads around an in-process cloud, whose clock only the tests move."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import pytest
import work_tasks
from builders import any_key, raw, stored
from own_queue import SqliteQueue

from taskmill.aws.dynamodb.claims import ClaimStore
from taskmill.aws.sqs.memory_queue import MemoryQueue
from taskmill.aws.sqs.protocol import Message, Queue
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.testing import Crash, InProcessCloud
from taskmill.work.consumer.consumer import Consumer
from taskmill.work.consumer.keeper import HIDDEN_SECONDS, LEASE_MS
from taskmill.work.consumer.rooms import ASIDE_SECONDS

PATIENCE_SECONDS = 20
IN_MEMORY = {
    "TASKMILL_QUEUE_SERVICE": "memory",
    "TASKMILL_PRIORITY_QUEUE_URL": "urgent",
    "TASKMILL_CONTAINER_QUEUE_URL": "boxed",
}


@pytest.fixture
def runs() -> Iterator[list[Any]]:
    work_tasks.reset()
    yield work_tasks.RUNS
    work_tasks.GO.set()


@pytest.fixture
def cloud(runs: list[Any]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["work_tasks"], environment=IN_MEMORY) as cloud:
        yield cloud


@dataclass
class Shift:
    """A consumer at work in a thread of its own.

    Attributes:
        left: How many tasks it handed back, once it has stopped.
        error: What it died of.
    """

    consumer: Consumer
    left: int | None = None
    error: BaseException | None = None

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def end(self) -> int:
        """Stop it, and wait until it has."""
        self.consumer.stop()
        return self.ended()

    def ended(self) -> int:
        self.thread.join(PATIENCE_SECONDS)
        assert self.left is not None
        return self.left

    def died(self) -> BaseException:
        self.thread.join(PATIENCE_SECONDS)
        assert self.error is not None
        return self.error

    def _run(self) -> None:
        try:
            self.left = self.consumer.run()
        except BaseException as error:  # noqa: BLE001  # the test's to look at
            self.error = error


@contextmanager
def working(cloud: InProcessCloud, **options: Any) -> Iterator[Shift]:
    """A consumer that works meanwhile, and looks often at what it must extend."""
    shift = Shift(consumer(cloud, **options))
    try:
        yield shift
    finally:
        work_tasks.GO.set()
        shift.consumer.stop()
        shift.thread.join(PATIENCE_SECONDS)


def consumer(cloud: InProcessCloud, **options: Any) -> Consumer:
    return cloud.wiring.consumer(**{"idle_seconds": 1, "look_seconds": 0.01, **options})


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


def at_work(count: int = 1) -> None:
    """Wait until so many tasks have begun that wait until they may go on."""
    for _ in range(count):
        assert work_tasks.STARTED.acquire(timeout=PATIENCE_SECONDS)


def queue(cloud: InProcessCloud, url: str = "queue") -> MemoryQueue:
    found = cloud.wiring.queue_at(url)
    assert isinstance(found, MemoryQueue)
    return found


def queued(
    cloud: InProcessCloud, task_type: str, value: Any = None, url: str = "queue", **row: Any
) -> TaskKey:
    """A task, and its message on a queue."""
    key = stored(cloud, key=any_key(type=task_type), input=json.dumps(value), **row).key
    queue(cloud, url).send([Message(key)])
    return key


def row_of(cloud: InProcessCloud, key: TaskKey) -> TaskRow:
    return cloud.wiring.tasks.get(key)


def status(cloud: InProcessCloud, key: TaskKey) -> str:
    return str(row_of(cloud, key).status)


def receives(cloud: InProcessCloud) -> list[int]:
    return [each.receives for each in queue(cloud).messages]


# Work


def test_it_works_off_what_is_there_and_what_comes(cloud: InProcessCloud, runs: list[Any]) -> None:
    before = [queued(cloud, "note", number) for number in range(15)]
    with working(cloud) as shift:
        until(lambda: shift.consumer.done == 15)
        after = [queued(cloud, "note", number) for number in range(15, 30)]
        until(lambda: shift.consumer.done == 30)
        assert shift.end() == 0

    assert {status(cloud, key) for key in before + after} == {"COMPLETED"}
    assert sorted(runs) == list(range(30))
    assert queue(cloud).messages == []


def test_all_queues_are_drained(cloud: InProcessCloud) -> None:
    urls = ("queue", "urgent", "boxed")
    with working(cloud) as shift:
        keys = [queued(cloud, "boxed", url, url) for url in urls for _ in range(20)]
        until(lambda: shift.consumer.done == 60)

    assert {status(cloud, key) for key in keys} == {"COMPLETED"}


def test_a_single_slot_is_enough_for_all_queues(cloud: InProcessCloud) -> None:
    with working(cloud, concurrency=1) as shift:
        for url in ("boxed", "queue", "urgent"):
            queued(cloud, "note", url, url)
        until(lambda: shift.consumer.done == 3)


def test_it_drains_the_queues_that_it_is_given(cloud: InProcessCloud, runs: list[Any]) -> None:
    queued(cloud, "note", "theirs")
    with working(cloud, urls=["mine"]) as shift:
        queued(cloud, "note", "mine", url="mine")
        until(lambda: shift.consumer.done == 1)

    assert runs == ["mine"]
    assert receives(cloud) == [0]


def test_so_many_tasks_run_at_a_time_and_no_message_more_is_taken(cloud: InProcessCloud) -> None:
    for _ in range(5):
        queued(cloud, "waits")
    with working(cloud, concurrency=3) as shift:
        at_work(3)
        time.sleep(0.2)

        assert shift.consumer.running == 3
        assert sorted(receives(cloud)) == [0, 0, 1, 1, 1]


def test_async_tasks_run_side_by_side_too(cloud: InProcessCloud) -> None:
    keys = [queued(cloud, "ten-meet", number) for number in range(10)]
    with working(cloud) as shift:
        until(lambda: shift.consumer.done == 10)

    assert {status(cloud, key) for key in keys} == {"COMPLETED"}


@pytest.mark.parametrize("concurrency", [1, 2, 6])
def test_of_a_type_that_says_so_no_more_run_at_a_time(
    cloud: InProcessCloud, concurrency: int
) -> None:
    keys = [queued(cloud, "two-at-a-time") for _ in range(12)]

    consumer(cloud, concurrency=concurrency).drain()

    beside = [int(row_of(cloud, key).attributes["result"]) for key in keys]
    assert max(beside) == min(2, concurrency)


def test_tasks_that_wait_for_others_of_their_type_leave_their_slots_to_other_types(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    waiting = [queued(cloud, "two-wait", number) for number in range(8)]
    with working(cloud, concurrency=4) as shift:
        at_work(2)
        others = [queued(cloud, "note", number) for number in range(6)]
        until(lambda: shift.consumer.done == len(others))

        assert [status(cloud, key) for key in others] == ["COMPLETED"] * 6
        assert [status(cloud, key) for key in waiting].count("STARTED") == 2
        work_tasks.GO.set()
        for _ in range(len(waiting)):  # one at least finds room each time
            time.sleep(0.1)
            cloud.sleep(ASIDE_SECONDS)
        until(lambda: shift.consumer.done == 14)

    assert {status(cloud, key) for key in waiting} == {"COMPLETED"}


def test_what_waits_for_others_of_its_type_does_not_begin_once_it_is_told_to_stop(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    keys = [queued(cloud, "two-wait", number) for number in range(4)]
    with working(cloud, concurrency=4, grace_seconds=20) as shift:
        at_work(2)
        until(lambda: len(receives(cloud)) == 4 and min(receives(cloud)) == 1)
        shift.consumer.stop()
        until(shift.consumer._stopping.is_set)  # no other sign of it
        work_tasks.GO.set()

        assert shift.ended() == 0

    statuses = sorted(status(cloud, key) for key in keys)
    assert statuses.count("COMPLETED") == 2
    assert "STARTED" not in statuses


@pytest.mark.parametrize("kind", ["hangs", "naps", "awaits-for-ever"])
def test_a_task_that_never_returns_ends_in_time_and_frees_its_slot(
    cloud: InProcessCloud, kind: str
) -> None:
    key = queued(cloud, kind)
    with working(cloud, concurrency=1) as shift:
        until(lambda: shift.consumer.done == 1)
        queued(cloud, "note")
        until(lambda: shift.consumer.done == 2)

    error: Any = row_of(cloud, key).attributes["error"]
    assert (status(cloud, key), error["type"]) == ("FAILED", "TaskTimeout")


def test_an_urgent_task_need_not_wait_behind_the_others(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    queued(cloud, "waits", "first")
    with working(cloud, concurrency=1) as shift:
        at_work()
        for number in range(200):
            queued(cloud, "note", number)
        queued(cloud, "note", "urgent", url="urgent")
        work_tasks.GO.set()
        until(lambda: shift.consumer.done == 202)

    assert runs.index("urgent") == 2  # after the beginning and the end of the first


def test_a_message_that_comes_before_its_time_waits(cloud: InProcessCloud) -> None:
    queued(cloud, "note", status=Status.ERRORED, retry_at=cloud.now + 7_200_000)

    consumer(cloud).drain()

    assert [each.visible_at - cloud.now for each in queue(cloud).messages] == [7_200_000]


@pytest.mark.parametrize("body", ["", "no json", "{}", "[" * 100_000, "x" * 900_000, "\x00\x01"])
def test_a_malformed_message_is_put_aside_and_stops_no_other(
    cloud: InProcessCloud, body: str
) -> None:
    queue(cloud).put(body)
    key = queued(cloud, "note")

    consumer(cloud).drain()

    assert status(cloud, key) == "COMPLETED"
    assert queue(cloud).messages == []
    (aside,) = queue(cloud, "unreadable").messages
    assert json.loads(aside.body)["bodyCharacters"] == len(body)


def test_without_a_queue_for_people_a_malformed_message_comes_again(runs: list[Any]) -> None:
    nowhere = {**IN_MEMORY, "TASKMILL_UNREADABLE_URL": ""}
    with InProcessCloud(modules=["work_tasks"], environment=nowhere) as cloud:
        queue(cloud).put("no json")

        consumer(cloud).drain()

        (message,) = queue(cloud).messages
        assert 5_000 <= message.visible_at - cloud.now <= 60_000


def test_a_queue_of_one_s_own_is_drained_as_well(runs: list[Any]) -> None:
    own = {"TASKMILL_QUEUE_SERVICE": "own_queue:SqliteQueue"}
    with InProcessCloud(modules=["work_tasks"], environment=own) as cloud:
        keys = [any_key(type="note") for _ in range(25)]
        for key in keys:
            stored(cloud, key=key)
        found = cloud.wiring.queue("TASKMILL_QUEUE_URL")
        assert isinstance(found, SqliteQueue)
        found.send([Message(key) for key in keys])
        with working(cloud) as shift:
            until(lambda: shift.consumer.done == 25)

        assert {status(cloud, key) for key in keys} == {"COMPLETED"}
        assert found._run("SELECT count(*) FROM messages") == [(0,)]


# Calls


@dataclass
class Watched:
    """A queue that notes its calls, and fails when it is told to.

    Attributes:
        trouble: How often calls of a name fail yet.
    """

    queue: Queue
    calls: Counter[str] = field(default_factory=Counter)
    trouble: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.queue, name)

        def call(*args: Any, **options: Any) -> Any:
            self.calls[name] += 1
            if self.trouble.get(name, 0) > 0:
                self.trouble[name] -= 1
                raise ConnectionError("not now")
            return method(*args, **options)

        return call


def watched(cloud: InProcessCloud) -> tuple[Watched, Callable[..., Consumer]]:
    """The normal queue under watch, and what makes consumers of it alone."""
    watch = Watched(queue(cloud))

    def make(**options: Any) -> Consumer:
        return Consumer(
            queues=[watch],
            messages=cloud.wiring.message_runner,
            logger=cloud.wiring.logger,
            clock=cloud.clock,
            **{"idle_seconds": 1, "look_seconds": 0.01, **options},
        )

    return watch, make


def test_many_messages_share_a_call(cloud: InProcessCloud) -> None:
    watch, make = watched(cloud)
    for number in range(200):
        queued(cloud, "note", number)
    shift = Shift(make(concurrency=20))
    until(lambda: shift.consumer.done == 200)
    shift.end()

    assert watch.calls["receive"] <= 45  # the floor is 20, and the wait at the end
    assert watch.calls["delete"] <= 40
    assert watch.calls["show_again"] == 0


def test_messages_share_a_call_also_where_slots_become_free_one_by_one(
    cloud: InProcessCloud,
) -> None:
    watch, make = watched(cloud)
    for number in range(200):
        queued(cloud, "brief", number)
    shift = Shift(make(concurrency=10))
    until(lambda: shift.consumer.done == 200)
    shift.end()

    assert watch.calls["receive"] <= 60


def test_what_came_together_is_claimed_together(cloud: InProcessCloud, runs: list[Any]) -> None:
    keys = [queued(cloud, "note", number) for number in range(30)]
    cloud.meter.calls.clear()

    consumer(cloud).drain()

    assert sorted(runs) == list(range(30))
    assert {status(cloud, key) for key in keys} == {"COMPLETED"}
    assert {row_of(cloud, key).attempts for key in keys} == {1}
    # The rows, and once what is paused.
    assert cloud.meter.calls["dynamodb.batch_get_item"] == 3 + 1
    assert cloud.meter.calls["dynamodb.update_item"] == 0


def test_more_is_received_while_what_came_before_is_claimed(
    cloud: InProcessCloud, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, claim = queue(cloud).receive, cloud.table.batch_get_item
    received, more = list[Any](), threading.Event()

    def receive_noted(*args: Any) -> Any:
        received.append(receive(*args))
        if len(received) == 2:
            more.set()
        return received[-1]

    def claim_late(**request: Any) -> Any:
        assert more.wait(PATIENCE_SECONDS)
        return claim(**request)

    monkeypatch.setattr(queue(cloud), "receive", receive_noted)
    monkeypatch.setattr(cloud.table, "batch_get_item", claim_late)
    for number in range(20):
        queued(cloud, "note", number)
    with working(cloud, concurrency=20) as shift:
        until(lambda: shift.consumer.done == 20)

    assert sorted(runs) == list(range(20))
    assert [len(each) for each in received[:2]] == [10, 10]


def test_what_was_received_is_run_although_no_more_could_be(
    cloud: InProcessCloud, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, asked = queue(cloud).receive, list[int]()

    def receive(*args: Any) -> Any:
        asked.append(1)
        if len(asked) == 2:
            raise ConnectionError("not now")
        return real(*args)

    monkeypatch.setattr(queue(cloud), "receive", receive)
    for number in range(15):
        queued(cloud, "note", number)
    with working(cloud, concurrency=20) as shift:
        until(lambda: shift.consumer.done == 15)

    assert sorted(runs) == list(range(15))
    assert {each.receives for each in queue(cloud).messages} == set()


def test_a_task_that_came_alone_is_claimed_alone(cloud: InProcessCloud) -> None:
    queued(cloud, "note")
    cloud.meter.calls.clear()

    consumer(cloud).drain()

    assert cloud.meter.calls["dynamodb.batch_get_item"] == 1  # of what is paused
    assert cloud.meter.calls["dynamodb.update_item"] == 1  # its end goes as a batch of one


def test_two_messages_of_one_task_in_one_delivery_run_it_once(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    keys = [queued(cloud, "note", number) for number in range(3)]
    queue(cloud).send([Message(key) for key in keys])

    consumer(cloud).drain()

    assert sorted(runs) == [0, 1, 2]
    assert {row_of(cloud, key).attempts for key in keys} == {1}


def test_a_message_that_names_no_task_is_no_trouble_for_those_it_came_with(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    for number in range(4):
        queued(cloud, "note", number)
    ended = queued(cloud, "note", "ended", status=Status.CANCELLED)
    queue(cloud).send([Message(any_key())])
    queue(cloud).put("no JSON")

    consumer(cloud).drain()

    assert sorted(runs) == [0, 1, 2, 3]
    assert status(cloud, ended) == "CANCELLED"
    (hidden,) = queue(cloud).messages  # for a minute its row may still be put
    assert hidden.visible_at == cloud.now + 1_000
    assert len(queue(cloud, "unreadable").messages) == 1


@pytest.mark.parametrize("call", ["batch_get_item", "batch_execute_statement"])
def test_where_nothing_can_be_shared_everything_is_done_alone(
    cloud: InProcessCloud, runs: list[Any], monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def down(**_: Any) -> Any:
        raise ConnectionError("not now")

    keys = [queued(cloud, "note", number) for number in range(10)]
    monkeypatch.setattr(cloud.table, call, down)

    consumer(cloud).drain()

    assert {status(cloud, key) for key in keys} == {"COMPLETED"}
    assert sorted(runs) == list(range(10))


def test_the_next_task_begins_while_an_outcome_is_stored_but_not_one_more(
    cloud: InProcessCloud, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    real, slow = cloud.wiring.table.update_each, threading.Event()

    def update_each(updates: Any) -> Any:
        assert slow.wait(PATIENCE_SECONDS)
        return real(updates)

    monkeypatch.setattr(cloud.wiring.table, "update_each", update_each)
    for number in range(4):
        queued(cloud, "note", number)
    with working(cloud, concurrency=1) as shift:
        until(lambda: len(runs) == 2)
        time.sleep(0.1)
        assert len(runs) == 2
        slow.set()
        until(lambda: shift.consumer.done == 4)


def test_a_lease_that_outlives_its_attempt_is_not_renewed(cloud: InProcessCloud) -> None:
    queued(cloud, "waits-a-minute")
    with working(cloud) as shift:
        at_work()
        writes = cloud.meter.calls["dynamodb.update_item"]
        cloud.now += 50_000
        time.sleep(0.1)  # ten looks of the keeper
        assert cloud.meter.calls["dynamodb.update_item"] == writes
        work_tasks.GO.set()
        until(lambda: shift.consumer.done == 1)


def test_a_short_task_takes_no_write_but_its_claim_and_its_end(cloud: InProcessCloud) -> None:
    keys = [queued(cloud, "note", number) for number in range(20)]
    keys.append(queued(cloud, "waits"))
    before = {key: row_of(cloud, key).version for key in keys}
    with working(cloud, concurrency=30) as shift:
        at_work()
        until(lambda: shift.consumer.done == 20)
        cloud.now += HIDDEN_SECONDS * 1000 // 2 - 1
        time.sleep(0.1)  # ten looks of the keeper
        work_tasks.GO.set()
        until(lambda: shift.consumer.done == 21)

    assert {key: row_of(cloud, key).version - before[key] for key in keys} == dict.fromkeys(keys, 2)


def test_an_idle_consumer_waits_at_the_queue(cloud: InProcessCloud) -> None:
    watch, make = watched(cloud)
    shift = Shift(make(idle_seconds=20))
    until(lambda: watch.calls["receive"] == 1)
    time.sleep(0.3)
    assert watch.calls["receive"] == 1

    queued(cloud, "note")
    until(lambda: shift.consumer.done == 1)
    shift.end()


# Long tasks


def test_a_task_may_run_for_many_hours(cloud: InProcessCloud) -> None:
    key = queued(cloud, "waits", "long")
    with working(cloud) as shift:
        at_work()
        for _ in range(20):
            cloud.now += 50_000
            until(lambda: (row_of(cloud, key).lease_until or 0) == cloud.now + LEASE_MS)
            until(lambda: (queue(cloud).next_due() or 0) == cloud.now + HIDDEN_SECONDS * 1000)
        work_tasks.GO.set()
        until(lambda: shift.consumer.done == 1)

    row = row_of(cloud, key)
    assert (row.status, row.attempts) == ("COMPLETED", 1)
    assert queue(cloud).messages == []


def test_a_lease_is_not_longer_than_the_attempt_and_its_grace(cloud: InProcessCloud) -> None:
    key = queued(cloud, "sleeps-on")  # a timeout of 0.1 s

    consumer(cloud).drain()

    assert row_of(cloud, key).lease_until == cloud.now + 100 + 15_000


def test_the_keeper_hears_that_a_task_was_cancelled(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = queued(cloud, "looks-at-the-end")
    with working(cloud) as shift:
        at_work()
        cloud.service.cancel(key=key)
        before = cloud.meter.calls["dynamodb.update_item"]
        cloud.now += 50_000
        until(lambda: cloud.meter.calls["dynamodb.update_item"] > before)
        time.sleep(0.05)
        reads = cloud.meter.calls["dynamodb.get_item"]
        work_tasks.GO.set()
        until(lambda: shift.consumer.done == 1)

    assert runs == [("cancelled", True)]
    assert cloud.meter.calls["dynamodb.get_item"] == reads  # nobody had to look
    assert status(cloud, key) == "CANCELLED"


def test_what_a_dead_consumer_had_is_taken_over_within_two_minutes(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = queued(cloud, "dies-once")
    dead = Shift(consumer(cloud))
    assert isinstance(dead.died(), Crash)
    died = cloud.now

    with working(cloud) as shift:
        while shift.consumer.done == 0 and cloud.now < died + 3_600_000:
            cloud.now += 1_000
            time.sleep(0.01)

    assert cloud.now - died <= 120_000
    row = row_of(cloud, key)
    assert (row.status, row.attempts) == ("COMPLETED", 2)
    assert runs == [1, 2]


# The end


def test_it_lets_running_tasks_end(cloud: InProcessCloud) -> None:
    keys = [queued(cloud, "waits") for _ in range(3)]
    shift = Shift(consumer(cloud))
    at_work(3)

    shift.consumer.stop()
    time.sleep(0.1)
    work_tasks.GO.set()

    assert shift.ended() == 0
    assert {status(cloud, key) for key in keys} == {"COMPLETED"}
    assert queue(cloud).messages == []


def test_it_takes_nothing_more_once_it_is_told_to_stop(cloud: InProcessCloud) -> None:
    queued(cloud, "waits")
    stopping: list[int] = []
    shift = Shift(consumer(cloud, idle_seconds=20, stopping=stopping.append))
    at_work()
    until(lambda: shift.consumer.running == 1)
    time.sleep(0.2)  # by now it waits at all queues

    shift.consumer.stop()
    until(lambda: stopping == [1])
    late = queued(cloud, "note")
    time.sleep(0.2)
    work_tasks.GO.set()
    shift.ended()

    assert status(cloud, late) == "CREATED"
    assert queue(cloud).visible()  # what a waiting call still brought was handed back


def test_what_does_not_end_in_time_is_handed_back(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = queued(cloud, "waits", "x")
    fence = None
    shift = Shift(consumer(cloud, grace_seconds=0.1))
    at_work()
    fence = row_of(cloud, key).fence

    assert shift.end() == 1

    row = row_of(cloud, key)
    assert fence is not None
    assert (row.attempts, row.lease_until, row.fence) == (0, 0, None)
    assert queue(cloud).visible()

    with working(cloud) as other:  # takes over without any time passing
        at_work()
        work_tasks.GO.set()
        until(lambda: other.consumer.done == 1)

    row = row_of(cloud, key)
    assert (row.status, row.attempts) == ("COMPLETED", 1)
    until(lambda: runs.count(("ended", "x", 1)) == 2)  # also what was left behind
    assert shift.consumer.done == 0
    time.sleep(0.1)
    assert raw(cloud, key) == {**(raw(cloud, key) or {}), "version": row.version}


def test_a_claim_that_came_too_late_is_handed_back_too(
    cloud: InProcessCloud, runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = queued(cloud, "note")
    slow, asked = threading.Event(), threading.Event()
    real = ClaimStore.claim

    def claim(*args: Any, **options: Any) -> TaskRow:
        asked.set()
        assert slow.wait(PATIENCE_SECONDS)
        return real(*args, **options)

    monkeypatch.setattr(ClaimStore, "claim", claim)
    shift = Shift(consumer(cloud, grace_seconds=0))
    assert asked.wait(PATIENCE_SECONDS)
    assert shift.end() == 1

    slow.set()
    until(lambda: row_of(cloud, key).lease_until == 0)

    assert row_of(cloud, key).attempts == 0
    assert runs == []


def test_stopped_while_idle_it_ends_at_once(cloud: InProcessCloud) -> None:
    shift = Shift(consumer(cloud, idle_seconds=20))
    time.sleep(0.2)
    began = time.monotonic()

    assert shift.end() == 0

    assert time.monotonic() - began < 5


# Trouble


def test_a_queue_that_cannot_be_reached_is_asked_again(cloud: InProcessCloud) -> None:
    watch, make = watched(cloud)
    watch.trouble["receive"] = 2
    key = queued(cloud, "note")
    shift = Shift(make())

    until(lambda: shift.consumer.done == 1)

    shift.end()
    assert status(cloud, key) == "COMPLETED"
    assert watch.calls["receive"] >= 3


def test_one_queue_s_trouble_stops_no_other(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any) -> Any:
        raise ConnectionError("not now")

    monkeypatch.setattr(queue(cloud, "urgent"), "receive", down)
    queued(cloud, "note")
    with working(cloud) as shift:
        until(lambda: shift.consumer.done == 1)


def test_a_message_that_could_not_be_deleted_is_deleted_later(cloud: InProcessCloud) -> None:
    watch, make = watched(cloud)
    watch.trouble["delete"] = 1
    queued(cloud, "note")

    make().drain()

    assert queue(cloud).messages == []


def test_a_message_that_could_not_be_hidden_is_hidden_later(cloud: InProcessCloud) -> None:
    watch, make = watched(cloud)
    watch.trouble["show_again"] = 1
    queued(cloud, "waits")
    shift = Shift(make())
    at_work()

    cloud.now += 40_000

    until(lambda: (queue(cloud).next_due() or 0) == cloud.now + HIDDEN_SECONDS * 1000)
    work_tasks.GO.set()
    shift.end()


def test_a_lease_that_could_not_be_renewed_is_renewed_later(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = queued(cloud, "waits")
    real, failures = cloud.table.update_item, [ConnectionError("not now")]

    def update(**request: Any) -> Any:
        if failures:
            raise failures.pop()
        return real(**request)

    with working(cloud):
        at_work()
        monkeypatch.setattr(cloud.table, "update_item", update)
        cloud.now += 50_000

        until(lambda: (row_of(cloud, key).lease_until or 0) == cloud.now + LEASE_MS)
    assert not failures


def test_a_renewal_that_takes_for_ever_keeps_no_other_lease_from_being_renewed(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [queued(cloud, "waits") for _ in range(3)]
    real, answer = cloud.table.update_item, threading.Event()
    stuck: list[Any] = []

    def update(**request: Any) -> Any:
        if not stuck or stuck == [request["Key"]]:
            stuck[:] = [request["Key"]]
            assert answer.wait(PATIENCE_SECONDS)
        return real(**request)

    monkeypatch.setattr("taskmill.work.consumer.keeper.PATIENCE_SECONDS", 0.05)
    with working(cloud):
        at_work(3)
        cloud.meter._lock = nullcontext()  # type: ignore[assignment]  # one call must not stop others
        monkeypatch.setattr(cloud.table, "update_item", update)
        cloud.now += 50_000

        def renewed() -> int:
            leases = [row_of(cloud, key).lease_until or 0 for key in keys]
            return leases.count(cloud.now + LEASE_MS)

        until(lambda: renewed() == 2)
        answer.set()
        until(lambda: renewed() == 3)


def test_draining_a_queue_that_cannot_be_reached_says_so(cloud: InProcessCloud) -> None:
    watch, make = watched(cloud)
    watch.trouble["receive"] = 1

    with pytest.raises(ConnectionError):
        make().drain()
