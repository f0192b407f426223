"""What the statistics add to the bill: in write units, at a hundred tasks a second and at one."""

from __future__ import annotations

import math

import pytest

from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud
from taskmill.testing.sizes import write_units

WINDOW_SECONDS = 60
SHARDS = 4
RECORDS_AT_MOST = 2_500  # in one delivery: 6 MB
TASKS = 60  # whose records are one delivery here


@pytest.fixture(scope="module")
def cloud() -> InProcessCloud:
    """A cloud that has counted some tasks before, so that its rows are as they will be."""
    cloud = InProcessCloud(modules=["benchmarks.tasks.bench_tasks"])
    with cloud:
        for _ in range(2):
            start = len(cloud.table.records)
            for _ in range(TASKS):
                task = CreateTask(tenant_code="acme", task_type="noop", input=1)
                cloud.service.create_task(task=task)
            cloud.run()
            middle = len(cloud.table.records)
            cloud.count_statistics()
            cloud.spans = (start, middle, len(cloud.table.records))  # type: ignore[attr-defined]
        return cloud


def units(cloud: InProcessCloud, first: int, last: int) -> int:
    images = (record["dynamodb"] for record in cloud.table.records[first:last])
    return sum(write_units(each.get("OldImage"), each.get("NewImage")) for each in images)


@pytest.mark.parametrize(("tasks_a_second", "most"), [(100, 0.01), (10, 0.01), (1, 0.05)])
def test_the_share_of_the_statistics_in_the_write_units(
    cloud: InProcessCloud, tasks_a_second: int, most: float
) -> None:
    """Each window of each shard is one delivery at least, which writes two rows of a type."""
    start, middle, end = cloud.spans  # type: ignore[attr-defined]
    tasks = tasks_a_second * WINDOW_SECONDS
    records = tasks * (middle - start) / TASKS
    deliveries = max(SHARDS, math.ceil(records / RECORDS_AT_MOST))

    added = deliveries * units(cloud, middle, end) / (tasks * units(cloud, start, middle) / TASKS)

    assert 0 < added <= most
