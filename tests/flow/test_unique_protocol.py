"""Keys under crashes, repetitions, delays and crossings: over the real code."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import flow_tasks
import pytest
from clouds import TENANT, get, submit
from interleaving import InterleavedMeter, Interleaving

from taskmill.aws.sqs.protocol import Delivery, message_body
from taskmill.dispatch.repairs import Stuck
from taskmill.errors import Conflict
from taskmill.model.flow_control.holds import Holder, HoldId
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud
from taskmill.testing.clients import Crash

HOLD = HoldId(TENANT, "echo", "e", "k")


def unique(cloud: InProcessCloud, value: Any = None, **options: Any) -> TaskKey:
    code = {"code": options.pop("code")} if "code" in options else {}
    return submit(cloud, "echo", value, unique={"key": "k", **options}, **code)


def holder(cloud: InProcessCloud) -> Holder | None:
    return cloud.wiring.one_at_a_time.holders.get(HOLD)


def row(cloud: InProcessCloud, key: TaskKey) -> TaskRow:
    return cloud.wiring.tasks.get(key)


def begin(cloud: InProcessCloud, key: TaskKey) -> None:
    """As a worker that has the task until the test ends it."""
    cloud.service.update_status(key=key, status="STARTED")


def end(cloud: InProcessCloud, key: TaskKey, status: str = "COMPLETED") -> TaskRow:
    """End a task; its record is not delivered yet."""
    cloud.service.update_status(key=key, status=status)
    return row(cloud, key)


def free(cloud: InProcessCloud, ended: TaskRow) -> None:
    """What the dispatcher does when it gets the record of that end."""
    cloud.wiring.one_at_a_time.free(ended)


# Ends


def test_a_key_is_freed_once_however_often_and_late_the_end_is_told(cloud: InProcessCloud) -> None:
    first = unique(cloud)
    ended = end(cloud, first, "FAILED")
    free(cloud, ended)
    free(cloud, ended)
    assert holder(cloud) is None

    second = unique(cloud)
    free(cloud, ended)
    assert holder(cloud) == Holder(task=second.code, since=row(cloud, second).created_at)


def test_an_end_that_is_told_after_a_retry_leaves_the_key(cloud: InProcessCloud) -> None:
    first = unique(cloud)
    ended = end(cloud, first, "FAILED")
    cloud.service.retry(key=first)

    free(cloud, ended)

    known = holder(cloud)
    assert known is not None
    assert (known.task, known.run) == (first.code, 2)
    assert unique(cloud) == first


def test_a_retry_is_refused_while_another_task_has_the_key(cloud: InProcessCloud) -> None:
    first = unique(cloud)
    end(cloud, first, "FAILED")
    second = unique(cloud)  # though the key was not freed yet

    with pytest.raises(Conflict, match=second.code):
        cloud.service.retry(key=first)
    end(cloud, second)
    assert cloud.service.retry(key=first).status == "CREATED"
    known = holder(cloud)
    assert known is not None
    assert (known.task, known.run) == (first.code, 2)


def test_the_holder_ends_between_the_refusal_and_the_look(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, runs: list[Any]
) -> None:
    first = unique(cloud, 1)
    holders = cloud.wiring.one_at_a_time.holders
    real = holders.get

    def late(hold: HoldId) -> Holder | None:
        cloud.run()
        return real(hold)

    monkeypatch.setattr(holders, "get", late)

    assert unique(cloud, 2) != first
    cloud.run()
    assert runs == [1, 2]


def test_a_key_that_is_held_until_the_start_is_free_with_the_claim(cloud: InProcessCloud) -> None:
    first = unique(cloud, until="start")
    assert unique(cloud, until="start") == first

    begin(cloud, first)
    second = unique(cloud, until="start")

    assert second != first
    free(cloud, end(cloud, first))
    assert unique(cloud, until="start") == second


def test_one_that_has_begun_is_not_replaced(cloud: InProcessCloud) -> None:
    first = unique(cloud)
    begin(cloud, first)

    with pytest.raises(Conflict, match=first.code):
        unique(cloud, on_conflict="replace")
    assert get(cloud, first).status == "STARTED"


# Coalesce


def test_one_runs_and_one_waits_with_the_last_input(cloud: InProcessCloud, runs: list[Any]) -> None:
    first = unique(cloud, 1, on_conflict="coalesce")
    assert unique(cloud, 2, on_conflict="coalesce") == first  # it has not begun: it is the one
    begin(cloud, first)
    waiting = unique(cloud, 3, on_conflict="coalesce")
    large = "x" * 5_000
    for value in (4, large, 5):
        assert unique(cloud, value, on_conflict="coalesce") == waiting
    assert get(cloud, waiting).status == "PARKED"

    end(cloud, first)
    cloud.run()

    assert runs == [5]
    assert get(cloud, waiting).status == "COMPLETED"
    assert holder(cloud) is None


def test_a_cancelled_one_that_waited_makes_room_for_another(cloud: InProcessCloud) -> None:
    first = unique(cloud, on_conflict="coalesce")
    begin(cloud, first)
    waiting = unique(cloud, on_conflict="coalesce")
    cloud.service.cancel(key=waiting)

    other = unique(cloud, on_conflict="coalesce")
    assert other != waiting
    free(cloud, row(cloud, waiting))
    known = holder(cloud)
    assert known is not None
    assert (known.task, known.waits) == (first.code, other.code)
    cloud.service.cancel(key=other)
    free(cloud, row(cloud, other))
    free(cloud, end(cloud, first))
    assert holder(cloud) is None


def test_a_sweep_wakes_who_waits_for_a_key_whose_end_was_never_told(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    first = unique(cloud, 1, on_conflict="coalesce")
    begin(cloud, first)
    waiting = unique(cloud, 2, on_conflict="coalesce")
    gates = cloud.wiring.sweeper.gates

    def sweep() -> int:
        (group,) = gates.groups([Stuck(row(cloud, waiting), "no slot came")])
        return len(gates.repair(group, dry_run=False))

    assert sweep() == 0  # it waits rightly
    end(cloud, first)
    cloud.table.records.clear()
    assert sweep() == 1
    assert get(cloud, waiting).status == "CREATED"
    cloud.run()
    assert runs == [2]


# Crashes


def crashing(cloud: InProcessCloud, call: int, act: Callable[[], object], *, after: bool) -> bool:
    """Whether the process died at this call."""
    cloud.meter.crash_at, cloud.meter.crash_after = cloud.meter.calls.total() + call, after
    try:
        act()
    except Crash:
        return True
    finally:
        cloud.meter.crash_at = None
    return False


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("on_conflict", ["existing", "replace", "coalesce"])
def test_a_submit_that_dies_at_any_call_can_be_repeated(
    cloud: InProcessCloud, runs: list[Any], on_conflict: str, *, after: bool
) -> None:
    died = 0
    for call in range(1, 9):
        unique(cloud, "first")

        def act(code: str = f"c-{call}") -> None:
            unique(cloud, "second", on_conflict=on_conflict, code=code)

        died += crashing(cloud, call, act, after=after)
        with suppress(Conflict):
            act()
        cloud.run()
        assert holder(cloud) is None
        assert set(runs) <= {"first", "second"}
        assert len(runs) == 1
        runs.clear()
    assert died > 1


@pytest.mark.parametrize("after", [False, True])
def test_an_end_that_dies_at_any_call_passes_the_key_on_when_it_is_told_again(
    cloud: InProcessCloud, runs: list[Any], *, after: bool
) -> None:
    died = 0
    for call in range(1, 7):
        first = unique(cloud, 1, on_conflict="coalesce")
        begin(cloud, first)
        waiting = unique(cloud, 2, on_conflict="coalesce")
        ended = end(cloud, first)
        died += crashing(cloud, call, lambda told=ended: free(cloud, told), after=after)
        free(cloud, ended)
        free(cloud, ended)
        cloud.run()
        assert get(cloud, waiting).status == "COMPLETED"
        assert runs == [2]
        assert holder(cloud) is None
        runs.clear()
    assert died > 1


# Crossings


@pytest.fixture
def crossed() -> Iterator[InProcessCloud]:
    flow_tasks.RUNS.clear()
    cloud = InProcessCloud(modules=["flow_tasks"])
    cloud.meter = InterleavedMeter()
    with cloud:
        yield cloud


def cross(cloud: InProcessCloud, seed: int, *actors: Callable[[], object]) -> int:
    """Run actors that change places at their AWS calls; returns how often they did."""
    meter = cloud.meter
    assert isinstance(meter, InterleavedMeter)
    meter.interleaving = Interleaving(seed)
    meter.interleaving.run(*actors)
    switches, meter.interleaving = meter.interleaving.switches, None
    return switches


def test_a_submit_that_meets_the_claim_in_a_thousand_orders(crossed: InProcessCloud) -> None:
    """The last input runs, once; put off or not, nothing is lost and nothing runs twice."""
    cloud = crossed
    put_off = switches = 0
    for seed in range(1_000):
        asked = {"key": f"doc-{seed}", "seconds": 30}
        key = submit(cloud, "echo", "old", debounce=asked)
        cloud.deliver_records()
        due = row(cloud, key).run_at
        assert due is not None
        cloud.now = due
        # The submitter's clock is behind that of the worker, so that both act.
        early = replace(cloud.wiring.one_at_a_time, clock=lambda due=due: due - 500)
        service = replace(cloud.service, one_at_a_time=early)
        task = CreateTask(tenant_code=TENANT, task_type="echo", input="new", debounce=asked)
        stored: list[TaskKey] = []
        delivery = Delivery("m", "r", message_body(key), 1, due)

        switches += cross(
            cloud,
            seed,
            lambda to=service, new=task, keys=stored: keys.append(to.create_task(task=new).key),
            lambda told=delivery: cloud.wiring.message_runner.run(
                told, remaining_ms=lambda: 300_000
            ),
        )
        cloud.run()

        bumped = stored == [key]
        put_off += bumped
        assert (["new"] if bumped else ["old", "new"]) == flow_tasks.RUNS, seed
        flow_tasks.RUNS.clear()
    assert switches > 1_000
    assert 100 < put_off < 900


@pytest.mark.parametrize("policy", ["existing", "replace", "coalesce", "mixed"])
def test_submits_and_ends_in_any_order_leave_no_key_and_no_task(
    crossed: InProcessCloud, policy: str
) -> None:
    cloud = crossed
    known = ("existing", "replace", "coalesce")
    for seed in range(60):
        chance = random.Random(seed)  # noqa: S311  # an order, no secret
        keys: list[TaskKey] = [unique(cloud, 0)]
        if seed % 2:
            begin(cloud, keys[0])

        def one(number: int, chance: random.Random = chance, keys: list[TaskKey] = keys) -> None:
            on_conflict = chance.choice(known) if policy == "mixed" else policy
            with suppress(Conflict):
                keys.append(unique(cloud, number, on_conflict=on_conflict))

        def over(first: TaskKey = keys[0]) -> None:
            with suppress(Conflict):
                free(cloud, end(cloud, first))

        cross(cloud, seed, lambda: one(1), lambda: one(2), lambda: one(3), over)
        cloud.run()

        assert holder(cloud) is None, seed
        assert all(row(cloud, key).ended for key in keys), seed
        if policy == "existing":
            assert len({*keys}) <= 2
        flow_tasks.RUNS.clear()
