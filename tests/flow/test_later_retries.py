"""Subtasks whose next attempt is far away: the workflow waits for it, and no function does."""

from collections.abc import Iterator
from typing import Any

import later_tasks
import pytest
from clouds import fan_out, get, outcome, results_stored, statuses
from later_tasks import RUNS

from taskmill.model.keys import TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.testing import Chaos, InProcessCloud

HOUR = 3_600_000


class Cloud(InProcessCloud):
    """Notes how long functions slept: time that is billed."""

    slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        super().sleep(seconds)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    RUNS.clear()
    with Cloud(modules=[later_tasks.__name__]) as cloud:
        yield cloud


def batches(cloud: InProcessCloud, key: TaskKey) -> list[BatchRow]:
    parent = cloud.wiring.tasks.get(key)
    found = cloud.wiring.batches.find(parent, range(-(-parent.child_count // parent.batch_size)))  # type: ignore[operator]
    return [each for each in found.values() if isinstance(each, BatchRow)]


def test_a_subtask_is_tried_again_hours_later_and_just_then(cloud: Cloud) -> None:
    began = cloud.now
    key = fan_out(cloud, "hours-later", [2])

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    late = [at - began - due for (_, _, at), due in zip(RUNS, (0, 2 * HOUR, 6 * HOUR), strict=True)]
    assert [attempt for _, attempt, _ in RUNS] == [1, 2, 3]
    assert all(0 <= each <= 1_000 for each in late)


def test_many_wait_side_by_side_and_nobody_is_billed_for_it(cloud: Cloud) -> None:
    began = cloud.now
    key = fan_out(cloud, "hours-later", [2] * 50, batch_size=10)

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED"] * 50
    assert cloud.slept == 0
    assert len(RUNS) == 150
    assert max(at for _, _, at in RUNS) - began < 6 * HOUR + 60_000
    # One invocation of each batch per round of attempts. Each handed the batch back unharmed, and
    # no wait has used up one of the Map's 60 retries: those are for real trouble.
    rows = batches(cloud, key)
    assert [(row.claims, row.released, row.retry) for row in rows] == [(3, 2, 0)] * 5


def test_a_subtask_whose_attempts_are_spent_fails_after_the_last_wait(cloud: Cloud) -> None:
    key = fan_out(cloud, "hours-later", [0, 3])

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED", "FAILED"]
    assert [attempt for index, attempt, _ in RUNS if index == 1] == [1, 2, 3]


def test_retries_that_are_due_within_a_minute_run_as_one_and_none_is_early(cloud: Cloud) -> None:
    key = fan_out(cloud, "some-time-later", [1] * 40, batch_size=40)
    due: dict[int, int] = {}
    for _ in range(100):
        cloud.step()
        due |= {
            row.key.index or 0: row.retry_at
            for row in cloud.wiring.subtasks.read(key, 0, 39)
            if row.retry_at
        }

    cloud.run()

    late = {index: at - due[index] for index, attempt, at in RUNS if attempt == 2}
    assert len(late) == 40
    assert min(late.values()) >= 0
    assert max(late.values()) <= 61_000
    (batch,) = batches(cloud, key)
    assert batch.claims <= 1 + 300 // 60
    assert cloud.slept <= 10 * batch.claims


def test_a_fan_out_cancelled_while_it_waits_ends_at_once(cloud: Cloud) -> None:
    began = cloud.now
    key = fan_out(cloud, "hours-later", [1, 0, 1])
    cloud.advance(seconds=600)

    cloud.service.cancel(key=key)
    cloud.advance(seconds=1)

    counts: Any = get(cloud, key).attributes["counts"]
    assert counts == {"total": 3, "completed": 1, "failed": 0, "cancelled": 2}
    assert cloud.now - began < HOUR
    cloud.run()
    assert len(RUNS) == 3


def run_with(chaos: Chaos, *, crash_at: int | None = None) -> tuple[list[Any], int, set[int]]:
    """What came of a fan-out, how many calls it made, and how often results were stored."""
    RUNS.clear()
    with InProcessCloud(modules=[later_tasks.__name__], chaos=chaos) as cloud:
        key = fan_out(cloud, "hours-later", [1, 2, 0, 3], batch_size=2, tolerated_failures=1)
        cloud.meter.calls.clear()
        cloud.meter.crash_at = crash_at
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        ends = [row[:2] + row[3:] for row in outcome(cloud, key)]
        return ends, calls, set(results_stored(cloud).values())


@pytest.mark.parametrize("seed", range(3))
def test_double_delivery_in_any_order_changes_nothing(seed: int) -> None:
    calm, _, _ = run_with(Chaos())

    assert run_with(Chaos(deliveries=2, seed=seed))[::2] == (calm, {1})


def test_a_crash_at_any_call_leads_to_the_same_end() -> None:
    calm, calls, _ = run_with(Chaos())

    for position in range(1, calls + 1):
        ends, _, stored = run_with(Chaos(), crash_at=position)
        assert (ends, stored) == (calm, {1}), f"crash at call {position} of {calls}"
