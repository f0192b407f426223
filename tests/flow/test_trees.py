"""Trees of tasks under everything that can go wrong: always the same end, each child once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import family_tasks
import pytest
from clouds import get, submit
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.errors import IllegalStatusChange
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL
from taskmill.models import Task
from taskmill.testing import Chaos, InProcessCloud

MODULES = ["family_tasks"]
Spec = dict[str, Any]


def numbered(spec: Spec, ids: Iterator[int]) -> Spec:
    """The same tree, each node with an id of its own."""
    spec = {**spec, "id": next(ids)}
    return {**spec, "kids": [numbered(kid, ids) for kid in spec["kids"]]}


def leaf(**options: Any) -> Spec:
    return {"mode": "gather", "kids": [], **options}


def tree(cloud: InProcessCloud, key: TaskKey) -> list[Task]:
    """A task and everything below it, in the order of codes."""
    found = [get(cloud, key)]
    for child in cloud.service.list_children(key=key, limit=2_000):
        found += tree(cloud, child.key)
    return found


def ends(cloud: InProcessCloud, key: TaskKey) -> list[Any]:
    """What became of each task of a tree: its status, its result, how many it started."""
    return [
        (
            str(task.key),
            task.status,
            task.attributes.get("result"),
            task.child_count,
        )
        for task in tree(cloud, key)
    ]


def run_with_crash(
    task_type: str, value: Any, crash_at: int | None, *, after: bool, chaos: Chaos
) -> tuple[list[Any], int, Counter[Any]]:
    """A tree, the process dying at one call; its end, the calls made, what was inserted."""
    family_tasks.RUNS.clear()
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        key = submit(cloud, task_type, value, code="tree")
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        inserted = Counter(
            (record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]["Keys"]["sk"]["S"])
            for record in cloud.stream.seen
            if record["eventName"] == "INSERT"
        )
        return ends(cloud, key), calls, inserted


TREES = {
    "gathers": ("gathers", 3),
    "one by one": ("one-by-one", 2),
    "starts": ("starts", ["leaf", "flaky-leaf", "leaf"]),
    "starts, then waits": ("starts-then-waits", 2),
    "maps": ("maps", [1, 2, 3]),
    "a failing child": ("gathers-broken", [1, -2]),
    "two levels": (
        "node",
        {
            "id": 0,
            "mode": "gather",
            "kids": [
                {"id": 1, "mode": "submit", "kids": [leaf(id=2), leaf(id=3, fails=1)]},
                leaf(id=4),
            ],
        },
    ),
}


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("seed", range(8))
def test_conflicts_and_lost_answers_change_no_tree(name: str, seed: int) -> None:
    task_type, value = TREES[name]
    calm, _, _ = run_with_crash(task_type, value, None, after=False, chaos=Chaos())
    chaos = Chaos(deliveries=2, seed=seed, conflicts=0.2, lost_answers=0.2)

    found, _, inserted = run_with_crash(task_type, value, None, after=False, chaos=chaos)

    assert found == calm
    assert set(inserted.values()) == {1}


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=5)], ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("name", TREES)
def test_a_crash_at_any_call_leads_to_the_same_tree(
    name: str, chaos: Chaos, *, after: bool
) -> None:
    task_type, value = TREES[name]
    calm, calls, _ = run_with_crash(task_type, value, None, after=after, chaos=chaos)

    for position in range(1, calls + 1):
        found, _, inserted = run_with_crash(task_type, value, position, after=after, chaos=chaos)
        assert found == calm, f"crash at call {position} of {calls}"
        assert set(inserted.values()) == {1}, f"crash at call {position} of {calls}"


specs = st.recursive(
    st.builds(
        leaf,
        fails=st.sampled_from([0, 0, 0, 1, 3]),
        cancels=st.sampled_from([None, None, None, None, "itself"]),
    ),
    lambda kids: st.builds(
        leaf,
        mode=st.sampled_from(["gather", "run", "submit"]),
        kids=st.lists(kids, max_size=4),
        fails=st.sampled_from([0, 0, 0, 1, 3]),
        forgives=st.booleans(),
        cancels=st.sampled_from([None, None, None, None, None, "itself"]),
    ),
    max_leaves=12,
)
chaos = st.builds(
    Chaos,
    deliveries=st.integers(1, 3),
    seed=st.integers(0, 1_000),
    conflicts=st.sampled_from([0.0, 0.2]),
    lost_answers=st.sampled_from([0.0, 0.2]),
)


def expected(spec: Spec) -> str:
    """How a node ends, by the rule: failed beats cancelled beats completed."""
    if spec.get("cancels"):
        return "CANCELLED"
    kids = [expected(kid) for kid in spec["kids"]]
    waited = spec["mode"] != "submit"
    forgiven = spec["mode"] == "gather" and spec.get("forgives")
    if waited and not forgiven and set(kids) - {"COMPLETED"}:
        return "FAILED"
    if spec.get("fails", 0) >= 3:
        return "FAILED"
    if waited:
        return "COMPLETED"
    return next((each for each in ("FAILED", "CANCELLED") if each in kids), "COMPLETED")


@settings(max_examples=60, deadline=None)
@given(spec=specs, chaos=chaos)
def test_every_tree_ends_as_the_rule_says(spec: Spec, chaos: Chaos) -> None:
    spec = numbered(spec, iter(range(1_000)))
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        key = submit(cloud, "node", spec)

        cloud.run()

        assert get(cloud, key).status == expected(spec)
        for task in tree(cloud, key):
            assert task.status in FINAL
            check_tally(cloud, task)


@settings(max_examples=60, deadline=None)
@given(spec=specs, chaos=chaos, data=st.data())
def test_cancelled_and_retried_at_any_time_every_tree_ends(
    spec: Spec, chaos: Chaos, data: st.DataObject
) -> None:
    spec = numbered(spec, iter(range(1_000)))
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        key = submit(cloud, "node", spec)
        for _ in range(data.draw(st.integers(1, 4), label="interventions")):
            for _ in range(data.draw(st.integers(0, 25), label="steps")):
                cloud.step()
            intervene(cloud, key, data)

        cloud.run()

        for task in tree(cloud, key):
            assert task.status in FINAL, task.key
            check_tally(cloud, task)


def intervene(cloud: InProcessCloud, key: TaskKey, data: st.DataObject) -> None:
    """Somebody cancels a task of the tree, or retries one."""
    tasks = tree(cloud, key)
    task = tasks[data.draw(st.integers(0, len(tasks) - 1), label="which")]
    with suppress(IllegalStatusChange):  # after a lost answer it is done already
        if task.status not in FINAL:
            cloud.service.cancel(key=task.key)
        elif task.status != "COMPLETED":
            cloud.service.retry(key=task.key)


def check_tally(cloud: InProcessCloud, task: Task) -> None:
    """A parent that waited for the last of its children counted each of them once."""
    if task.history[-2:] and [e.status for e in task.history[-2:-1]] != ["FINISHED"]:
        return
    mine = [
        child
        for child in cloud.service.list_children(key=task.key, limit=2_000)
        if cloud.wiring.tasks.get(child.key).parent_run == task.run
    ]
    if task.status == "CANCELLED":
        return  # by hand perhaps: then nobody counts on
    counted = (
        task.children_completed or 0,
        task.children_failed or 0,
        task.children_cancelled or 0,
    )
    assert sum(counted) == len(mine)
