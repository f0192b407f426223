"""Schedules: fires that meet a task of an earlier one, jitter, and backfills."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schedule_tasks
from clouds import TENANT

from taskmill.errors import InvalidRequest
from taskmill.model.clock import to_datetime
from taskmill.models import Task
from taskmill.schedule_models import Schedule
from taskmill.testing import InProcessCloud
from taskmill.work.fires import Fire, Fires

MINUTE = 60_000


@pytest.fixture
def ran() -> list[tuple[Any, int]]:
    schedule_tasks.RAN.clear()
    return schedule_tasks.RAN


@pytest.fixture
def cloud(ran: list[object]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["schedule_tasks"]) as cloud:
        yield cloud


def put(cloud: InProcessCloud, expression: str = "rate(1 minute)", **fields: Any) -> Schedule:
    known = {"tenant_code": TENANT, "name": "often", "task_type": "timed-note", **fields}
    return cloud.service.schedule(expression=expression, **known)


def tasks(cloud: InProcessCloud) -> list[Task]:
    """The tenant's tasks, the oldest first."""
    return list(cloud.service.list_items_by_pk(tenant_code=TENANT).items)[::-1]


def hold(cloud: InProcessCloud) -> Task:
    """Take the first task as an outside worker does, which keeps it for 15 minutes."""
    cloud.advance(seconds=61)
    (task,) = tasks(cloud)
    return task


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch, cloud: InProcessCloud) -> None:
    """No worker runs: tasks stay where the test puts them."""
    monkeypatch.setattr(cloud.wiring.message_runner.runner.__class__, "run", lambda *_, **__: None)


def statuses(cloud: InProcessCloud) -> list[str]:
    return [str(task.status) for task in tasks(cloud)]


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("allow", ["STARTED", "QUEUED", "QUEUED"]),
        ("skip", ["STARTED"]),
        ("one", ["STARTED", "PARKED"]),
        ("cancel", ["CANCELLED", "CANCELLED", "QUEUED"]),
    ],
)
def test_a_fire_meets_the_task_of_an_earlier_one(
    cloud: InProcessCloud, overlap: str, expected: list[str]
) -> None:
    put(cloud, overlap=overlap)
    first = hold(cloud)
    cloud.service.update_status(key=first.key, status="STARTED")

    cloud.advance(seconds=120)

    assert statuses(cloud) == expected


@pytest.mark.usefixtures("outside")
def test_the_one_that_waits_runs_when_the_other_has_ended(cloud: InProcessCloud) -> None:
    put(cloud, overlap="one")
    first = hold(cloud)
    cloud.service.update_status(key=first.key, status="STARTED")
    cloud.advance(seconds=120)

    cloud.service.update_status(key=first.key, status="COMPLETED")
    cloud.deliver_records()
    cloud.deliver_records()

    assert statuses(cloud) == ["COMPLETED", "QUEUED"]


@pytest.mark.usefixtures("outside")
@pytest.mark.parametrize(("overlap", "stored"), [("skip", 1), ("one", 2)])
def test_a_fire_that_was_skipped_is_not_made_up_for_when_its_message_comes_again(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, overlap: str, stored: int
) -> None:
    fires = cloud.wiring.message_runner.fires
    seen, submit = list[Fire](), fires.__class__.submit

    def noted(self: Fires, fire: Fire) -> None:
        seen.append(fire)
        submit(self, fire)

    monkeypatch.setattr(fires.__class__, "submit", noted)
    put(cloud, overlap=overlap)
    first = hold(cloud)
    cloud.service.update_status(key=first.key, status="STARTED")
    cloud.advance(seconds=120)
    for task in tasks(cloud):
        cloud.service.cancel(key=task.key)
        cloud.deliver_records()
    again = list(seen)
    assert len(again) == 3
    for fire in again:
        fires.submit(fire)

    assert len(tasks(cloud)) == stored
    assert {str(task.status) for task in tasks(cloud)} == {"CANCELLED"}
    assert backfill(cloud, 3)[1] == 3 - stored  # who wants them, asks for them


def test_tasks_of_one_time_are_spread_by_jitter(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    due = cloud.now // MINUTE * MINUTE + 2 * MINUTE
    moment = to_datetime(due)
    assert moment is not None
    for number in range(20):
        cron = f"cron({moment.minute} {moment.hour} * * ? *)"
        put(cloud, cron, name=f"s-{number}", jitter_seconds=60)

    cloud.advance(seconds=240)

    starts = [at - due for _, at in ran]
    assert len(starts) == 20
    assert 0 <= min(starts) <= max(starts) <= 62_000
    assert max(starts) - min(starts) > 20_000


def backfill(cloud: InProcessCloud, minutes: int, **options: Any) -> tuple[int, int]:
    now = datetime.fromtimestamp(cloud.now / 1000, UTC)
    since = now - timedelta(minutes=minutes)
    found = cloud.service.backfill(
        tenant_code=TENANT, name="often", since=since, until=now, **options
    )
    return found.count, found.submitted


def test_a_backfill_submits_each_due_time_once(
    cloud: InProcessCloud, ran: list[tuple[Any, int]]
) -> None:
    put(cloud, "cron(* * * * ? *)", paused=True, expires_seconds=600, overlap="skip")

    assert backfill(cloud, 60, dry_run=True) == (60, 0)
    assert backfill(cloud, 60) == (60, 60)
    assert backfill(cloud, 60) == (60, 0)
    assert backfill(cloud, 90) == (90, 30)
    cloud.run()
    assert len(ran) == 90


def test_what_a_fire_has_submitted_is_not_submitted_again(cloud: InProcessCloud) -> None:
    put(cloud)
    cloud.advance(seconds=305)

    assert backfill(cloud, 10) == (5, 0)


def test_more_than_ten_thousand_due_times_are_refused(cloud: InProcessCloud) -> None:
    put(cloud, "cron(* * * * ? *)", paused=True)

    with pytest.raises(InvalidRequest, match="more than 10,000 due times") as refused:
        backfill(cloud, 10_001)
    assert refused.value.details["limit"] == 10_000
    assert backfill(cloud, 10_000, dry_run=True) == (10_000, 0)


def test_a_backfill_is_of_the_past(cloud: InProcessCloud) -> None:
    put(cloud)
    now = datetime.fromtimestamp(cloud.now / 1000, UTC)
    hour = timedelta(hours=1)

    for since, until, told in (
        (now, now + hour, "to is later than now"),
        (now, now - hour, "from is later than to"),
    ):
        with pytest.raises(InvalidRequest, match=told):
            cloud.service.backfill(tenant_code=TENANT, name="often", since=since, until=until)
