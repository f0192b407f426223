"""The process dies between any two calls: every task still comes to its true end."""

from typing import Any

import pytest
from clouds import fan_out, get, outcome, results_stored, statuses, submit

from taskmill.model.statuses import FINAL
from taskmill.testing import Chaos, InProcessCloud


def run_with_crash(
    crash_at: int | None, *, after: bool, chaos: Chaos
) -> tuple[list[Any], int, dict[str, int]]:
    """A task and a fan-out, the process dying at one call; outcome, calls made, results stored."""
    with InProcessCloud(modules=["flow_tasks"], chaos=chaos) as cloud:
        keys = [submit(cloud, "flaky", 1), submit(cloud, "sized", 9_000)]
        keys.append(fan_out(cloud, "odd-fails", range(6), batch_size=2, tolerated_failures=3))
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        ends = [[row[:2] + row[3:] for row in outcome(cloud, key)] for key in keys]
        return ends, calls, dict(results_stored(cloud))


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=5)], ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leads_to_the_same_end(
    runs: list[Any], *, after: bool, chaos: Chaos
) -> None:
    calm, calls, _ = run_with_crash(None, after=after, chaos=chaos)

    for position in range(1, calls + 1):
        ends, _, stored = run_with_crash(position, after=after, chaos=chaos)
        assert ends == calm, f"crash at call {position} of {calls}"
        assert set(stored.values()) == {1}, f"crash at call {position} of {calls}"


def test_a_task_whose_worker_was_killed_is_completed_by_another_attempt(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "dies", 2)

    cloud.run()

    assert (get(cloud, key).status, get(cloud, key).attempts) == ("COMPLETED", 3)
    assert runs == [1, 2, 3]


def test_a_task_that_kills_every_worker_fails_with_its_attempts_spent(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "dies", 99)

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert (get(cloud, key).status, error["type"]) == ("FAILED", "AttemptsSpent")
    assert runs == [1, 2, 3]
    assert len(cloud.alarms) == 1


def test_a_subtask_that_kills_its_worker_fails_and_its_siblings_complete(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    elements = [f"fine {number}" for number in range(10)]
    elements[4] = "killer"
    key = fan_out(cloud, "one-kills", elements, batch_size=10)

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED"] * 4 + ["FAILED"] + ["COMPLETED"] * 5
    error: Any = get(cloud, key.subtask(4)).attributes["error"]
    assert error["type"] == "AttemptsSpent"
    assert get(cloud, key).status == "FAILED"
    assert all(status in FINAL for status in statuses(cloud, key))
    assert [attempt for index, attempt in runs if index == 4][-1] <= 4
