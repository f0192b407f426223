"""Deliveries of the work queue, through the function's handler."""

import io
import itertools
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import work_tasks
from builders import any_fan_out_key, any_key, any_task, held, raw, sqs_event, sqs_record, stored
from hypothesis import given
from hypothesis import strategies as st

from taskmill import TaskContext
from taskmill.aws.sqs.protocol import message_body
from taskmill.functions import context
from taskmill.handlers import work
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import Crash, InProcessCloud
from taskmill.wiring import InvalidSetting

LANES = ("normal", "priority", "container")


def deliver(cloud: InProcessCloud, *keys: TaskKey, seconds: int = 300, **more: Any) -> list[str]:
    """Deliver messages of these tasks, `m0` on; the ids of those that must come again."""
    event = sqs_event(*map(message_body, keys), **more)
    answer = work.handler(event, cloud.context(seconds))
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def on_queue(cloud: InProcessCloud, *ids: str) -> None:
    """Put received messages on the queue, for their visibility to be seen."""
    for each in ids:
        cloud.queues.put("queue", each, cloud.now)
        cloud.queues.queues["queue"][-1].receipt = f"receipt-{each}"


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
def test_a_malformed_message_is_put_aside_at_once_and_stops_no_other(
    cloud: InProcessCloud, body: str
) -> None:
    key = task(cloud, "export")
    event = sqs_event(body, message_body(key), body)

    answer = work.handler(event, cloud.context())

    assert answer["batchItemFailures"] == []
    aside = [json.loads(each.body) for each in cloud.queues.queues["unreadable"]]
    assert [(each["messageId"], each["body"]) for each in aside] == [("m0", body), ("m2", body)]
    assert cloud.service.get_task(key=key).status == "COMPLETED"


def test_a_message_of_a_type_that_no_longer_exists_fails_its_task(cloud: InProcessCloud) -> None:
    key = task(cloud, "gone-since")

    assert deliver(cloud, key) == []

    failed = cloud.service.get_task(key=key)
    error: Any = failed.attributes["error"]
    assert (failed.status, error["type"]) == ("FAILED", "UnknownTaskType")
    assert "unreadable" not in cloud.queues.queues


def test_a_message_of_a_row_that_is_no_single_task_claims_nothing(cloud: InProcessCloud) -> None:
    row = stored(cloud, key=any_fan_out_key())
    before = raw(cloud, row.key)

    assert deliver(cloud, row.key) == []
    assert raw(cloud, row.key) == before


def test_a_delivery_whose_messages_cannot_be_hidden_is_answered_nevertheless(
    cloud: InProcessCloud,
) -> None:
    """They come again after their visibility timeout; what is done need not run again."""
    waits, done = held(cloud), task(cloud, "export")
    cloud.meter.fault = lambda name: ConnectionError("no") if "visibility" in name else None

    assert deliver(cloud, waits.key, done) == ["m0"]
    assert cloud.service.get_task(key=done).status == "COMPLETED"


def test_a_wait_of_12_hours_is_asked_for_within_what_sqs_allows(cloud: InProcessCloud) -> None:
    """It counts them from the receive, and refuses what goes beyond."""
    key = stored(cloud, status=Status.ERRORED, retry_at=cloud.now + 43_200_000).key
    on_queue(cloud, "m0")

    assert deliver(cloud, key) == ["m0"]
    assert hidden_seconds(cloud) == [43_000]


@pytest.mark.parametrize(("receives", "seconds"), [(1, 5), (2, 10), (5, 80), (50, 900)])
def test_trouble_is_left_longer_alone_each_time(
    cloud: InProcessCloud, receives: int, seconds: int
) -> None:
    on_queue(cloud, "m0")
    record = sqs_record("m0", message_body(task(cloud, "export")), receives)
    cloud.meter.fault = lambda name: ConnectionError("no") if "dynamodb" in name else None

    work.handler({"Records": [record]}, cloud.context())

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


# Several queues


def test_what_comes_again_does_so_on_the_queue_that_it_came_from() -> None:
    environment = {
        "TASKMILL_PRIORITY_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/urgent",
        "TASKMILL_CONTAINER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/boxed",
    }
    with InProcessCloud(modules=["unit_tasks"], environment=environment) as cloud:
        urls = {name: environment.get(f"TASKMILL_{name.upper()}_QUEUE_URL") for name in LANES}
        records = []
        for number, (name, url) in enumerate(urls.items()):
            held_until = cloud.now + (number + 1) * 60_000
            key = held(cloud, lease_until=held_until).key
            cloud.queues.put(url or "queue", "", cloud.now)
            cloud.queues.queues[url or "queue"][0].receipt = f"receipt-{name}"
            arn = f"arn:aws:sqs:us-east-1:1:{(url or 'queue').rpartition('/')[2]}"
            records.append(sqs_record(name, message_body(key)) | {"eventSourceARN": arn})

        answer = work.handler({"Records": records}, cloud.context())

        assert len(answer["batchItemFailures"]) == 3
        hidden = [cloud.queues.queues[url or "queue"][0] for url in urls.values()]
        assert [each.visible_at - cloud.now for each in hidden] == [60_000, 120_000, 180_000]


# Async tasks


@pytest.fixture
def work_cloud(runs: list[Any]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["work_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def runs() -> list[Any]:
    work_tasks.reset()
    return work_tasks.RUNS


def ends(cloud: InProcessCloud, keys: list[TaskKey]) -> list[tuple[str, Any]]:
    """Status and result, or type of error, of these tasks."""
    tasks = [cloud.service.get_task(key=key) for key in keys]
    return [
        (
            str(each.status),
            each.attributes.get("result", each.attributes.get("error", {}).get("type")),
        )
        for each in tasks
    ]


def test_async_tasks_of_one_delivery_run_side_by_side(work_cloud: InProcessCloud) -> None:
    keys = [task(work_cloud, "ten-meet", number) for number in range(10)]

    assert deliver(work_cloud, *keys) == []

    assert ends(work_cloud, keys) == [("COMPLETED", number) for number in range(10)]


def test_no_more_than_ten_of_them_at_a_time(work_cloud: InProcessCloud) -> None:
    keys = [task(work_cloud, "counts-others") for _ in range(25)]

    deliver(work_cloud, *keys)

    beside = [result for _, result in ends(work_cloud, keys)]
    assert 1 < max(beside) <= 10


def test_other_tasks_of_the_delivery_run_as_well(work_cloud: InProcessCloud) -> None:
    kinds = ["note", "counts-others", "note", "counts-others", "awaits-for-ever"]
    keys = [task(work_cloud, kind, number) for number, kind in enumerate(kinds)]

    assert deliver(work_cloud, *keys) == []

    statuses = [status for status, _ in ends(work_cloud, keys)]
    assert statuses == ["COMPLETED"] * 4 + ["FAILED"]
    assert ends(work_cloud, keys)[-1] == ("FAILED", "TaskTimeout")
    assert [each for each in work_tasks.RUNS if each in (0, 2)] == [0, 2]


@contextmanager
def logged(cloud: InProcessCloud) -> Iterator[list[dict[str, Any]]]:
    """The log lines that are written meanwhile."""
    logger, text, lines = cloud.wiring.logger, io.StringIO(), list[dict[str, Any]]()
    handler, level = logging.StreamHandler(text), logger.log_level
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    logger.setLevel("INFO")
    try:
        yield lines
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)
        lines += [json.loads(line) for line in text.getvalue().splitlines()]


def test_every_log_line_has_the_key_of_its_own_task(work_cloud: InProcessCloud) -> None:
    keys = [task(work_cloud, "ten-meet", number) for number in range(10)]

    with logged(work_cloud) as lines:
        deliver(work_cloud, *keys)

    told = {line["value"]: line["key"] for line in lines if line["message"] == "met"}
    assert told == {number: str(key) for number, key in enumerate(keys)}
    (worked,) = [line for line in lines if line["message"] == "worked"]
    assert "key" not in worked


def test_async_tasks_that_lack_the_time_are_handed_back(work_cloud: InProcessCloud) -> None:
    keys = [task(work_cloud, "async-minute", number) for number in range(3)]
    on_queue(work_cloud, "m1", "m2")

    assert deliver(work_cloud, *keys, seconds=62) == ["m1", "m2"]

    assert hidden_seconds(work_cloud) == [0, 0]
    assert work_tasks.RUNS == [0]


def test_a_crash_in_one_of_them_is_the_end_of_the_process(work_cloud: InProcessCloud) -> None:
    keys = [task(work_cloud, kind) for kind in ("counts-others", "async-dies")]

    with pytest.raises(Crash):
        deliver(work_cloud, *keys)

    assert work_cloud.service.get_task(key=keys[1]).status == "STARTED"


def test_what_was_left_behind_can_write_nothing(work_cloud: InProcessCloud) -> None:
    keys = [task(work_cloud, "sleeps-on") for _ in range(2)]
    before = time.monotonic()

    deliver(work_cloud, *keys)

    assert ends(work_cloud, keys) == [("FAILED", "TaskTimeout")] * 2
    calls = work_cloud.meter.calls.total()
    while len(work_tasks.LATER) < 4 and time.monotonic() - before < 10:
        time.sleep(0.01)
    assert work_tasks.LATER == ["ClaimLost"] * 4
    assert work_cloud.meter.calls.total() == calls  # it was not even tried


def test_an_event_loop_that_was_left_behind_ends(work_cloud: InProcessCloud) -> None:
    keys = [task(work_cloud, "awaits-for-ever") for _ in range(3)]

    deliver(work_cloud, *keys)

    assert ends(work_cloud, keys) == [("FAILED", "TaskTimeout")] * 3
    assert len(work_tasks.THREADS) == 3
    for thread in work_tasks.THREADS:
        thread.join(10)
        assert not thread.is_alive()


# Runners


def test_lambda_fails_a_task_that_asks_for_a_container(runs: list[Any]) -> None:
    with InProcessCloud(modules=["work_tasks"], environment={"TASKMILL_RUNNER": "lambda"}) as cloud:
        key = task(cloud, "boxed")
        assert deliver(cloud, key) == []
        failed = cloud.service.get_task(key=key)

    error: Any = failed.attributes["error"]
    assert (failed.status, failed.attempts, error["type"]) == ("FAILED", 1, "WrongRunner")
    assert "`taskmill work`" in error["message"]


def test_a_function_knows_that_it_is_one(runs: list[Any]) -> None:
    inside = {"AWS_LAMBDA_FUNCTION_NAME": "worker"}
    with InProcessCloud(modules=["work_tasks"], environment=inside) as cloud:
        key = task(cloud, "boxed")
        deliver(cloud, key)

        assert ends(cloud, [key]) == [("FAILED", "WrongRunner")]


def test_elsewhere_tasks_run_that_ask_for_a_container(work_cloud: InProcessCloud) -> None:
    key = task(work_cloud, "boxed", 7)

    deliver(work_cloud, key)

    assert ends(work_cloud, [key]) == [("COMPLETED", 7)]


def test_a_runner_that_does_not_exist_is_told() -> None:
    cloud = InProcessCloud(environment={"TASKMILL_RUNNER": "moon"})

    with pytest.raises(InvalidSetting, match="TASKMILL_RUNNER is 'moon': lambda or container"):
        cloud.__enter__()
