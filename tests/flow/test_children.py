"""Tasks that start others and wait for them: suspended without cost, resumed with exact counts."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import Any

import family_tasks
import pytest
from clouds import fan_out, get, result, submit

from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL
from taskmill.models import Task
from taskmill.testing import Chaos, InProcessCloud

MODULES = ["family_tasks"]


@pytest.fixture
def runs() -> list[Any]:
    family_tasks.RUNS.clear()
    return family_tasks.RUNS


@pytest.fixture
def cloud(runs: list[Any]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=MODULES) as cloud:
        yield cloud


def children(cloud: InProcessCloud, key: TaskKey) -> list[Task]:
    return cloud.service.list_children(key=key, limit=2_000)


def statuses(cloud: InProcessCloud, key: TaskKey) -> Counter[str]:
    return Counter(str(each.status) for each in children(cloud, key))


def history(cloud: InProcessCloud, key: TaskKey) -> list[str]:
    return [str(entry.status) for entry in get(cloud, key).history]


def error(cloud: InProcessCloud, key: TaskKey) -> Any:
    return get(cloud, key).attributes["error"]


def test_a_parent_gets_the_results_of_its_children_in_order(cloud: InProcessCloud) -> None:
    key = submit(cloud, "starts-then-waits", 5)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert result(cloud, key) == [0, 10, 20, 30, 40, 50]


def test_children_know_their_parent_their_root_and_their_depth(cloud: InProcessCloud) -> None:
    key = submit(cloud, "dives", 3)

    cloud.run()

    (child,) = children(cloud, key)
    (grandchild,) = children(cloud, child.key)
    assert (child.parent, child.root, child.depth) == (str(key), str(key), 1)
    assert (grandchild.parent, grandchild.root, grandchild.depth) == (str(child.key), str(key), 2)
    assert result(cloud, key) == 3


def test_a_parent_that_waits_passes_through_waiting_and_keeps_its_attempt(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "gathers", 3)

    cloud.run()

    passed = ["CREATED", "QUEUED", "STARTED", "PROCESSING", "WAITING", "STARTED", "COMPLETED"]
    assert history(cloud, key) == passed
    assert get(cloud, key).attempts == 1
    assert runs.count("gathers") == 2


def test_a_suspended_parent_makes_no_calls(cloud: InProcessCloud) -> None:
    key = submit(cloud, "waits-for-slow", 2)
    # The in-process queue holds the children back; until they are due, nothing may happen.
    while get(cloud, key).status != "WAITING" or cloud.stream.pending():
        cloud.step()
    quiet = cloud.meter.calls.total()

    assert not list(cloud.queues.visible("queue"))
    assert cloud.step() is False
    assert cloud.meter.calls.total() == quiet
    cloud.run()
    assert result(cloud, key) == [0, 10]


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=3)], ids=str)
def test_a_thousand_children_in_one_gather_resume_their_parent_a_handful_of_times(
    runs: list[Any], chaos: Chaos
) -> None:
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        key = submit(cloud, "gathers", 1_000)

        cloud.run()

        task = get(cloud, key)
        assert (task.status, result(cloud, key)) == ("COMPLETED", sum(range(1_000)) * 10)
        assert (task.child_count, task.awaited_done, task.awaited_total) == (1_000, 1_000, 1_000)
        assert task.children_completed == 1_000
        assert runs.count("gathers") <= 3
        assert Counter(each for each in runs if each != "gathers") == Counter(
            {("leaf", number): 1 for number in range(1_000)}
        )


def test_waits_one_after_the_other_resume_the_parent_once_each(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "one-by-one", 6)

    cloud.run()

    assert result(cloud, key) == 150
    assert runs.count("one-by-one") == 7
    assert sum(each != "one-by-one" for each in runs) == 6


def test_a_failed_child_fails_its_parent_at_once_when_all_have_ended(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "gathers-broken", [1, -2, 3, -4])

    cloud.run()

    assert get(cloud, key).status == "FAILED"
    assert error(cloud, key)["type"] == "TaskFailed"
    assert "leaf -2 is broken" in error(cloud, key)["message"]
    assert statuses(cloud, key) == {"COMPLETED": 2, "FAILED": 2}
    assert runs.count(("gathers-broken", 1)) == 2  # another attempt would find the same
    assert ("gathers-broken", 2) not in runs


def test_a_failure_that_the_parent_deals_with_does_not_fail_it(cloud: InProcessCloud) -> None:
    key = submit(cloud, "forgives", [1, -2])

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert result(cloud, key) == [10, "leaf -2 is broken"]


@pytest.mark.parametrize(
    ("types", "outcome"),
    [
        (["leaf", "leaf"], "COMPLETED"),
        (["leaf", "broken-leaf"], "FAILED"),
        (["cancels-itself-then-starts", "leaf"], "CANCELLED"),
        (["cancels-itself-then-starts", "broken-leaf"], "FAILED"),
    ],
)
def test_a_parent_that_does_not_wait_is_finished_until_the_last_child_ends(
    cloud: InProcessCloud, types: list[str], outcome: str
) -> None:
    key = submit(cloud, "starts", types)

    cloud.run()

    assert get(cloud, key).status == outcome
    assert history(cloud, key)[-2:] == ["FINISHED", outcome]
    assert get(cloud, key).attributes["result"] == "returned"
    if outcome == "FAILED":
        assert error(cloud, key)["type"] == "ChildrenFailed"


def test_a_fan_out_can_be_a_child(cloud: InProcessCloud) -> None:
    key = submit(cloud, "maps", [1, 2, 3, 4, 5])

    cloud.run()

    (child,) = children(cloud, key)
    assert child.kind == "SFN_TASK"
    assert result(cloud, key)["results"] == [10, 20, 30, 40, 50]
    assert result(cloud, key)["counts"]["completed"] == 5


def test_an_empty_map_gives_nothing_at_once(cloud: InProcessCloud) -> None:
    key = submit(cloud, "maps", [])

    cloud.run()

    assert result(cloud, key)["results"] == []


def test_a_gather_of_nothing_does_not_wait(cloud: InProcessCloud) -> None:
    key = submit(cloud, "gathers", 0)

    cloud.run()

    assert result(cloud, key) == 0
    assert "WAITING" not in history(cloud, key)


def test_large_inputs_and_results_pass_between_parent_and_child(cloud: InProcessCloud) -> None:
    key = submit(cloud, "runs-large", 9_000)

    cloud.run()

    assert result(cloud, key) == 18_000


def test_children_are_named_by_name_where_they_have_one(cloud: InProcessCloud) -> None:
    key = submit(cloud, "names", 3)

    cloud.run()

    assert result(cloud, key) == [0, 10, 20]
    assert {each.name for each in children(cloud, key)} == {"leaf-0", "leaf-1", "leaf-2"}


def test_an_async_task_function_can_wait_for_children(cloud: InProcessCloud) -> None:
    key = submit(cloud, "sums-async", 4)

    cloud.run()

    assert result(cloud, key) == 60


def test_a_chain_deeper_than_32_is_refused_with_the_limit(cloud: InProcessCloud) -> None:
    fine, too_deep = submit(cloud, "dives", 32), submit(cloud, "dives", 33)

    cloud.run()

    assert result(cloud, fine) == 32
    assert get(cloud, too_deep).status == "FAILED"
    assert "at most 32" in error(cloud, too_deep)["message"]


def test_a_function_that_makes_other_calls_each_time_fails_as_not_deterministic(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "changes-its-mind")

    cloud.run()

    assert get(cloud, key).status == "FAILED"
    assert error(cloud, key)["type"] == "NotDeterministic"
    assert "same calls" in error(cloud, key)["message"]
    assert runs.count("changes-its-mind") == 2


def test_code_that_swallows_everything_is_suspended_all_the_same(cloud: InProcessCloud) -> None:
    key = submit(cloud, "swallows")

    cloud.run()

    assert result(cloud, key) == 70


def test_a_parent_that_fails_after_its_children_does_not_run_them_again(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "keeps-failing-after", 2)

    cloud.run()

    assert (get(cloud, key).status, get(cloud, key).attempts) == ("COMPLETED", 3)
    assert sorted(runs) == [("leaf", 0), ("leaf", 1), ("leaf", 2)]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"priority": "asap"}, "priority"),
        ({"delay_seconds": -5}, "delay_seconds"),
        ({"delay_seconds": 10**9}, "delay_seconds"),
        ({"name": "a/b"}, "name"),
        ({"name": "n" * 41}, "name"),
    ],
)
def test_a_child_that_can_never_be_is_refused_with_the_option_named(
    cloud: InProcessCloud, options: dict[str, Any], field: str
) -> None:
    key = submit(cloud, "starts-with", options)

    cloud.run()

    assert field in error(cloud, key)["message"]
    assert children(cloud, key) == []


def test_an_async_caller_can_drive_the_cloud(cloud: InProcessCloud) -> None:
    async def waits() -> Any:
        key = submit(cloud, "sums-async", 2)
        cloud.run()
        return result(cloud, key), await family_tasks.sums_async.submit(
            3, tenant="mbc"
        ).wait_async()

    assert asyncio.run(waits()) == (10, 30)


def test_a_subtask_cannot_start_others(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "subtask-starts", [1])

    cloud.run()

    assert "only single tasks can start others" in str(error(cloud, key.subtask(0)))


def test_a_retried_parent_runs_only_the_children_that_failed(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "gathers-mends", 3)
    runs.extend([("mends", 0), ("mends", 2)])  # these two have failed before
    cloud.run()
    assert get(cloud, key).status == "FAILED"

    cloud.service.retry(key=key)
    cloud.run()

    assert (get(cloud, key).status, result(cloud, key)) == ("COMPLETED", 3)
    assert Counter(runs) == {("mends", 0): 2, ("mends", 1): 2, ("mends", 2): 2}
    assert [each.run for each in children(cloud, key)] == [1, 2, 1]


def test_a_retried_parent_that_does_not_wait_ends_with_the_children_that_ran_again(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "starts", ["leaf", "mends", "leaf"])
    cloud.run()
    assert get(cloud, key).status == "FAILED"

    cloud.service.retry(key=key)
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert sorted(runs) == [("leaf", 0), ("leaf", 2), ("mends", 1), ("mends", 1)]


@pytest.mark.parametrize(("last", "outcome"), [("leaf", "COMPLETED"), ("broken-leaf", "FAILED")])
def test_only_failures_that_the_parent_did_not_deal_with_count_against_it(
    cloud: InProcessCloud, last: str, outcome: str
) -> None:
    key = submit(cloud, "forgives-then-starts", last)

    cloud.run()

    assert history(cloud, key)[-2:] == ["FINISHED", outcome]
    assert statuses(cloud, key)["FAILED"] == (1 if outcome == "COMPLETED" else 2)


def test_a_child_that_is_retried_while_its_parent_waits_is_waited_for(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "gathers-late", None)
    while not any(each.status == "FAILED" for each in children_or_none(cloud, key)):
        cloud.step()
    while cloud.stream.pending():
        cloud.step()
    failed = next(each for each in children(cloud, key) if each.status == "FAILED")
    assert get(cloud, key).children_failed == 1

    cloud.service.retry(key=failed.key)
    assert get(cloud, key).children_failed == 0
    cloud.run()

    assert (get(cloud, key).status, result(cloud, key)) == ("COMPLETED", [1, 50])


def children_or_none(cloud: InProcessCloud, key: TaskKey) -> list[Task]:
    return children(cloud, key) if get(cloud, key).child_count else []


@pytest.mark.parametrize("task_type", ["waits-for-slow", "gathers-slow-trees"])
def test_cancelling_a_parent_cancels_what_it_started(
    cloud: InProcessCloud, runs: list[Any], task_type: str
) -> None:
    key = submit(cloud, task_type, 3)
    while get(cloud, key).status != "WAITING" or cloud.stream.pending():
        cloud.step()

    cloud.service.cancel(key=key)
    cloud.run()

    assert get(cloud, key).status == "CANCELLED"
    assert statuses(cloud, key) == {"CANCELLED": 3}
    for child in children(cloud, key):
        assert all(each.status == "CANCELLED" for each in children(cloud, child.key))
    assert not [each for each in runs if each[0] == "leaf"]


def test_what_a_task_starts_while_it_is_cancelled_is_cancelled_too(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "cancels-itself-then-starts", 3)

    cloud.run()

    assert get(cloud, key).status == "CANCELLED"
    assert all(each.status in FINAL for each in children(cloud, key))
    assert ("leaf", 1) not in runs


def test_a_gather_of_a_hundred_costs_a_child_few_calls(cloud: InProcessCloud) -> None:
    submit(cloud, "gathers", 100)

    cloud.run()

    # 4 writes of a child's own, its mark in a transaction; the parent's part is shared.
    assert cloud.meter.writes / 100 <= 5.4
    assert cloud.meter.calls.total() / 100 <= 3.0
