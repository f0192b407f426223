"""Deliveries of the work queue, through the function's handler."""

import itertools
import json
import time
from typing import Any

import pytest
from builders import any_key, any_task, held, raw, sqs_event, sqs_record, stored
from hypothesis import given
from hypothesis import strategies as st

from taskmill import TaskContext, context
from taskmill.handlers import work
from taskmill.keys import TaskKey
from taskmill.queue import message_body
from taskmill.statuses import Status
from taskmill.testing import InProcessCloud


def deliver(cloud: InProcessCloud, *keys: TaskKey, seconds: int = 300, **more: Any) -> list[str]:
    """Deliver messages of these tasks, `m0` on; the ids of those that must come again."""
    event = sqs_event(*map(message_body, keys), **more)
    answer = work.handler(event, cloud.context(seconds))
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def on_queue(cloud: InProcessCloud, *ids: str) -> None:
    """Put received messages on the queue, for their visibility to be seen."""
    for each in ids:
        cloud.queues.put("queue", each, cloud.now)
        cloud.queues.queues["queue"][-1].id = f"receipt-{each}"


def hidden_seconds(cloud: InProcessCloud) -> list[float]:
    return [(each.visible_at - cloud.now) / 1000 for each in cloud.queues.queues["queue"]]


def task(cloud: InProcessCloud, task_type: str, value: Any = None) -> TaskKey:
    return stored(cloud, key=any_key(type=task_type), input=json.dumps(value)).key


def test_a_delivered_task_runs_and_its_message_is_done(cloud: InProcessCloud) -> None:
    key = task(cloud, "export", {"year": 2026})

    assert deliver(cloud, key) == []

    done = cloud.service.get_task(key=key)
    assert (done.status, done.attempts) == ("COMPLETED", 1)
    assert done.attributes == {"result": {"year": 2026}}


def test_a_second_delivery_runs_nothing(cloud: InProcessCloud, calls: list[Any]) -> None:
    key = task(cloud, "export", 1)

    assert deliver(cloud, key, key) == []
    assert deliver(cloud, key) == []

    assert calls == [1]


def test_a_delivery_that_finds_a_live_lease_comes_back_when_it_ends(
    cloud: InProcessCloud, calls: list[Any]
) -> None:
    row = held(cloud)
    on_queue(cloud, "m0")

    assert deliver(cloud, row.key) == ["m0"]

    assert hidden_seconds(cloud) == [60]
    assert calls == []


def test_a_task_whose_worker_died_runs_again(cloud: InProcessCloud) -> None:
    row = held(cloud, input="1")
    cloud.now += 60_001

    assert deliver(cloud, row.key) == []

    done = cloud.service.get_task(key=row.key)
    assert (done.status, done.attempts) == ("COMPLETED", 2)


def test_a_task_whose_every_worker_died_has_failed(cloud: InProcessCloud) -> None:
    row = held(cloud, attempts=3)
    cloud.now += 60_001

    assert deliver(cloud, row.key) == []

    failed = cloud.service.get_task(key=row.key)
    error: Any = failed.attributes["error"]
    assert (failed.status, error["type"]) == ("FAILED", "AttemptsSpent")


def test_a_failed_attempt_says_when_the_next_is_due(cloud: InProcessCloud) -> None:
    key = task(cloud, "broken", "luck")

    assert deliver(cloud, key) == []  # the row's change sends the next message

    row = cloud.wiring.tasks.get(key)
    assert (row.status, row.retry_at) == (Status.ERRORED, cloud.now + 100_000)
    assert row.attributes["error"]["message"] == "no luck"
    assert "unit_tasks.py" in row.attributes["error"]["stack"]


def test_the_last_attempt_fails_the_task(cloud: InProcessCloud, calls: list[Any]) -> None:
    key = task(cloud, "broken")

    deliver(cloud, key)
    cloud.now += 100_000
    deliver(cloud, key)

    assert cloud.service.get_task(key=key).status == "FAILED"
    assert calls == [1, 2]


def test_a_message_that_comes_before_its_time_waits(cloud: InProcessCloud) -> None:
    key = task(cloud, "broken")
    deliver(cloud, key)
    on_queue(cloud, "m0")

    assert deliver(cloud, key) == ["m0"]
    assert hidden_seconds(cloud) == [100]


@pytest.mark.parametrize(
    "body",
    ["", "no json", "[]", '{"pk": "TASK#t"}', '{"pk": 1, "sk": 2}', '{"pk":"X#t","sk":"a#b"}'],
)
def test_a_malformed_message_stays_and_stops_no_other(cloud: InProcessCloud, body: str) -> None:
    key = task(cloud, "export")
    event = sqs_event(body, message_body(key), body)

    answer = work.handler(event, cloud.context())

    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["m0", "m2"]
    assert cloud.service.get_task(key=key).status == "COMPLETED"


@pytest.mark.parametrize(("receives", "seconds"), [(1, 5), (2, 10), (5, 80), (50, 900)])
def test_trouble_is_left_longer_alone_each_time(
    cloud: InProcessCloud, receives: int, seconds: int
) -> None:
    on_queue(cloud, "m0")

    work.handler({"Records": [sqs_record("m0", "broken", receives)]}, cloud.context())

    assert hidden_seconds(cloud) == [seconds]


def test_a_message_of_no_task_is_dropped(cloud: InProcessCloud) -> None:
    key = any_key()

    assert deliver(cloud, key) == []
    assert raw(cloud, key) is None


def test_near_its_end_a_worker_hands_back_what_it_has_not_begun(
    cloud: InProcessCloud, calls: list[Any]
) -> None:
    keys = [task(cloud, "minute-long", number) for number in range(3)]
    on_queue(cloud, "m1", "m2")

    assert deliver(cloud, *keys, seconds=62) == ["m1", "m2"]  # 60 s and 3 s for the last write

    assert calls == [0]
    assert hidden_seconds(cloud) == [0, 0]
    assert [str(cloud.service.get_task(key=key).status) for key in keys] == [
        "COMPLETED",
        "CREATED",
        "CREATED",
    ]


def test_with_time_enough_all_of_them_run(cloud: InProcessCloud, calls: list[Any]) -> None:
    keys = [task(cloud, "minute-long", number) for number in range(3)]

    assert deliver(cloud, *keys, seconds=64) == []
    assert calls == [0, 1, 2]


def test_a_lease_outlives_the_attempt_a_little(cloud: InProcessCloud) -> None:
    key = task(cloud, "minute-long")
    deliver(cloud, key)

    row = cloud.wiring.tasks.get(key)
    assert row.lease_until == cloud.now + 60_000 + 15_000


def test_an_attempt_may_not_take_longer_than_its_type_allows(cloud: InProcessCloud) -> None:
    key = task(cloud, "slow", 30)
    began = time.monotonic()

    deliver(cloud, key)

    error: Any = cloud.service.get_task(key=key).attributes["error"]
    assert (error["type"], error["message"]) == ("TaskTimeout", "ran longer than 0.05 s")
    assert time.monotonic() - began < 10


def test_what_gives_up_is_not_tried_again(cloud: InProcessCloud) -> None:
    key = task(cloud, "hopeless")

    deliver(cloud, key)

    done = cloud.service.get_task(key=key)
    assert (done.status, done.attempts) == ("FAILED", 1)


# Progress


@given(st.lists(st.floats(0, 3), max_size=40))
def test_progress_is_written_at_most_once_a_second(gaps: list[float]) -> None:
    written: list[tuple[float, Any]] = []
    now = 100.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context.time, "monotonic", lambda: now)
        ctx = TaskContext(
            key=any_key(),
            attempt=1,
            logger=None,
            report=lambda progress: written.append((now, progress)),
        )
        for number, gap in enumerate(gaps, start=1):
            now += gap
            ctx.progress(number)

    times = [at for at, _ in written]
    assert all(after - before >= 1 for before, after in itertools.pairwise(times))
    if gaps:
        last = ctx.unreported or written[-1][1]
        assert last == {"done": len(gaps)}


def test_of_much_progress_two_writes_are_left(cloud: InProcessCloud) -> None:
    key = task(cloud, "talkative", 1_000)
    cloud.meter.calls.clear()

    deliver(cloud, key)

    assert cloud.meter.calls["dynamodb.update_item"] == 3  # claim, first progress, outcome
    done = cloud.service.get_task(key=key)
    assert done.attributes["progress"] == {"done": 1_000, "total": 1_000}
    assert [str(each.status) for each in done.history] == [
        "CREATED",
        "STARTED",
        "PROCESSING",
        "COMPLETED",
    ]


@pytest.mark.parametrize(
    ("figures", "stored_as"),
    [
        ((1,), {"done": 1}),
        ((1.0, 3), {"done": 1, "total": 3}),
        ((1 / 3, 1), {"done": 0.333333, "total": 1}),
        ((0, 0, "begins"), {"done": 0, "total": 0, "message": "begins"}),
        ((1, None, "x" * 9_000), {"done": 1, "message": "x" * 500}),
    ],
)
def test_progress_is_small_and_plain(figures: Any, stored_as: dict[str, Any]) -> None:
    written: list[Any] = []
    TaskContext(key=any_key(), attempt=1, logger=None, report=written.append).progress(*figures)

    assert written == [stored_as]


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), 1e300])
def test_progress_that_is_no_figure_is_refused(figure: float) -> None:
    ctx = TaskContext(key=any_key(), attempt=1, logger=None, report=dict)

    with pytest.raises(ValueError, match="progress: done is"):
        ctx.progress(figure)
    assert ctx.unreported is None


def test_a_task_takes_four_writes(cloud: InProcessCloud) -> None:
    cloud.service.create_task(task=any_task(input={"a": 1}))

    cloud.run()

    assert cloud.meter.writes == 4  # stored, queued, claimed, ended
