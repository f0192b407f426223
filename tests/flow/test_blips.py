"""AWS fails for a while: no task fails for it or runs again, and nothing that it told is lost."""

from collections.abc import Callable, Iterator
from typing import Any

import blip_tasks
import outages
import pytest
from clouds import fan_out, get, result, results_stored, submit
from outages import BLIPS, Outage

from taskmill.aws.passing import passes
from taskmill.models import Task
from taskmill.testing import InProcessCloud

WORKERS = {"lambda": {}, "consumer": {"TASKMILL_RUNNER": "container"}}


@pytest.fixture(params=WORKERS)
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    """With either kind of worker."""
    settings = WORKERS[request.param]
    with InProcessCloud(modules=["blip_tasks"], environment=settings) as cloud:
        yield cloud


@pytest.fixture
def outage(cloud: InProcessCloud) -> Iterator[Outage]:
    blip_tasks.RUNS.clear()
    blip_tasks.TOLD.clear()
    outages.NOW[:] = [Outage(cloud, BLIPS["connection closed"])]
    yield outages.NOW[0]
    outages.NOW[0].end()


def completed(task: Task) -> None:
    """It ended well, in its first attempt."""
    assert task.attributes.get("error") is None
    assert (task.status, task.attempts) == ("COMPLETED", 1)


# What is written beside the work


@pytest.mark.parametrize("blip", BLIPS)
def test_a_report_of_progress_never_raises_a_blip_of_aws(
    cloud: InProcessCloud, outage: Outage, blip: str
) -> None:
    outage.make = BLIPS[blip]
    key = submit(cloud, "tells", 5)

    cloud.run()

    completed(get(cloud, key))
    assert get(cloud, key).attributes["progress"] == {"done": 5, "total": 5}
    assert outage.calls
    assert len(blip_tasks.RUNS) == 1


@pytest.mark.parametrize("blip", ["connection closed", "throttled", "expired credentials"])
def test_nor_does_it_in_an_async_task(cloud: InProcessCloud, outage: Outage, blip: str) -> None:
    outage.make = BLIPS[blip]
    keys = [submit(cloud, "tells-async", 2) for _ in range(3)]

    cloud.run()

    for key in keys:
        completed(get(cloud, key))
    assert outage.calls


@pytest.mark.parametrize("blip", BLIPS)
def test_nor_does_it_in_a_subtask(cloud: InProcessCloud, outage: Outage, blip: str) -> None:
    outage.make = BLIPS[blip]
    key = fan_out(cloud, "tells", [3, 3], batch_size=2)

    cloud.run()

    completed_subtasks(cloud, key, 2)
    assert get(cloud, key.subtask(0)).attributes["progress"] == {"done": 3, "total": 3}
    assert blip_tasks.RUNS == [0, 1]


def test_a_missing_permission_to_report_does_not_fail_the_task_either(
    cloud: InProcessCloud, outage: Outage
) -> None:
    outage.make = lambda: outages.answer("AccessDeniedException")
    key = submit(cloud, "tells", 2)

    cloud.run()

    completed(get(cloud, key))


def test_a_look_for_a_cancel_says_no_during_a_blip(cloud: InProcessCloud, outage: Outage) -> None:
    key = submit(cloud, "tells", 0)

    cloud.run()

    completed(get(cloud, key))
    assert blip_tasks.TOLD == [False]
    assert outage.calls == ["dynamodb.get_item"]


def test_a_failed_attempt_stores_the_progress_that_was_not(
    cloud: InProcessCloud, outage: Outage
) -> None:
    key = submit(cloud, "tells-and-fails")
    while get(cloud, key).status != "ERRORED":
        cloud.step()

    assert get(cloud, key).attributes["progress"] == {"done": 7, "total": 9}


def test_a_report_whose_answer_was_lost_does_not_run_a_subtask_again(
    cloud: InProcessCloud, outage: Outage
) -> None:
    key = fan_out(cloud, "answer-lost", range(3), batch_size=3)

    cloud.run()

    completed_subtasks(cloud, key, 3)
    assert blip_tasks.RUNS == [0, 1, 2]


# Outcomes


@pytest.mark.parametrize("blip", BLIPS)
def test_the_outcome_waits_for_the_end_of_a_blip(
    cloud: InProcessCloud, outage: Outage, blip: str
) -> None:
    outage.make = BLIPS[blip]
    key = submit(cloud, "ends-in-an-outage", 6)

    cloud.run()

    completed(get(cloud, key))
    assert result(cloud, key) == "x" * 5_000
    assert len(outage.calls) == 6
    assert len(blip_tasks.RUNS) == 1


@pytest.mark.parametrize("blip", BLIPS)
def test_the_outcomes_of_a_batch_wait_for_the_end_of_a_blip(
    cloud: InProcessCloud, outage: Outage, blip: str
) -> None:
    outage.make = BLIPS[blip]
    key = fan_out(cloud, "ends-in-an-outage", [6] * 4, batch_size=4)

    cloud.run()

    completed_subtasks(cloud, key, 4)
    assert blip_tasks.RUNS == [0, 1, 2, 3]


def test_the_error_of_the_task_is_stored_after_the_blip_and_not_that_of_aws(
    cloud: InProcessCloud, outage: Outage
) -> None:
    key = submit(cloud, "fails-in-an-outage", 6)

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert (error["type"], error["message"]) == ("ValueError", "its own")


def test_an_outcome_whose_answer_was_lost_is_stored_once(
    cloud: InProcessCloud, outage: Outage
) -> None:
    key = submit(cloud, "blip-leaf", 1)
    outage.begin(calls=1, only="dynamodb.update_item", answer_lost=True)
    cloud.meter.fault, fault = None, cloud.meter.fault
    while get(cloud, key).status != "QUEUED":
        cloud.step()
    cloud.meter.fault = fault

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert set(results_stored(cloud).values()) == {1}


def test_an_outcome_is_given_up_only_when_the_lease_is_nearly_over(
    cloud: InProcessCloud, outage: Outage
) -> None:
    outage.only = "dynamodb"
    key = submit(cloud, "ends-in-an-outage", 1 << 30)
    began = cloud.now
    while get_lease(cloud, key) == 0:
        cloud.step()

    waited = (cloud.now - began) / 1000
    lease = (get_lease(cloud, key) - began) / 1000
    outage.end()
    cloud.run()

    assert lease - 10 <= waited <= lease
    error: Any = get(cloud, key).attributes["error"]
    assert error["type"] == "AttemptsSpent"  # nobody knows how it ended


def get_lease(cloud: InProcessCloud, key: Any) -> int:
    """Read past the outage."""
    fault, cloud.meter.fault = cloud.meter.fault, None
    until = cloud.wiring.tasks.get(key).lease_until or 0
    cloud.meter.fault = fault
    return until


# Inputs and children


def test_an_input_is_read_again_when_s3_fails_for_a_while(
    cloud: InProcessCloud, outage: Outage
) -> None:
    key = submit(cloud, "leaf-of-text", "x" * 50_000)
    outage.begin(calls=4, only="s3.get_object")
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


@pytest.mark.parametrize("blip", ["connection closed", "throttled", "no credentials for a while"])
@pytest.mark.parametrize(
    ("how", "expected"), [("run", 1), ("gather", 6), ("submit", "submitted"), ("map", [1, 2, 3])]
)
def test_children_are_started_and_awaited_in_spite_of_a_blip(
    cloud: InProcessCloud, outage: Outage, how: str, expected: Any, blip: str
) -> None:
    outage.make = BLIPS[blip]
    key = submit(cloud, "spawns", how)

    cloud.run()

    completed(get(cloud, key))
    assert result(cloud, key) == expected
    assert len(outage.calls) >= 3


# What is a blip


@pytest.mark.parametrize("blip", BLIPS)
def test_a_blip_passes(blip: str) -> None:
    assert passes(BLIPS[blip]())


NO_BLIPS: dict[str, Callable[[], Exception]] = {
    "a refused condition": lambda: outages.answer("ConditionalCheckFailedException"),
    "no permission": lambda: outages.answer("AccessDeniedException"),
    "a wrong request": lambda: outages.answer("ValidationException"),
    "no table": lambda: outages.answer("ResourceNotFoundException"),
    "a refused transaction that also met another": lambda: outages.answer(
        "TransactionCanceledException", 400, ("ConditionalCheckFailed", "TransactionConflict")
    ),
    "an error of the task": lambda: ValueError("its own"),
}


@pytest.mark.parametrize("error", NO_BLIPS)
def test_what_would_fail_again_is_no_blip(error: str) -> None:
    assert not passes(NO_BLIPS[error]())


def completed_subtasks(cloud: InProcessCloud, key: Any, count: int) -> None:
    assert get(cloud, key).status == "COMPLETED"
    for index in range(count):
        completed(get(cloud, key.subtask(index)))
