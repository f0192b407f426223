"""What a limit of concurrency costs, in write units and calls; without one, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import limited_tasks
import pytest
from slots import check_rest, submit_all

from taskmill.testing import InProcessCloud
from taskmill.testing.sizes import write_units


class Billed:
    """Write units as DynamoDB bills them: those of a transaction twice."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self.cloud, self.extra = cloud, 0
        self._real = cloud.table.transact_write_items
        cloud.table.transact_write_items = self._transact  # type: ignore[method-assign]

    def _transact(self, **request: Any) -> Any:
        before = len(self.cloud.table.records)
        answer = self._real(**request)
        for each in self.cloud.table.records[before:]:
            images = each["dynamodb"]
            self.extra += write_units(images.get("OldImage"), images.get("NewImage"))
        return answer

    @property
    def units(self) -> int:
        return self.cloud.meter.write_units + self.extra


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["limited_tasks", "flow_tasks"]) as cloud:
        limited_tasks.reset(cloud)
        yield cloud


def cost(cloud: InProcessCloud, task_type: str, count: int) -> tuple[float, float, float]:
    """Write units, calls and calls that read, of each of so many tasks."""
    billed = Billed(cloud)
    cloud.meter.calls.clear()
    submit_all(cloud, task_type, range(count))
    cloud.run()
    check_rest(cloud)
    calls = cloud.meter.calls
    reads = sum(calls[f"dynamodb.{each}"] for each in ("get_item", "batch_get_item", "query"))
    return billed.units / count, calls.total() / count, reads / count


@pytest.mark.parametrize(
    ("task_type", "count", "units", "calls"),
    [
        ("echo", 1, 3, 7),
        ("echo", 10, 3, 2.6),
        ("lim-tenant", 1, 11, 16),  # 4 units to get the slot, 4 to give it back
        ("lim-tenant", 10, 9.2, 9.7),  # they get their slots together
        ("lim-one", 10, 13.7, 12.3),  # nine of ten are parked first: 4 units, and 6 to be let in
    ],
)
def test_what_a_task_costs(
    cloud: InProcessCloud, task_type: str, count: int, units: float, calls: float
) -> None:
    found = cost(cloud, task_type, count)

    assert found[:2] == (units, calls), found
