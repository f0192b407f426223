"""Rate limits: how many attempts start within a time, whatever the queue does."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import paced_tasks
from clouds import TENANT

from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud

SHUFFLED_AND_DOUBLED = Chaos(seed=1, deliveries=2)


def cloud_of(workers: int | None = 20, chaos: Chaos = SHUFFLED_AND_DOUBLED) -> InProcessCloud:
    cloud = InProcessCloud(modules=["paced_tasks"], workers=workers, chaos=chaos)
    paced_tasks.reset(cloud)
    return cloud


def submit_all(cloud: InProcessCloud, task_type: str, inputs: Sequence[Any]) -> list[TaskKey]:
    tasks = [CreateTask(tenant_code=TENANT, task_type=task_type, input=each) for each in inputs]
    return [task.key for task in cloud.service.create_tasks(tasks=tasks)]


def most_in_a_second() -> int:
    """The most attempts that started in any second."""
    times = sorted(at for at, _ in paced_tasks.STARTS)
    return max(sum(begin <= at < begin + 1_000 for at in times) for begin in times)


def all_completed(cloud: InProcessCloud, keys: Sequence[TaskKey]) -> bool:
    return {cloud.wiring.tasks.get(key).status for key in keys} == {Status.COMPLETED}


def test_600_tasks_under_10_a_second_start_within_a_minute_and_never_20_at_once() -> None:
    with cloud_of() as cloud:
        began = cloud.now
        keys = submit_all(cloud, "paced", range(600))
        cloud.run()

        assert all_completed(cloud, keys)
        assert Counter(value for _, value in paced_tasks.STARTS) == dict.fromkeys(range(600), 1)
        last = max(at for at, _ in paced_tasks.STARTS)
        assert 58_000 <= last - began <= 62_000
        # The burst, what the rate gives in a second, and what a message may be late.
        assert most_in_a_second() <= 5 + 2 * 10
