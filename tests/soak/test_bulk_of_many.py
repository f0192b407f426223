"""C6 at its size: all of 100,000 are retried or cancelled once, the worker dying at each page.

`make soak` acts on 100,000 rows; other runs on 600. To look at one alone:

    TASKMILL_SOAK=1 .venv/bin/python -m pytest -n 0 -s tests/soak/test_bulk_of_many.py
"""

import os
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bulk_tasks
import pytest
from clouds import TENANT, get, submit

from taskmill.model.api.bulk import BulkCount, BulkFilter, NewBulk
from taskmill.model.api.requests import InvokeContext
from taskmill.model.keys import TaskKey, attention_of
from taskmill.models import Task
from taskmill.testing import InProcessCloud
from taskmill.testing.clients import Crash

COUNT = 100_000 if os.environ.get("TASKMILL_SOAK") else 600
CALLS_A_PAGE = 110  # of AWS: one for each task, and some for the page
LEASE_SECONDS = 200  # after these, another worker may take over


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    bulk_tasks.BROKEN.clear()
    bulk_tasks.BROKEN.add("bulk-fails")
    with InProcessCloud(modules=["bulk_tasks"]) as cloud:
        yield cloud
    bulk_tasks.BROKEN.clear()


def stored(cloud: InProcessCloud, key: TaskKey) -> list[TaskKey]:
    """Store so many rows more that are as this one is."""
    keys = [replace(key, code=f"{number:026d}") for number in range(COUNT - 1)]
    (row,) = (each for each in cloud.table.items() if each["sk"]["S"] == key.stored.sk)

    def item(each: TaskKey) -> dict[str, Any]:
        names = {"pk": each.stored.pk, "sk": each.stored.sk, "code": each.code}
        if "attention" in row:
            names["attention"] = attention_of(each)
        return {**row, **{name: {"S": value} for name, value in names.items()}}

    cloud.table.fill(map(item, keys))
    return [key, *keys]


def asked(cloud: InProcessCloud, action: str, *, dry_run: bool = False) -> Any:
    bulk = NewBulk(action=action, filter=BulkFilter(type="bulk-fails"), dry_run=dry_run)
    alice = InvokeContext(user="arn:aws:iam::123456789012:user/alice")
    return cloud.service.bulk(tenant_code=TENANT, bulk=bulk, invoke_context=alice)


def killed_at_each_page(cloud: InProcessCloud, task: Task) -> int:
    """Run a bulk to its end on workers that die within a page or so each; how many have died."""
    chosen, deaths = random.Random(8), 0  # noqa: S311  # not for secrets
    while (found := get(cloud, task.key)).status != "COMPLETED":
        assert found.status != "FAILED"  # ten may die, if each gets a page further
        cloud.meter.crash_at = cloud.meter.calls.total() + chosen.randint(5, 2 * CALLS_A_PAGE)
        cloud.meter.crash_after = chosen.random() < 0.5
        try:
            cloud.wiring.runner.run(task.key, remaining_ms=lambda: 300_000)
        except Crash:
            deaths += 1
        finally:
            cloud.meter.crash_at = None
        cloud.sleep(LEASE_SECONDS)
    return deaths


def runs(cloud: InProcessCloud, keys: list[TaskKey]) -> Counter[tuple[str, int]]:
    found: Counter[tuple[str, int]] = Counter()
    for start in range(0, len(keys), 1_000):
        rows = cloud.wiring.tasks.find_many(keys[start : start + 1_000])
        found.update((str(row.status), row.run) for row in rows if row is not None)
    return found


def told(cloud: InProcessCloud, action: str, deaths: int, began: float, counting: float) -> None:
    """Print the figures."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(  # noqa: T201  # with -s
        f"\n{action} of {COUNT:,}: counted in {counting:.1f} s, acted in"
        f" {time.monotonic() - began:.0f} s on workers of which {deaths:,} died; {memory} MB"
    )


@pytest.mark.parametrize("action", ["retry", "cancel"])
def test_all_of_very_many_are_met_once(cloud: InProcessCloud, action: str) -> None:
    if action == "retry":
        key = submit(cloud, "bulk-fails", 1)
        cloud.run()
    else:
        key = submit(cloud, "bulk-fails", 1, delay_seconds=3_600)
    keys = stored(cloud, key)
    cloud.advance(seconds=1)
    began = time.monotonic()
    assert isinstance(counted := asked(cloud, action, dry_run=True), BulkCount)
    assert (counted.count, counted.exact) == (COUNT, True)
    counting = time.monotonic() - began

    began = time.monotonic()
    task = asked(cloud, action)
    deaths = killed_at_each_page(cloud, task)

    told(cloud, action, deaths, began, counting)
    assert deaths >= COUNT // (2 * CALLS_A_PAGE)
    wanted = {("CREATED", 2), ("QUEUED", 2)} if action == "retry" else {("CANCELLED", 1)}
    after = runs(cloud, keys)
    assert set(after) <= wanted
    assert after.total() == COUNT
    assert get(cloud, task.key).attributes["result"] == {"acted": COUNT, "skipped": {}}
    marks = {len([h for h in get(cloud, each).history if h.by]) for each in keys[:: COUNT // 500]}
    assert marks == {1}
