"""A whole service whose tasks a consumer runs, over queues in memory or SQS."""

from typing import Any

import family_tasks
import flow_tasks
import pytest
import work_tasks
from clouds import fan_out, get, results_stored, statuses, submit

from taskmill.model.keys import Kind, TaskKey
from taskmill.testing import Chaos, InProcessCloud

MODULES = ["flow_tasks", "family_tasks", "work_tasks"]
IN_MEMORY = {"TASKMILL_QUEUE_SERVICE": "memory"}
BY_CONSUMER = {"TASKMILL_RUNNER": "container"}
LANES = {
    "TASKMILL_PRIORITY_QUEUE_URL": "urgent",
    "TASKMILL_CONTAINER_QUEUE_URL": "boxed",
}


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    for module in (flow_tasks, family_tasks):
        module.RUNS.clear()
    work_tasks.reset()


def cloud(*settings: dict[str, str], chaos: Chaos | None = None) -> InProcessCloud:
    environment = {name: value for each in settings for name, value in each.items()}
    return InProcessCloud(modules=MODULES, environment=environment, chaos=chaos or Chaos())


def submit_some(service: InProcessCloud) -> list[TaskKey]:
    """Tasks of many kinds."""
    return [
        submit(service, "echo", {"a": 1}),
        submit(service, "echo", "later", delay_seconds=5_000),
        submit(service, "flaky", 2),
        submit(service, "sized", 9_000),
        submit(service, "fails"),
        submit(service, "odd-fails", 3),
        submit(service, "dies", 1),
        submit(service, "boxed", "boxed"),
        submit(service, "echo", "urgent", priority="urgent"),
        submit(service, "gathers", 12),
        fan_out(service, "odd-fails", range(6), batch_size=2, tolerated_failures=3),
    ]


def ends(service: InProcessCloud, keys: list[TaskKey]) -> list[Any]:
    """What became of tasks, and of their subtasks."""
    found: list[Any] = []
    for key in keys:
        told = get(service, key).attributes
        error: Any = told.get("error") or {}
        found.append([get(service, key).status, told.get("result"), error.get("type")])
        if key.kind is Kind.SFN_TASK:
            found[-1] += [told["counts"], statuses(service, key)]
    return found


@pytest.fixture(scope="module")
def by_lambda() -> list[Any]:
    """What becomes of these tasks where Lambda runs them, over SQS."""
    with cloud() as service:
        keys = submit_some(service)
        service.run()
        return ends(service, keys)


def test_tasks_end_in_many_ways(by_lambda: list[Any]) -> None:
    failed = [index for index, (status, *_) in enumerate(by_lambda) if status == "FAILED"]

    assert failed == [4, 5]  # those that always fail
    assert {status for status, *_ in by_lambda} == {"COMPLETED", "FAILED"}
    assert by_lambda[9][1] == sum(range(12)) * 10


@pytest.mark.parametrize("lanes", [{}, LANES], ids=["one queue", "three queues"])
@pytest.mark.parametrize("queues", [{}, IN_MEMORY], ids=["SQS", "memory"])
@pytest.mark.parametrize("runner", [{}, BY_CONSUMER], ids=["Lambda", "consumer"])
def test_who_runs_them_and_over_what_changes_nothing(
    by_lambda: list[Any], runner: dict[str, str], queues: dict[str, str], lanes: dict[str, str]
) -> None:
    with cloud(runner, queues, lanes) as service:
        keys = submit_some(service)
        service.run()

        assert ends(service, keys) == by_lambda
        sent = service.meter.calls["sqs.send_message_batch"]
        assert bool(sent) is not bool(queues)  # in memory, nothing goes to SQS


@pytest.mark.parametrize("seed", range(5))
def test_double_delivery_in_any_order_changes_nothing(by_lambda: list[Any], seed: int) -> None:
    with cloud(BY_CONSUMER, IN_MEMORY, chaos=Chaos(deliveries=2, seed=seed)) as service:
        keys = submit_some(service)
        service.run()

        assert ends(service, keys) == by_lambda
        assert set(results_stored(service).values()) == {1}


def run_with_crash(crash_at: int | None, *, after: bool) -> tuple[list[Any], int, set[int]]:
    """Some tasks, a process dying at one call; their ends, calls made, results stored of each."""
    with cloud(BY_CONSUMER) as service:
        keys = [submit(service, "flaky", 1), submit(service, "gathers", 3)]
        service.meter.calls.clear()
        service.meter.crash_at, service.meter.crash_after = crash_at, after
        service.run()
        calls, service.meter.crash_at = service.meter.calls.total(), None
        return ends(service, keys), calls, set(results_stored(service).values())


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leads_to_the_same_end(*, after: bool) -> None:
    calm, calls, _ = run_with_crash(None, after=after)

    for position in range(1, calls + 1):
        found, _, stored = run_with_crash(position, after=after)
        assert found == calm, f"crash at call {position} of {calls}"
        assert stored == {1}, f"crash at call {position} of {calls}"


def test_two_writes_of_a_task_share_their_calls_with_others() -> None:
    with cloud(BY_CONSUMER) as service:
        keys = [submit(service, "echo", number) for number in range(200)]
        while service.stream.pending():
            service.step()
        service.meter.calls.clear()

        service.run()

        calls = service.meter.calls
        assert {service.wiring.tasks.get(key).version for key in keys} == {3}
        assert calls["dynamodb.batch_get_item"] <= 40
        assert calls["dynamodb.batch_execute_statement"] + calls["dynamodb.update_item"] <= 300
        assert calls["sqs.receive_message"] <= 40
        assert calls["sqs.delete_message_batch"] <= 40
        assert calls["sqs.change_message_visibility_batch"] == 0


def test_an_urgent_task_runs_first_on_its_own_queue() -> None:
    with cloud(BY_CONSUMER, LANES) as service:
        for number in range(50):
            submit(service, "echo", number)
        submit(service, "echo", "urgent", priority="urgent")
        while service.stream.pending():
            service.step()

        service.run()

        assert "urgent" in flow_tasks.RUNS[:12]


def test_a_stray_message_that_dies_does_not_fail_a_task_that_is_due_later() -> None:
    with cloud(BY_CONSUMER, IN_MEMORY) as service:
        key = submit(service, "echo", 1, delay_seconds=9_000_000)
        while service.stream.pending():
            service.step()
        queue = service.wiring.queue("TASKMILL_QUEUE_URL")
        queue.send_body(key.as_dict())
        for _ in range(10):
            (delivery,) = queue.receive(1)
            queue.show_again({delivery.receipt: 0})

        service.step()  # the dead letter

        assert get(service, key).status == "SCHEDULED"
        service.advance(seconds=9_000_001)
        assert get(service, key).status == "COMPLETED"
