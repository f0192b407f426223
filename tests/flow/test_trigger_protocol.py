"""Triggers under crashes and repeated deliveries: whatever dies, there is one task, and it ends.

A process dies at each of its calls, just before or just after it was made, and the message comes
once or several times; for tasks that the worker runs itself, and for those of other workers.
"""

from typing import Any

import pytest
import trigger_tasks
from clouds import get
from triggered import asked, send

from taskmill.keys import TaskKey
from taskmill.model.keys import Kind
from taskmill.testing import Chaos, InProcessCloud

MOST_CALLS = 8  # of a worker for one trigger; later calls are those of the dispatcher


@pytest.fixture(autouse=True)
def started() -> list[Any]:
    trigger_tasks.STARTED.clear()
    return trigger_tasks.STARTED


def play(
    task_type: str, *, crash_at: int, after: bool, times: int, chaos: Chaos, consumer: bool = False
) -> InProcessCloud:
    """Deliver one event, let a process die at one of the calls, and wait until all is done."""
    environment = {"TASKMILL_RUNNER": "container"} if consumer else {}
    with InProcessCloud(
        modules=["trigger_tasks"], pools={"large": 300}, chaos=chaos, environment=environment
    ) as cloud:
        send(cloud, asked(task_type), times=times)
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        cloud.run()
        cloud.meter.crash_at = None
        task = get(cloud, TaskKey(Kind.TASK, "acme", task_type, "e-1"))
        assert task.status == "COMPLETED"
        assert not any(cloud.queues.of(name).messages for name in ("queue", "pool-large"))
        assert not cloud.queues.of("unreadable").messages
    return cloud


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("crash_at", range(1, MOST_CALLS + 1))
@pytest.mark.parametrize("task_type", ["import-file", "import-in-large", "import-urgently"])
def test_a_process_that_dies_loses_no_trigger_and_doubles_no_task(
    task_type: str, crash_at: int, *, after: bool, times: int, started: list[Any]
) -> None:
    play(task_type, crash_at=crash_at, after=after, times=times, chaos=Chaos())

    assert len(started) <= 2  # the attempt that died, and the one that took over


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("crash_at", range(1, MOST_CALLS + 1))
def test_a_consumer_that_dies_loses_no_trigger(crash_at: int, *, after: bool) -> None:
    play("import-file", crash_at=crash_at, after=after, times=3, chaos=Chaos(), consumer=True)


@pytest.mark.parametrize("seed", range(20))
def test_no_order_of_deliveries_and_lost_answers_doubles_a_task(
    seed: int, started: list[Any]
) -> None:
    chaos = Chaos(deliveries=2, seed=seed, conflicts=0.2, lost_answers=0.2)

    play("import-file", crash_at=0, after=False, times=3, chaos=chaos)

    assert started == [{"name": "a.csv"}]
