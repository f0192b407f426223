"""Two tenants on one worker: whatever one's tasks do, the other's end as if they were alone."""

import logging
import os
import random
import signal
import warnings
from pathlib import Path
from typing import Any

import hostile_tasks
import pytest
from clouds import get

from taskmill.model.keys import TaskKey
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud

VISIBILITY_MS = 330_000  # of the stack's work queue: the worker's timeout and 30 s
KILLERS = 8
RUNNERS: list[dict[str, str]] = [{}, {"TASKMILL_RUNNER": "container"}]


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    hostile_tasks.SEEN.clear()


def submitted(cloud: InProcessCloud, tenant: str, task_type: str, value: Any) -> TaskKey:
    task = CreateTask(tenant_code=tenant, task_type=task_type, input=value)
    return cloud.service.create_task(task=task).key


def hostile_ones() -> list[tuple[str, str, Any]]:
    kinds = ["hostile", "hostile-async"]
    hows = [*hostile_tasks.HOWS] * 5
    found = [("hostile-inc", kind, how) for how in hows for kind in kinds][: 100 - KILLERS - 1]
    killers = [("hostile-inc", "hostile", "kills")] * KILLERS
    return [*found, *killers, ("hostile-inc", "hostile-hangs", None)]


def peaceful_ones() -> list[tuple[str, str, Any]]:
    kinds = ["peaceful", "peaceful", "peaceful", "peaceful-async"]
    return [("peaceful-inc", kinds[number % 4], number) for number in range(100)]


def play(tasks: list[tuple[str, str, Any]], chaos: Chaos, runner: dict[str, str]) -> dict[Any, Any]:
    """What became of each task, by its tenant, type and input, with when it ended."""
    with InProcessCloud(modules=["hostile_tasks"], chaos=chaos, environment=runner) as cloud:
        began = cloud.now
        mixed = random.Random(chaos.seed).sample(tasks, len(tasks))  # noqa: S311
        keys = [(each, submitted(cloud, *each)) for each in mixed]
        cloud.run()
        rows = [(each, get(cloud, key)) for each, key in keys]
        return {
            (*each, number): (row, row.updated_at.timestamp() * 1000 - began)
            for number, (each, row) in enumerate(rows)
        }


@pytest.mark.parametrize("runner", RUNNERS, ids=["lambda", "consumer"])
@pytest.mark.parametrize("chaos", [Chaos(seed=1), Chaos(deliveries=2, seed=2)], ids=str)
def test_what_one_tenant_does_changes_nothing_for_the_other(
    chaos: Chaos, runner: dict[str, str]
) -> None:
    before = process_state()
    ends = play(hostile_ones() + peaceful_ones(), chaos, runner)

    mine = [(row, took) for (tenant, *_), (row, took) in ends.items() if tenant == "peaceful-inc"]
    assert len(mine) == 100
    for row, took in mine:
        assert (row.status, row.attributes["result"]) == ("COMPLETED", row.input * 2)
        assert row.attempts <= 2  # one beside a killer, if any
        assert took <= (1 + KILLERS) * VISIBILITY_MS
    assert len(hostile_tasks.SEEN) >= 100
    assert not [each for each in hostile_tasks.SEEN if "secret" in each["keys"]]
    # Those that ran beside a leaking one in other threads may have seen what it did; none after it.
    assert process_state() == before


def process_state() -> list[object]:
    level, alarm = logging.getLogger().level, signal.getsignal(signal.SIGALRM)
    return [os.environ.get("LEAKED"), Path.cwd(), level, alarm, list(warnings.filters)]


@pytest.mark.parametrize("runner", RUNNERS, ids=["lambda", "consumer"])
def test_each_of_the_other_ends_with_its_own_error(runner: dict[str, str]) -> None:
    ends = play(hostile_ones() + peaceful_ones(), Chaos(seed=3), runner)

    told = {
        (how, kind, row.status, (row.attributes.get("error") or {}).get("type"))
        for (tenant, kind, how, _), (row, _) in ends.items()
        if tenant == "hostile-inc" and how not in ("leaks", "kills", None)
    }
    assert {status for _, _, status, _ in told} == {"FAILED"}
    by_how = {how: {error for each, _, _, error in told if each == how} for how, *_ in told}
    assert by_how == {
        "raises": {"ValueError"},
        "aborts in a group": {"Abort"},
        "exits": {"SystemExit"},
        "interrupts": {"KeyboardInterrupt"},
        "cancels": {"CancelledError"},
        "generator exit": {"GeneratorExit"},
        "is odd": {"Odd"},
        "recurses": {"RecursionError"},
        "odd result": {"InvalidResult"},
    }
