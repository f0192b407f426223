"""What one submit may cause: callbacks that map types onto each other end, and somebody is told."""

import json
from collections import Counter
from itertools import permutations
from typing import Any

import pytest
from clouds import TENANT, fan_out, get, submit
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.models import Task
from taskmill.testing import Chaos, InProcessCloud

EVERY_ORDER = [Chaos(), Chaos(deliveries=2, seed=7), Chaos(deliveries=3, seed=1)]


def cloud_of(budget: int | None = None, **options: Any) -> InProcessCloud:
    environment = {} if budget is None else {"TASKMILL_CALLBACK_BUDGET": str(budget)}
    return InProcessCloud(modules=["budget_tasks"], environment=environment, **options)


def register(cloud: InProcessCloud, *pairs: tuple[str, str], event: str = "completion") -> None:
    for task_type, target in pairs:
        cloud.service.register_callback(
            tenant_code=TENANT, task_type=task_type, event=event, callback_type=target
        )


def rows(cloud: InProcessCloud) -> list[TaskRow]:
    """All tasks that were ever stored, as they stand now."""
    keys = {
        (record["dynamodb"]["Keys"]["pk"]["S"], record["dynamodb"]["Keys"]["sk"]["S"])
        for record in cloud.stream.seen
    }
    kinds = ("TASK#", "SFN_TASK#")
    parsed = [TaskKey.from_stored(*key) for key in sorted(keys) if key[0].startswith(kinds)]
    return [cloud.wiring.tasks.get(key) for key in parsed if key.index is None]


def callbacks(cloud: InProcessCloud) -> list[TaskRow]:
    return [row for row in rows(cloud) if row.parent and row.parent_run is None]


def refusal(task: Task) -> Any:
    return task.attributes.get("callbacksRefused")


def alarms(cloud: InProcessCloud) -> list[dict[str, Any]]:
    """Alarms about refused callbacks, repeated deliveries left out."""
    spent = "CallbackBudgetSpent"
    found = [each for each in cloud.alarms if each["content"]["errorDetails"]["type"] == spent]
    return list({each["id"]: each for each in found}.values())


@pytest.mark.parametrize("budget", [1, 7, 150])
@pytest.mark.parametrize("chaos", EVERY_ORDER, ids=str)
def test_six_mappings_and_one_submit_did_not_make_17831_tasks(chaos: Chaos, budget: int) -> None:
    with cloud_of(budget, chaos=chaos) as cloud:
        register(cloud, *permutations("ABC", 2))
        first = submit(cloud, "A")

        cloud.run()

        assert len(callbacks(cloud)) == budget
        assert {row.status for row in rows(cloud)} == {"COMPLETED"}
        assert len(alarms(cloud)) >= 1
        assert "Do they submit each other?" in alarms(cloud)[0]["content"]["errorMessage"]
        assert refusal(get(cloud, first))
        assert not cloud.queues.queues.get("failures")


def test_one_alarm_tells_of_all_that_is_cut_off_below_a_root() -> None:
    with cloud_of(60) as cloud:
        register(cloud, *permutations("ABC", 2))
        first = submit(cloud, "A")
        submit(cloud, "D")  # which has no callbacks

        cloud.run()

        told = [row for row in rows(cloud) if "callbacksRefused" in row.attributes]
        assert len(told) > 20
        (alarm,) = alarms(cloud)
        note = refusal(get(cloud, first))
        assert note["task"] == f"{alarm['pk']}/{alarm['sk']}"
        assert note["reason"] == alarm["content"]["errorMessage"]


def test_a_task_tells_which_of_its_callbacks_were_cut_off() -> None:
    with cloud_of(2) as cloud:
        register(cloud, ("D", "A"), ("D", "B"), ("D", "C"))
        key = submit(cloud, "D")

        cloud.run()

        assert sorted(row.key.type for row in callbacks(cloud)) == ["A", "B"]
        note = refusal(get(cloud, key))
        assert (note["task"], note["count"], note["types"]) == (str(key), 1, ["C"])
        assert "one submitted task may cause 2 callbacks" in note["reason"]


def test_without_a_setting_ten_thousand_callbacks_are_accepted() -> None:
    with cloud_of() as cloud:
        assert cloud.wiring.settings.callback_budget == 10_000


def test_what_is_accepted_costs_no_write() -> None:
    with cloud_of() as cloud:
        register(cloud, ("A", "B"))
        submit(cloud, "A")
        cloud.meter.calls.clear()

        cloud.run()

        plain = cloud.meter.calls["dynamodb.update_item"]
        assert plain == 4  # both are claimed and ended

    with cloud_of(1) as cloud:
        register(cloud, ("A", "B"), ("B", "C"))
        submit(cloud, "A")
        cloud.meter.calls.clear()

        cloud.run()

        assert cloud.meter.calls["dynamodb.update_item"] == plain + 2  # notes of `b`, of its root


# Who inherits it


def test_children_are_not_counted_as_callbacks() -> None:
    with cloud_of(1) as cloud:
        key = submit(cloud, "budget-many", 60)

        cloud.run()

        assert get(cloud, key).children_completed == 60
        assert alarms(cloud) == []


def test_each_of_many_children_has_its_callback() -> None:
    with cloud_of() as cloud:
        register(cloud, ("A", "B"))
        submit(cloud, "budget-many", 250)

        cloud.run()

        assert len(callbacks(cloud)) == 250
        assert alarms(cloud) == []


def test_each_child_of_a_chain_of_children_has_its_callback() -> None:
    with cloud_of() as cloud:
        register(cloud, ("budget-nested", "B"))
        submit(cloud, "budget-nested", 31)

        cloud.run()

        assert len(callbacks(cloud)) == 32
        assert alarms(cloud) == []


@pytest.mark.parametrize("starts", ["budget-one-by-one", "budget-together"])
@pytest.mark.parametrize("chaos", EVERY_ORDER, ids=str)
def test_a_circle_through_children_of_a_callback_ends(chaos: Chaos, starts: str) -> None:
    with cloud_of(40, chaos=chaos) as cloud:
        register(cloud, ("A", starts), ("A", "B"))
        submit(cloud, "A")

        cloud.run()

        assert 5 < len(callbacks(cloud)) <= 40
        assert len(alarms(cloud)) >= 1


def test_a_fan_out_has_the_budget_of_one_task() -> None:
    with cloud_of(9) as cloud:
        register(cloud, *permutations("ABC", 2))
        fan_out(cloud, "A", range(50))

        cloud.run()

        assert len(callbacks(cloud)) == 9


def test_a_retry_by_hand_has_the_whole_budget_again() -> None:
    with cloud_of(5) as cloud:
        register(cloud, ("unheard-of", "A"), *permutations("ABC", 2))
        key = submit(cloud, "unheard-of")
        cloud.run()
        assert len(callbacks(cloud)) == 5

        cloud.service.retry(key=key)
        assert refusal(get(cloud, key)) is None
        cloud.run()

        assert len(callbacks(cloud)) == 10


def test_each_fire_of_a_schedule_has_a_budget_of_its_own() -> None:
    with cloud_of(5) as cloud:
        register(cloud, *permutations("ABC", 2))
        cloud.service.schedule(
            tenant_code=TENANT, name="hourly", task_type="A", expression="rate(1 hour)"
        )

        cloud.advance(seconds=2 * 3_600 + 60)

        by_root = Counter(row.root for row in callbacks(cloud))
        assert list(by_root.values()) == [5, 5]


# Any mappings

TYPES = ("A", "B", "C", "D", "budget-one-by-one", "budget-together", "unheard-of")
pairs = st.tuples(st.sampled_from(TYPES), st.sampled_from(TYPES)).filter(lambda p: p[0] != p[1])
graphs = st.lists(
    st.tuples(pairs, st.sampled_from(["success", "failure", "completion"])), max_size=8
)


def made(graph: Any, first: str, budget: int, chaos: Chaos, crash_at: int | None = None) -> Any:
    """What a submit has caused: the tasks by what is derived, and their number of callbacks."""
    with cloud_of(budget, chaos=chaos) as cloud:
        for (task_type, target), event in graph:
            register(cloud, (task_type, target), event=event)
        submit(cloud, first, code="first")
        cloud.meter.calls.clear()
        cloud.meter.crash_at = crash_at
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        found = {(str(row.key), row.callback_budget, row.status) for row in rows(cloud)}
        told = {
            str(row.key): json.dumps(row.attributes["callbacksRefused"]["types"])
            for row in rows(cloud)
            if row.root and "callbacksRefused" in row.attributes
        }
        return found, told, len(callbacks(cloud)), calls


@settings(max_examples=40, deadline=None)
@given(graph=graphs, first=st.sampled_from(TYPES), budget=st.integers(1, 25), seed=st.integers())
def test_any_mappings_end_within_the_budget_and_the_same_however_delivered(
    graph: Any, first: str, budget: int, seed: int
) -> None:
    found, told, count, _ = made(graph, first, budget, Chaos())

    assert count <= budget
    again = made(graph, first, budget, Chaos(deliveries=2, seed=seed % 1_000))
    assert again[:3] == (found, told, count)


def test_a_crash_at_any_call_cuts_off_the_same() -> None:
    graph = [(pair, "completion") for pair in permutations("ABC", 2)]
    *calm, calls = made(graph, "A", 6, Chaos())

    for position in range(1, calls + 1):
        *found, _ = made(graph, "A", 6, Chaos(), crash_at=position)
        assert found == calm, f"crash at call {position} of {calls}"
