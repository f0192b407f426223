"""High and urgent tasks have a queue of their own, and workers of their own to drain it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import family_tasks
import pytest
from clouds import TENANT, get, submit

from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud

CALM = Chaos()
LANES = {
    "TASKMILL_PRIORITY_QUEUE_URL": "priority",
    "TASKMILL_PRIORITY_QUEUE_ARN": "arn:priority",
}


@pytest.fixture
def runs() -> list[Any]:
    family_tasks.RUNS.clear()
    return family_tasks.RUNS


@contextmanager
def crowd(size: int, chaos: Chaos = CALM) -> Iterator[InProcessCloud]:
    """A cloud with so many normal tasks on its queue."""
    with InProcessCloud(modules=["family_tasks"], environment=LANES, chaos=chaos) as cloud:
        tasks = [CreateTask(tenant_code=TENANT, task_type="leaf", input=n) for n in range(size)]
        cloud.service.create_tasks(tasks=tasks)
        while cloud.stream.pending():  # all of them are sent before anything runs
            cloud.deliver_records()
        yield cloud


@pytest.mark.parametrize(
    ("priority", "chaos"), [("urgent", CALM), ("high", Chaos(seed=1))], ids=str
)
def test_an_urgent_task_behind_5000_normal_ones_starts_within_the_next_few_messages(
    runs: list[Any], priority: str, chaos: Chaos
) -> None:
    with crowd(5_000, chaos) as cloud:
        key = submit(cloud, "leaf", -1, priority=priority)

        assert run_until_started(cloud, runs, give_up_after=500) <= 50
        assert get(cloud, key).priority == priority


def test_a_task_of_low_priority_waits_for_its_turn(runs: list[Any]) -> None:
    with crowd(300) as cloud:
        submit(cloud, "leaf", -1, priority="low")

        assert run_until_started(cloud, runs, give_up_after=300) == 300


def run_until_started(cloud: InProcessCloud, runs: list[Any], *, give_up_after: int) -> int:
    """How many of the crowd ran before the task did."""
    while ("leaf", -1) not in runs and len(runs) < give_up_after:
        cloud.step()
    return runs.index(("leaf", -1)) if ("leaf", -1) in runs else len(runs)


def test_children_and_callbacks_inherit_the_priority(runs: list[Any]) -> None:
    with InProcessCloud(modules=["family_tasks"], environment=LANES) as cloud:
        key = submit(cloud, "gathers", 2, priority="urgent", on_success="hears")

        cloud.run()

        assert get(cloud, key).status is Status.COMPLETED
        children = cloud.service.list_children(key=key)
        assert {(each.type, each.priority) for each in children} == {
            ("leaf", "urgent"),
            ("hears", "urgent"),
        }
