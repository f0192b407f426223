"""Tasks that run in the process that submits them: same rows, no queue, no second run."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from clouds import results_stored
from handle_tasks import (
    RUNS,
    Invoice,
    Order,
    asks_others,
    bill,
    grinds,
    killed,
    much_later,
    runs_another,
    sleeps,
    soon_again,
    untyped,
)

from taskmill import TaskFailed, TaskHandle
from taskmill.errors import IdempotencyConflict, InvalidRequest
from taskmill.models import CreateTask
from taskmill.testing import Chaos, Crash, InProcessCloud

HERE: dict[str, Any] = {"tenant": "mbc", "execute_now": True}


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    RUNS.clear()
    with InProcessCloud(["handle_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def always() -> Iterator[InProcessCloud]:
    """A process that is configured to run its tasks itself."""
    RUNS.clear()
    settings = {"TASKMILL_EXECUTE_NOW": "true", "TASKMILL_TENANT": "mbc"}
    with InProcessCloud(["handle_tasks"], environment=settings) as cloud:
        yield cloud


def statuses(handle: TaskHandle) -> list[str]:
    return [str(entry.status) for entry in handle.task().history]


def test_the_task_has_ended_when_submit_returns(cloud: InProcessCloud) -> None:
    handle = bill.submit(Order(number=2), **HERE)

    assert handle.result() == Invoice(2, 200)
    assert statuses(handle) == ["CREATED", "STARTED", "COMPLETED"]
    assert not cloud.queues.queues


def test_nothing_runs_again_and_the_same_is_announced(cloud: InProcessCloud) -> None:
    bill.submit(Order(number=2), **HERE)
    cloud.run()

    assert RUNS == [2]
    assert [each["content"]["status"] for each in cloud.notifications] == ["STARTED", "COMPLETED"]


def test_a_failed_one_keeps_its_error_and_raises_its_alarm(cloud: InProcessCloud) -> None:
    handle = bill.submit(Order(number=-1), **HERE)
    cloud.run()

    with pytest.raises(TaskFailed, match="-1 is no order"):
        handle.result()
    assert [each["sk"] for each in cloud.alarms] == [handle.key.sk]
    assert RUNS == [-1]


def test_short_pauses_before_further_attempts_are_waited_for_here(cloud: InProcessCloud) -> None:
    began = cloud.now
    handle = soon_again.submit(2, **HERE)

    assert (handle.result(), RUNS) == (3, [1, 2, 3])
    assert cloud.now - began == 6_000
    assert "QUEUED" not in statuses(handle)

    cloud.run()
    assert RUNS == [1, 2, 3]


def test_the_queue_never_gets_ahead_of_a_submitter_that_pauses(cloud: InProcessCloud) -> None:
    """While it sleeps, a little too long as always, the rest of the cloud goes on."""
    handle, after_sleep = TaskHandle.of("TASK#mbc/soon-again#17"), []

    def sleep(seconds: float) -> None:
        cloud.advance(seconds=seconds + 0.1)
        after_sleep.append(statuses(handle))

    object.__setattr__(cloud.wiring.direct, "sleep", sleep)
    soon_again.submit(2, code="17", **HERE)

    again = ["STARTED", "ERRORED"]
    assert after_sleep == [["CREATED", *again], ["CREATED", *again, *again]]
    assert statuses(handle) == ["CREATED", *again, *again, "STARTED", "COMPLETED"]
    assert cloud.queues.queues["queue"]  # messages were on their way
    cloud.run()
    assert RUNS == [1, 2, 3]


def test_a_long_pause_is_left_to_the_queue(cloud: InProcessCloud) -> None:
    handle = much_later.submit(2, **HERE)

    assert (handle.status(), RUNS) == ("ERRORED", [1])
    assert handle.wait(timeout_seconds=None) == 3


def test_when_the_submitter_dies_a_worker_takes_over(cloud: InProcessCloud) -> None:
    began = cloud.now
    with pytest.raises(Crash):
        killed.submit(1, code="17", **HERE)
    handle = TaskHandle.of("TASK#mbc/killed#17")
    assert handle.status() == "STARTED"

    assert handle.wait() == "survived"

    assert (RUNS, handle.task().attempts) == ([1, 2], 2)
    assert cloud.now - began >= 60_000  # not before the attempt must have ended
    cloud.run()
    assert RUNS == [1, 2]


def test_a_task_that_kills_everybody_fails_in_the_end(cloud: InProcessCloud) -> None:
    with pytest.raises(Crash):
        killed.submit(9, code="17", **HERE)
    cloud.run()

    handle = TaskHandle.of("TASK#mbc/killed#17")
    assert (RUNS, handle.status()) == ([1, 2, 3], "FAILED")
    assert handle.task().attributes["error"]["type"] == "AttemptsSpent"  # type: ignore[call-overload,index]


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=3)], ids=str)
def test_a_submitter_may_die_at_any_call(chaos: Chaos, *, after: bool) -> None:
    _, calls = _submit_with_crash(None, chaos, after=after)
    assert calls >= 6

    for position in range(1, calls + 1):
        end, _ = _submit_with_crash(position, chaos, after=after)
        stored_never = position == 1 and not after
        assert end == (None if stored_never else ("COMPLETED", 1)), f"crash at {position}"


def _submit_with_crash(
    crash_at: int | None, chaos: Chaos, *, after: bool
) -> tuple[tuple[str, int] | None, int]:
    """A task that fails once, its submitter dying at one call: its status, and results stored."""
    with InProcessCloud(["handle_tasks"], chaos=chaos) as cloud:
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        with suppress(Crash):
            soon_again.submit(1, code="17", **HERE)
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        cloud.run()
        found = cloud.service.list_items_by_pk(tenant_code="mbc").items
        if not found:
            return None, calls
        return (str(found[0].status), results_stored(cloud).total()), calls


def test_what_was_stored_before_is_not_run_again(cloud: InProcessCloud) -> None:
    by_key = [untyped.submit(1, idempotency_key="k", **HERE) for _ in range(2)]
    by_code = [untyped.submit(2, code="c", **HERE) for _ in range(2)]
    by_both = [untyped.submit(3, code="b", idempotency_key="b", **HERE) for _ in range(2)]

    assert by_key[0] == by_key[1]
    assert [each.result() for each in (*by_key, *by_code, *by_both)] == [1, 1, 2, 2, 3, 3]
    assert RUNS == [1, 2, 3]
    with pytest.raises(IdempotencyConflict):
        untyped.submit(4, idempotency_key="k", **HERE)


def test_what_waits_in_the_queue_is_left_there(cloud: InProcessCloud) -> None:
    untyped.submit(1, tenant="mbc", code="c")

    again = untyped.submit(1, code="c", **HERE)

    assert (again.status(), RUNS) == ("QUEUED", [])
    assert again.wait() == 1


def test_a_task_that_waits_for_children_goes_on_in_the_queue(cloud: InProcessCloud) -> None:
    handle = asks_others.submit([1, 2], **HERE)

    assert (handle.status(), RUNS) == ("WAITING", ["asks"])
    assert handle.wait() == [1, 2]


def test_task_code_may_run_another_task_here(cloud: InProcessCloud) -> None:
    assert runs_another.submit("inner", tenant="mbc").wait() == "inner"


def test_async_task_code_runs_within_an_event_loop_too(cloud: InProcessCloud) -> None:
    async def serve() -> Any:
        return sleeps.submit(0.01, **HERE).result()

    assert asyncio.run(serve()) == "slept"
    assert sleeps.submit(0.01, **HERE).result() == "slept"


def test_a_retry_by_hand_goes_through_the_queue(cloud: InProcessCloud) -> None:
    handle = bill.submit(Order(number=-1), **HERE)
    cloud.run()

    handle.retry()
    cloud.run()

    assert "QUEUED" in statuses(handle)
    assert RUNS == [-1, -1]


@pytest.mark.parametrize("option", [{"delay_seconds": 5}, {"delay_seconds": 5, "code": "later"}])
def test_later_and_now_contradict_each_other(cloud: InProcessCloud, option: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="execute_now: it runs the task at once"):
        untyped.submit(1, **option, **HERE)

    assert not cloud.service.list_items_by_pk(tenant_code="mbc").items


def test_code_that_is_not_here_cannot_run_here(cloud: InProcessCloud) -> None:
    task = CreateTask(tenant_code="mbc", task_type="elsewhere")

    with pytest.raises(InvalidRequest, match="no code for the task type 'elsewhere'"):
        cloud.service.create_task(task=task, execute_now=True)


@pytest.mark.parametrize("runner", ["lambda", "container"])
def test_a_task_for_containers_runs_where_no_lambda_limits_it(runner: str) -> None:
    with InProcessCloud(["handle_tasks"], environment={"TASKMILL_RUNNER": runner}):
        if runner == "lambda":
            with pytest.raises(InvalidRequest, match="run in containers only"):
                grinds.submit(1, **HERE)
        else:
            assert grinds.submit(1, **HERE).result() == 1


def test_a_fan_out_runs_in_the_workflow_only(cloud: InProcessCloud) -> None:
    with pytest.raises(InvalidRequest, match="execute_now runs single tasks only"):
        untyped.map([1], **HERE)


def test_a_process_may_be_configured_to_run_all_its_tasks(always: InProcessCloud) -> None:
    assert untyped.submit(1).status() == "COMPLETED"
    task = CreateTask(tenant_code="mbc", task_type="untyped", input=2)
    assert always.service.create_tasks(tasks=[task])[0].status == "COMPLETED"

    assert RUNS == [1, 2]


def test_what_cannot_run_here_then_goes_where_it_always_went(always: InProcessCloud) -> None:
    elsewhere = CreateTask(tenant_code="mbc", task_type="elsewhere")

    assert untyped.submit(1, execute_now=False).status() == "QUEUED"
    assert untyped.submit(1, delay_seconds=5).status() == "SCHEDULED"
    assert untyped.map([1]).status() == "CREATED"
    assert always.service.create_task(task=elsewhere).status == "QUEUED"
    assert RUNS == []
