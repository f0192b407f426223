"""Callbacks: every end of a task submits what follows from it, once, whatever goes wrong."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import callback_tasks
import pytest
from clouds import TENANT, fan_out, get, result, submit
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.errors import InvalidRequest
from taskmill.handlers import dispatch
from taskmill.model.keys import TaskKey
from taskmill.models import CreateTask, InvokeContext, Task
from taskmill.testing import Chaos, InProcessCloud

MODULES = ["callback_tasks"]
EVENTS = {
    "COMPLETED": {"success", "completion"},
    "FAILED": {"failure", "completion"},
    "CANCELLED": {"completion"},
}
# Task types without code: their tasks fail, which nobody here minds.
ON_ANY = {"on_success": "s", "on_failure": "f", "on_completion": "c"}
TARGETS = {"success": "s", "failure": "f", "completion": "c"}
CHAOS = [Chaos(), Chaos(deliveries=2), Chaos(deliveries=2, seed=7), Chaos(deliveries=3, seed=1)]


@pytest.fixture(autouse=True)
def runs() -> list[Any]:
    callback_tasks.RUNS.clear()
    callback_tasks.FAILED_ONCE.clear()
    return callback_tasks.RUNS


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=MODULES) as cloud:
        yield cloud


def register(cloud: InProcessCloud, task_type: str, event: str, target: str) -> None:
    cloud.service.register_callback(
        tenant_code=TENANT, task_type=task_type, event=event, callback_type=target
    )


def callbacks(cloud: InProcessCloud, key: TaskKey) -> list[Task]:
    """What a task's ends have submitted, of all its runs."""
    children = cloud.service.list_children(key=key)
    return [each for each in children if cloud.wiring.tasks.get(each.key).parent_run is None]


def types(cloud: InProcessCloud, key: TaskKey) -> list[str]:
    return sorted(each.type for each in callbacks(cloud, key))


def cancelled(cloud: InProcessCloud, key: TaskKey) -> TaskKey:
    cloud.service.cancel(key=key)
    return key


def inserted(cloud: InProcessCloud) -> Counter[Any]:
    """How often each row was inserted: from the table's own stream."""
    return Counter(
        json.dumps(record["dynamodb"]["Keys"], sort_keys=True)
        for record in cloud.stream.seen
        if record["eventName"] == "INSERT"
    )


# Every final status

Submit = Callable[..., TaskKey]
ENDS: dict[str, tuple[str, str, Submit]] = {
    "completed": ("COMPLETED", "works", lambda c, **o: submit(c, "works", 1, **o)),
    "failed": ("FAILED", "gives-up", lambda c, **o: submit(c, "gives-up", 1, **o)),
    "cancelled": ("CANCELLED", "works", lambda c, **o: cancelled(c, submit(c, "works", 1, **o))),
    "cancelled before its time": (
        "CANCELLED",
        "works",
        lambda c, **o: cancelled(c, submit(c, "works", 1, delay_seconds=7_200, **o)),
    ),
    "unknown type": ("FAILED", "unheard-of", lambda c, **o: submit(c, "unheard-of", 1, **o)),
    "dead letters": ("FAILED", "kills", lambda c, **o: submit(c, "kills", 1, **o)),
    "fan-out completed": ("COMPLETED", "works", lambda c, **o: fan_out(c, "works", [1, 2], **o)),
    "fan-out of nothing": ("COMPLETED", "works", lambda c, **o: fan_out(c, "works", [], **o)),
    "fan-out failed": ("FAILED", "gives-up", lambda c, **o: fan_out(c, "gives-up", [1, 2], **o)),
    "fan-out cancelled": (
        "CANCELLED",
        "works",
        lambda c, **o: cancelled(c, fan_out(c, "works", [1, 2], **o)),
    ),
    "fan-out of an unknown type": (
        "FAILED",
        "unheard-of",
        lambda c, **o: fan_out(c, "unheard-of", [1, 2], **o),
    ),
    "parent of children": (
        "COMPLETED",
        "has-children",
        lambda c, **o: submit(c, "has-children", 2, **o),
    ),
}


@pytest.mark.parametrize("mapped", [False, True], ids=["from the submit", "mapped"])
@pytest.mark.parametrize("end", ENDS)
def test_every_end_submits_the_callbacks_of_its_events(
    cloud: InProcessCloud, end: str, *, mapped: bool
) -> None:
    status, task_type, start = ENDS[end]
    if mapped:
        for event, target in TARGETS.items():
            register(cloud, task_type, event, target)
    key = start(cloud, **({} if mapped else ON_ANY))

    cloud.run()

    assert get(cloud, key).status == status
    assert types(cloud, key) == sorted(TARGETS[event] for event in EVENTS[status])


def test_a_task_of_dead_letters_tells_its_callback_why(cloud: InProcessCloud) -> None:
    cloud.queues.max_receives = 10  # of 1,000, which would take more attempts than it has
    key = submit(cloud, "kills", 1, on_failure="kept")

    cloud.run()

    (callback,) = callbacks(cloud, key)
    assert result(cloud, callback.key)["attributes"]["error"]["type"] == "DeadLetter"


def test_callbacks_of_a_type_follow_its_tasks(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = submit(cloud, "declares", 1)

    cloud.run()

    assert sorted(runs) == [(each, str(key), "COMPLETED", 1) for each in ("noted", "told")]


def test_subtasks_have_no_callbacks(cloud: InProcessCloud, runs: list[Any]) -> None:
    register(cloud, "works", "completion", "noted")
    key = fan_out(cloud, "works", range(20))

    cloud.run()

    assert runs == [("noted", str(key), "COMPLETED", 1)]


# Once


def ends_with_callbacks(cloud: InProcessCloud) -> list[TaskKey]:
    """Tasks of several ends, each with callbacks from all three places."""
    for task_type in ("works", "gives-up", "mends-by-hand"):
        register(cloud, task_type, "completion", "noted")
    keys = [
        submit(cloud, "works", 1, code="one", on_success="told"),
        submit(cloud, "gives-up", 1, code="two", on_failure=["told", "noted"]),
        cancelled(cloud, submit(cloud, "works", 1, code="three", on_completion="told")),
        fan_out(cloud, "works", [1, 2], code="four", on_success="told"),
    ]
    return [*keys, submit(cloud, "declares", "x" * 3_000, code="five")]  # more than a row takes


EXPECTED_RUNS = {
    (callback, f"{kind}#{TENANT}/{source}", status, 1): 1
    for kind, source, status in (
        ("TASK", "works#one", "COMPLETED"),
        ("TASK", "gives-up#two", "FAILED"),
        ("TASK", "works#three", "CANCELLED"),
        ("SFN_TASK", "works#four", "COMPLETED"),
        ("TASK", "declares#five", "COMPLETED"),
    )
    for callback in ("told", "noted")
}


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
@pytest.mark.parametrize("deliveries", [1, 2, 3])
def test_however_often_things_are_delivered_each_callback_runs_once(
    runs: list[Any], deliveries: int, seed: int | None
) -> None:
    with InProcessCloud(modules=MODULES, chaos=Chaos(deliveries=deliveries, seed=seed)) as cloud:
        keys = ends_with_callbacks(cloud)

        cloud.run()

        assert Counter(runs) == EXPECTED_RUNS
        assert set(inserted(cloud).values()) == {1}
        found = [each for key in keys for each in callbacks(cloud, key)]
        assert [each.status for each in found] == ["COMPLETED"] * 10


def test_three_deliveries_were_three_callbacks(runs: list[Any]) -> None:
    with InProcessCloud(modules=MODULES, chaos=Chaos(deliveries=3)) as cloud:
        key = submit(cloud, "works", 1, on_success="told")

        cloud.run()

    assert runs == [("told", str(key), "COMPLETED", 1)]


def test_a_record_that_comes_again_much_later_submits_nothing(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    keys = ends_with_callbacks(cloud)
    cloud.run()
    before = [callbacks(cloud, key) for key in keys]

    cloud.sleep(3_600)
    cloud.invoke(dispatch.handler, {"Records": list(cloud.stream.seen)})
    cloud.run()

    assert [callbacks(cloud, key) for key in keys] == before
    assert len(runs) == 10


def run_with_crash(crash_at: int | None, *, after: bool, chaos: Chaos) -> tuple[Any, int]:
    """Two ends with two callbacks each, the process dying at one call; what was made, the calls."""
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        register(cloud, "works", "completion", "noted")
        keys = [
            submit(cloud, "declares", "x" * 3_000, code="large"),  # more than a row takes
            cancelled(cloud, submit(cloud, "works", 1, code="small", on_completion="told")),
        ]
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        found = [callbacks(cloud, key) for key in keys]
        ends = [[(str(each.key), each.status) for each in group] for group in found]
        return (ends, set(inserted(cloud).values())), calls


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=5)], ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leads_to_the_same_callbacks(chaos: Chaos, *, after: bool) -> None:
    calm, calls = run_with_crash(None, after=after, chaos=chaos)
    assert [len(group) for group in calm[0]] == [2, 2]
    assert calm[1] == {1}

    for position in range(1, calls + 1):
        found, _ = run_with_crash(position, after=after, chaos=chaos)
        assert found == calm, f"crash at call {position} of {calls}"


def test_a_target_that_is_named_many_times_runs_once(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    register(cloud, "declares", "success", "told")
    register(cloud, "declares", "completion", "told")
    key = submit(cloud, "declares", 1, on_success=["told", "noted"], on_completion="told")

    cloud.run()

    assert sorted(run[0] for run in runs) == ["noted", "told"]
    assert types(cloud, key) == ["noted", "told"]


@pytest.mark.parametrize("chaos", CHAOS, ids=str)
def test_each_run_of_a_retried_task_has_its_callbacks(runs: list[Any], chaos: Chaos) -> None:
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        options = {"on_success": "told", "on_failure": "noted", "on_completion": "c"}
        key = submit(cloud, "mends-by-hand", 1, **options)
        cloud.run()
        assert runs == [("noted", str(key), "FAILED", 1)]

        cloud.service.retry(key=key)
        cloud.run()

        assert runs[1:] == [("told", str(key), "COMPLETED", 2)]
        assert types(cloud, key) == ["c", "c", "noted", "told"]


@pytest.mark.parametrize("chaos", CHAOS, ids=str)
def test_each_run_of_a_retried_fan_out_has_its_callbacks(runs: list[Any], chaos: Chaos) -> None:
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        key = fan_out(cloud, "mends-by-hand", [1, 2], on_completion="told")
        cloud.run()

        cloud.service.retry(key=key)
        cloud.run()

    told = [("told", str(key), "FAILED", 1), ("told", str(key), "COMPLETED", 2)]
    assert runs == told


# Loops


@pytest.mark.parametrize("chaos", CHAOS, ids=str)
def test_a_callback_bound_to_itself_did_not_run_69_times_in_3_seconds(
    runs: list[Any], chaos: Chaos
) -> None:
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        with pytest.raises(InvalidRequest, match="itself") as refused:
            register(cloud, "ping", "completion", "ping")
        assert refused.value.details["field"] == "callbackType"

        # By way of another type it is a loop all the same: it ends, and somebody is told.
        register(cloud, "ping", "completion", "pong")
        register(cloud, "pong", "completion", "ping")
        first = submit(cloud, "ping")
        cloud.run()

        assert [run[0] for run in runs] == ["ping", "pong"] * 16 + ["ping"]
        last = TaskKey.from_text(runs[-1][1])
        assert get(cloud, last).depth == 32
        assert get(cloud, last).root == str(first)
        alarms = {alarm["id"]: alarm for alarm in cloud.alarms}
        (alarm,) = alarms.values()
        assert (alarm["pk"], alarm["sk"]) == (last.pk, last.sk)
        assert alarm["content"]["errorDetails"]["type"] == "TooDeep"
        assert "at most 32" in alarm["content"]["errorMessage"]
        assert not cloud.queues.queues.get("failures")


def test_the_alarm_of_a_loop_is_not_taken_for_that_of_the_failed_task(
    cloud: InProcessCloud,
) -> None:
    register(cloud, "unknown-a", "failure", "unknown-b")
    register(cloud, "unknown-b", "failure", "unknown-a")
    submit(cloud, "unknown-a")

    cloud.run()

    assert len(cloud.alarms) == 33 + 1
    assert len({alarm["id"] for alarm in cloud.alarms}) == 33 + 1


# What a callback is and knows


def test_a_callback_knows_where_it_comes_from(cloud: InProcessCloud) -> None:
    task = CreateTask(
        tenant_code=TENANT, task_type="works", on_success="kept", log_ids={"order": "4711"}
    )
    context = InvokeContext(user="me", source_ip="192.0.2.1", request_id="r-1")
    key = cloud.service.create_task(task=task, invoke_context=context).key

    cloud.run()

    (callback,) = callbacks(cloud, key)
    assert (callback.parent, callback.root, callback.depth) == (str(key), str(key), 1)
    assert (callback.log_ids, callback.created_by) == ({"order": "4711"}, "me")
    assert (callback.created_ip, callback.request_id) == ("192.0.2.1", "r-1")
    assert callback.priority == "high"  # as its type declares
    assert (callback.status, callback.run, callback.attempts) == ("COMPLETED", 1, 1)


@pytest.mark.parametrize("size", [10, 500, 3_000, 50_000])
def test_a_callback_is_told_how_the_task_ended(cloud: InProcessCloud, size: int) -> None:
    value = "é" * size
    key = submit(cloud, "works", value, on_success=["kept", "told"])

    cloud.run()

    callback = next(each for each in callbacks(cloud, key) if each.type == "kept")
    ended, now = result(cloud, callback.key), cloud.wiring.tasks.get(key)
    assert (ended["pk"], ended["sk"], ended["status"]) == (key.pk, key.sk, "COMPLETED")
    assert ended.get("inputRef") == now.input_ref
    assert ended.get("input") == (value if now.input_ref is None else None)
    ref = now.attributes.get("resultRef")
    assert ended["attributes"] == ({"result": value} if ref is None else {"resultRef": ref})


def test_callbacks_of_one_end_share_one_input(cloud: InProcessCloud) -> None:
    submit(cloud, "works", "x" * 580, on_success=["a", "b", "c"])
    cloud.meter.calls.clear()

    cloud.run()

    assert cloud.meter.calls["dynamodb.put_item"] == 1


def test_a_callback_is_not_counted_on_its_source(cloud: InProcessCloud) -> None:
    for event in ("success", "completion"):
        register(cloud, "works", event, "unknown")  # which fails
    key = submit(cloud, "has-children", 3)

    cloud.run()

    parent = get(cloud, key)
    assert (parent.status, parent.child_count) == ("COMPLETED", 3)
    assert (parent.children_completed, parent.children_failed) == (3, None)


def test_the_callback_of_a_cancelled_task_is_not_cancelled_with_its_children(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "starts-slow", on_completion="told")
    while get(cloud, key).status != "FINISHED":
        cloud.step()

    cloud.service.cancel(key=key)
    cloud.run()

    found = {each.type: each.status for each in cloud.service.list_children(key=key)}
    assert found == {"works": "CANCELLED", "told": "COMPLETED"}
    assert runs == [("told", str(key), "CANCELLED", 1)]


def test_children_have_callbacks_too(cloud: InProcessCloud, runs: list[Any]) -> None:
    register(cloud, "works", "success", "told")

    submit(cloud, "has-children", 3)
    cloud.run()

    assert len({run[1] for run in runs}) == len(runs) == 3


def test_a_task_that_runs_here_and_now_has_its_callbacks(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    task = CreateTask(tenant_code=TENANT, task_type="works", on_success="told")
    key = cloud.service.create_task(task=task, execute_now=True).key

    cloud.run()

    assert runs == [("told", str(key), "COMPLETED", 1)]


# Which mappings go for a task


def test_mappings_are_those_of_the_tenant_and_the_type(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    for tenant, task_type in (("other", "works"), (TENANT, "declares"), (TENANT, "work")):
        cloud.service.register_callback(
            tenant_code=tenant, task_type=task_type, event="completion", callback_type="noted"
        )

    submit(cloud, "works")
    cloud.run()

    assert runs == []


def test_a_mapping_goes_for_whatever_is_submitted_after_it(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    submit(cloud, "works")
    cloud.run()

    register(cloud, "works", "success", "told")
    submit(cloud, "works")
    cloud.run()
    assert len(runs) == 1

    cloud.service.delete_callback(tenant_code=TENANT, id="works~success~told")
    submit(cloud, "works")
    cloud.run()
    assert len(runs) == 1


def test_a_mapping_goes_for_what_is_retried_after_it(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "mends-by-hand", 1)
    cloud.run()

    register(cloud, "mends-by-hand", "success", "told")
    cloud.service.retry(key=key)
    cloud.run()

    assert runs == [("told", str(key), "COMPLETED", 2)]


def test_the_mappings_of_a_type_are_read_once_for_a_hundred_tasks(cloud: InProcessCloud) -> None:
    tasks = [CreateTask(tenant_code=TENANT, task_type="works") for _ in range(100)]
    cloud.service.create_tasks(tasks=tasks)

    cloud.run()

    assert cloud.meter.calls["dynamodb.query"] == 1


named = st.sampled_from(["a", "b", "c"])
pairs = st.lists(st.tuples(st.sampled_from(sorted(TARGETS)), named), max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    given_=pairs,
    mapped=pairs,
    end=st.sampled_from(sorted(ENDS)),
    chaos=st.builds(Chaos, deliveries=st.integers(1, 3), seed=st.integers(0, 1_000)),
)
def test_what_follows_from_an_end_is_what_its_events_name(
    given_: list[tuple[str, str]], mapped: list[tuple[str, str]], end: str, chaos: Chaos
) -> None:
    status, task_type, start = ENDS[end]
    with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
        for event, target in mapped:
            register(cloud, task_type, event, target)
        by_event = {
            f"on_{event}": [target for each, target in given_ if each == event] for event in TARGETS
        }
        key = start(cloud, **by_event)

        cloud.run()

        expected = {target for event, target in (*given_, *mapped) if event in EVENTS[status]}
        assert types(cloud, key) == sorted(expected)
        assert set(inserted(cloud).values()) == {1}


def test_no_type_of_taskmills_own_is_a_callback(cloud: InProcessCloud) -> None:
    with pytest.raises(InvalidRequest, match="taskmill's own"):
        register(cloud, "a", "success", "taskmill.bulk")
    for event in ON_ANY:
        with pytest.raises(ValueError, match="taskmill's own"):
            CreateTask(tenant_code=TENANT, task_type="a", **{event: "taskmill.bulk"})


def test_a_type_that_asks_for_one_of_taskmills_own_gets_its_other_callbacks_and_an_alarm(
    cloud: InProcessCloud,
) -> None:
    key = submit(cloud, "callback-asks-ours")
    cloud.run()

    assert types(cloud, key) == ["s"]
    alarms = [json.dumps(each) for each in cloud.alarms]
    assert any("taskmill's own" in each for each in alarms)
