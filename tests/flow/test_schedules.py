"""Later and repeated work, in virtual time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schedule_tasks
from clouds import TENANT, get, submit

from taskmill.model.clock import to_datetime
from taskmill.models import Task
from taskmill.schedule_models import Schedule
from taskmill.testing import Chaos, InProcessCloud

HOUR = 3_600


@pytest.fixture
def ran() -> list[tuple[Any, int]]:
    """What ran, and when."""
    schedule_tasks.RAN.clear()
    return schedule_tasks.RAN


@pytest.fixture
def cloud(ran: list[object]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["schedule_tasks"]) as cloud:
        yield cloud


def put(cloud: InProcessCloud, expression: str, **fields: Any) -> Schedule:
    known = {"tenant_code": TENANT, "name": "nightly", "task_type": "timed-note", **fields}
    return cloud.service.schedule(expression=expression, **known)


def tasks(cloud: InProcessCloud) -> list[Task]:
    """The tenant's tasks, the oldest first."""
    return list(cloud.service.list_items_by_pk(tenant_code=TENANT).items)[::-1]


def times(ran: list[tuple[Any, int]]) -> list[str]:
    return [f"{to_datetime(at):%d %H:%M}" for _, at in ran]


def at(cloud: InProcessCloud, moment: str) -> None:
    """Set the clock."""
    cloud.now = round(datetime.fromisoformat(moment).timestamp() * 1000)


# One-time: beyond what a queue can hold back


@pytest.mark.parametrize("seconds", [600, 2 * HOUR], ids=["by the queue", "by a schedule"])
@pytest.mark.parametrize("deliveries", [1, 3])
def test_a_delayed_task_runs_once_and_not_early(
    ran: list[tuple[Any, int]], seconds: int, deliveries: int
) -> None:
    with InProcessCloud(modules=["schedule_tasks"], chaos=Chaos(deliveries=deliveries)) as cloud:
        due = cloud.now + seconds * 1000
        key = submit(cloud, "timed-note", "later", delay_seconds=seconds)

        cloud.run_until(due - 1)
        assert (get(cloud, key).status, ran) == ("SCHEDULED", [])
        cloud.run()

        assert get(cloud, key).status == "COMPLETED"
        assert len(cloud.schedules.names) == (seconds > 900)
    ((value, when),) = ran
    assert value == "later"
    assert due <= when < due + 1_000


def test_a_retry_after_an_hour_comes_after_an_hour(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    key, began = submit(cloud, "hourly-retry", 2), cloud.now

    cloud.advance(seconds=HOUR - 1)
    assert (get(cloud, key).status, len(ran)) == ("ERRORED", 1)
    cloud.run()

    assert (get(cloud, key).status, get(cloud, key).attempts) == ("COMPLETED", 3)
    assert [attempt for attempt, _ in ran] == [1, 2, 3]
    for number, (_, when) in enumerate(ran):
        assert number * HOUR * 1000 <= when - began < number * (HOUR + 1) * 1000 + 1
    assert len(cloud.schedules.names) == 2


def test_a_cancelled_task_does_not_run_when_its_time_comes(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    key = submit(cloud, "timed-note", "never", delay_seconds=2 * HOUR)
    cloud.advance(seconds=HOUR)

    cloud.service.cancel(key=key)
    cloud.run()

    assert (get(cloud, key).status, ran) == ("CANCELLED", [])
    assert cloud.queues.visible("queue") == []


def test_a_cancelled_task_does_not_run_its_next_attempt(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    key = submit(cloud, "hourly-retry", 2)
    cloud.advance(seconds=60)

    cloud.service.cancel(key=key)
    cloud.run()

    assert get(cloud, key).status == "CANCELLED"
    assert len(ran) == 1


def test_a_delayed_task_comes_by_the_queue_of_its_priority(ran: list[tuple[Any, int]]) -> None:
    own = {"TASKMILL_PRIORITY_QUEUE_URL": "urgent", "TASKMILL_PRIORITY_QUEUE_ARN": "arn:urgent"}
    with InProcessCloud(modules=["schedule_tasks"], environment=own) as cloud:
        submit(cloud, "timed-note", "urgent", delay_seconds=2 * HOUR, priority="urgent")
        submit(cloud, "timed-note", "usual", delay_seconds=2 * HOUR)
        cloud.advance(seconds=60)

        assert [len(cloud.queues.queues[name]) for name in ("urgent", "queue")] == [1, 1]
        cloud.run()

    assert [value for value, _ in ran] == ["urgent", "usual"]


# Recurring


def test_a_schedule_submits_at_its_times(cloud: InProcessCloud, ran: list[tuple[Any, int]]) -> None:
    at(cloud, "2026-05-01T12:00:30Z")
    put(cloud, "cron(0 6,18 * * ? *)", input={"year": 2026})

    cloud.run_until(datetime(2026, 5, 3, 6, tzinfo=UTC))

    assert times(ran) == ["01 18:00", "02 06:00", "02 18:00", "03 06:00"]
    assert [value for value, _ in ran] == [{"year": 2026}] * 4
    assert {(str(each.status), each.schedule) for each in tasks(cloud)} == {
        ("COMPLETED", "nightly")
    }
    assert cloud.now == round(datetime(2026, 5, 3, 6, tzinfo=UTC).timestamp() * 1000)


def test_a_rate_begins_after_its_first_period(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    at(cloud, "2026-05-01T12:00:30Z")
    put(cloud, "rate(20 minutes)")

    cloud.advance(seconds=HOUR)

    assert times(ran) == ["01 12:20", "01 12:40", "01 13:00"]


def test_a_cron_goes_by_the_clocks_of_its_time_zone(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    at(cloud, "2026-03-28T00:00:00Z")
    put(cloud, "cron(30 2 * * ? *)", timezone="Europe/Berlin")

    cloud.run_until(datetime(2026, 3, 31, tzinfo=UTC))

    # On the 29th there was no half past two; from then on it is an hour earlier.
    assert times(ran) == ["28 01:30", "30 00:30"]


def test_an_hour_that_clocks_show_twice_fires_once(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    at(cloud, "2026-10-24T00:00:00Z")
    put(cloud, "cron(30 2 * * ? *)", timezone="Europe/Berlin")

    cloud.advance(seconds=3 * 24 * HOUR)

    assert times(ran) == ["24 00:30", "25 00:30", "26 01:30"]


def test_a_schedule_does_not_keep_a_run_from_coming_to_rest(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    put(cloud, "rate(1 minute)")
    submit(cloud, "timed-note", "single", delay_seconds=HOUR)

    cloud.run()

    assert [value for value, _ in ran] == ["single"]


def test_what_was_due_while_a_run_let_time_pass_is_not_made_up_for(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    put(cloud, "rate(1 minute)")
    submit(cloud, "timed-note", "single", delay_seconds=HOUR)
    cloud.run()

    cloud.advance(seconds=60)

    assert [value for value, _ in ran] == ["single", None]


def test_a_fire_while_a_task_takes_its_time_is_not_lost(cloud: InProcessCloud) -> None:
    put(cloud, "rate(1 minute)", task_type="timed-nap", input=90)

    cloud.advance(seconds=301)

    assert len(tasks(cloud)) >= 5
    assert {str(each.status) for each in tasks(cloud)} == {"COMPLETED"}


def test_everything_due_happens_in_order(cloud: InProcessCloud, ran: list[tuple[Any, int]]) -> None:
    at(cloud, "2026-05-01T12:00:00Z")
    put(cloud, "rate(1 hour)", input="hourly")
    put(cloud, "cron(30 * * * ? *)", name="other", input="half past")
    submit(cloud, "timed-note", "delayed", delay_seconds=45 * 60)
    submit(cloud, "timed-note", "far", delay_seconds=75 * 60)

    cloud.advance(seconds=2 * HOUR)

    assert [value for value, _ in ran] == [
        "half past",
        "delayed",
        "hourly",
        "far",
        "half past",
        "hourly",
    ]
    assert times(ran) == [
        "01 12:30",
        "01 12:45",
        "01 13:00",
        "01 13:15",
        "01 13:30",
        "01 14:00",
    ]


def test_a_paused_schedule_does_not_fire_until_it_is_resumed(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    at(cloud, "2026-05-01T12:00:00Z")
    put(cloud, "rate(1 hour)", paused=True)
    cloud.advance(seconds=3 * HOUR)
    assert ran == []
    assert cloud.schedules.next_due(after=cloud.now) is None  # nor does EventBridge try

    cloud.service.resume_schedule(tenant_code=TENANT, name="nightly")
    cloud.advance(seconds=2 * HOUR)
    assert times(ran) == ["01 16:00", "01 17:00"]

    cloud.service.pause_schedule(tenant_code=TENANT, name="nightly")
    cloud.advance(seconds=3 * HOUR)
    assert len(ran) == 2


def test_a_fire_that_is_under_way_when_its_schedule_is_paused_is_dropped(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    put(cloud, "rate(1 hour)")
    cloud.run()
    cloud.now += HOUR * 1000
    cloud.schedules.fire(cloud.schedules.next_due(after=0) or 0)

    cloud.service.pause_schedule(tenant_code=TENANT, name="nightly")
    cloud.run()

    assert ran == []


def test_a_deleted_schedule_fires_no_more_and_a_new_one_of_its_name_does(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    put(cloud, "rate(1 hour)", input="old")
    cloud.advance(seconds=HOUR)
    cloud.service.delete_schedule(tenant_code=TENANT, name="nightly")
    cloud.advance(seconds=5 * HOUR)
    assert [value for value, _ in ran] == ["old"]

    put(cloud, "rate(1 hour)", input="new")
    cloud.advance(seconds=HOUR)
    assert [value for value, _ in ran] == ["old", "new"]


def test_a_replaced_schedule_fires_at_its_new_times_with_its_new_input(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    at(cloud, "2026-05-01T12:00:00Z")
    put(cloud, "rate(1 hour)", input="old")
    cloud.advance(seconds=HOUR)

    put(cloud, "rate(30 minutes)", input="new")
    cloud.advance(seconds=HOUR)

    assert times(ran) == ["01 13:00", "01 13:30", "01 14:00"]
    assert [value for value, _ in ran] == ["old", "new", "new"]


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_delivering_everything_again_and_in_any_order_submits_once(
    ran: list[tuple[Any, int]], seed: int | None
) -> None:
    with InProcessCloud(modules=["schedule_tasks"], chaos=Chaos(deliveries=3, seed=seed)) as cloud:
        put(cloud, "rate(10 minutes)")

        cloud.advance(seconds=HOUR)

        assert [str(each.status) for each in tasks(cloud)] == ["COMPLETED"] * 6
    assert len(ran) == 6


def fired_with_crash(crash_at: int | None, *, after: bool) -> tuple[list[Any], int]:
    """What became of three fires of a schedule, the process dying at one call; calls made."""
    schedule_tasks.RAN.clear()
    with InProcessCloud(modules=["schedule_tasks"]) as cloud:
        at(cloud, "2026-05-01T12:00:00Z")
        put(cloud, "rate(1 hour)", input="x" * 1_000)
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        cloud.advance(seconds=3 * HOUR)
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        return [(each.code, str(each.status), each.schedule) for each in tasks(cloud)], calls


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leaves_one_task_a_fire(
    ran: list[tuple[Any, int]], *, after: bool
) -> None:
    calm, calls = fired_with_crash(None, after=after)
    assert len(calm) == 3

    for position in range(1, calls + 1):
        ends, _ = fired_with_crash(position, after=after)
        assert ends == calm, f"crash at call {position} of {calls}"


def test_a_fire_that_finds_the_table_busy_comes_again(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    put(cloud, "rate(1 hour)")
    cloud.run()
    real, refusals = cloud.wiring.fires.tasks.put, iter([True, True])

    def put_or_refuse(row: Any) -> None:
        if next(refusals, False):
            raise ConnectionError("no answer")
        real(row)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud.wiring.fires.tasks, "put", put_or_refuse)
        cloud.advance(seconds=HOUR + 60)

    assert len(ran) == 1


def test_time_passes_just_as_far_as_it_is_told_to(cloud: InProcessCloud) -> None:
    began = cloud.now

    cloud.advance(seconds=90.5)
    assert cloud.now == began + 90_500
    cloud.run_until(began)
    assert cloud.now == began + 90_500
    cloud.run_until(began + 91_000)
    assert cloud.now == began + 91_000
    cloud.run_until(datetime.fromtimestamp(began / 1000, UTC) + timedelta(hours=1))
    assert cloud.now == began + HOUR * 1000
