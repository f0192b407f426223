"""Retry of single subtasks: the next run of their fan-out runs these, and nothing else."""

from collections.abc import Iterator
from typing import Any

import bulk_tasks
import pytest
from builders import any_row
from clouds import fan_out, get, statuses

from taskmill.model.api.requests import InvokeContext
from taskmill.model.chosen_subtasks import Chosen, chosen_of
from taskmill.model.errors import Conflict, IllegalStatusChange, TaskNotFound
from taskmill.model.keys import TaskKey
from taskmill.testing import Chaos, InProcessCloud

BAD = (1, 3, 4, 7)
DONE, FAILED = "COMPLETED", "FAILED"


@pytest.fixture(autouse=True)
def _elements() -> Iterator[None]:
    begin()
    yield
    bulk_tasks.BAD.clear()


def begin() -> None:
    bulk_tasks.BAD.clear()
    bulk_tasks.BAD.update(BAD)
    bulk_tasks.RAN.clear()


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["bulk_tasks"]) as cloud:
        yield cloud


def failed(cloud: InProcessCloud) -> TaskKey:
    """Eight subtasks in batches of two, of which four have failed."""
    key = fan_out(cloud, "bulk-element", range(8), batch_size=2)
    cloud.run()
    assert counts(cloud, key) == (4, 4, 0)
    bulk_tasks.RAN.clear()
    bulk_tasks.BAD.clear()
    return key


def counts(cloud: InProcessCloud, key: TaskKey) -> tuple[int, ...]:
    told: Any = get(cloud, key).attributes["counts"]
    return told["completed"], told["failed"], told["cancelled"]


def test_one_subtask_runs_again_and_all_others_stay(cloud: InProcessCloud) -> None:
    key = failed(cloud)

    cloud.service.retry(key=key.subtask(3), invoke_context=InvokeContext(user="alice"))
    cloud.run()

    assert bulk_tasks.RAN == [3]
    assert statuses(cloud, key) == [DONE, FAILED, DONE, DONE, FAILED, DONE, DONE, FAILED]
    task = get(cloud, key)
    assert (task.status, task.run, counts(cloud, key)) == (FAILED, 2, (5, 3, 0))
    assert [each.by for each in task.history if each.by] == ["alice"]


def test_of_a_fan_out_that_tolerates_its_failures_they_run_again(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "bulk-element", range(8), batch_size=2, tolerated_failures=4)
    cloud.run()
    bulk_tasks.RAN.clear()
    assert (get(cloud, key).status, counts(cloud, key)) == (DONE, (4, 4, 0))

    cloud.service.retry(key=key.subtask(3))
    cloud.run()  # it fails again, and is counted once
    assert (bulk_tasks.RAN, counts(cloud, key)) == ([3], (4, 4, 0))
    bulk_tasks.BAD.clear()
    cloud.service.retry(key=key)
    cloud.run()

    assert sorted(bulk_tasks.RAN) == [1, 3, 3, 4, 7]
    assert (get(cloud, key).status, counts(cloud, key)) == (DONE, (8, 0, 0))
    with pytest.raises(IllegalStatusChange, match="only FAILED or CANCELLED"):
        cloud.service.retry(key=key)


def test_a_neighbour_that_failed_in_the_same_batch_stays_failed(cloud: InProcessCloud) -> None:
    bulk_tasks.BAD.update({2})
    key = fan_out(cloud, "bulk-element", range(4), batch_size=4)
    cloud.run()
    bulk_tasks.RAN.clear()
    bulk_tasks.BAD.clear()

    cloud.service.retry(key=key.subtask(2))
    cloud.run()

    assert bulk_tasks.RAN == [2]
    assert statuses(cloud, key) == [DONE, FAILED, DONE, FAILED]
    assert counts(cloud, key) == (2, 2, 0)


def test_one_after_the_other_completes_the_fan_out(cloud: InProcessCloud) -> None:
    key = failed(cloud)

    for index in BAD:
        cloud.service.retry(key=key.subtask(index))
        cloud.run()

    assert tuple(bulk_tasks.RAN) == BAD
    assert (get(cloud, key).status, counts(cloud, key)) == (DONE, (8, 0, 0))
    assert statuses(cloud, key) == [DONE] * 8


def test_a_retry_of_all_after_one_of_some_runs_all_that_failed(cloud: InProcessCloud) -> None:
    key = failed(cloud)
    cloud.service.retry(key=key.subtask(1))
    cloud.run()
    bulk_tasks.RAN.clear()

    cloud.service.retry(key=key)
    cloud.run()

    assert sorted(bulk_tasks.RAN) == [3, 4, 7]
    assert counts(cloud, key) == (8, 0, 0)


def test_what_fails_again_is_counted_again(cloud: InProcessCloud) -> None:
    key = failed(cloud)
    bulk_tasks.BAD.update(BAD)

    cloud.service.retry(key=key.subtask(7))
    cloud.run()

    assert (get(cloud, key).status, counts(cloud, key)) == (FAILED, (4, 4, 0))
    assert statuses(cloud, key).count(FAILED) == 4


def test_while_the_fan_out_is_open_it_is_refused(cloud: InProcessCloud) -> None:
    key = failed(cloud)
    cloud.service.retry(key=key.subtask(1))

    with pytest.raises(IllegalStatusChange, match="can be retried"):
        cloud.service.retry(key=key.subtask(3))


def test_what_completed_or_is_not_there_is_refused(cloud: InProcessCloud) -> None:
    key = failed(cloud)

    with pytest.raises(IllegalStatusChange, match="subtask 0 of"):
        cloud.service.retry(key=key.subtask(0))
    with pytest.raises(TaskNotFound):
        cloud.service.retry(key=key.subtask(99))


def test_before_it_is_counted_it_is_refused(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "bulk-element", range(4), batch_size=2)
    cloud.service.cancel(key=key)

    with pytest.raises(Conflict, match="no final counts"):
        cloud.service.retry(key=key.subtask(0))


def test_of_a_batch_that_was_given_up_all_its_subtasks_run_again(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "bulk-element", range(4), batch_size=2)
    while get(cloud, key).status != "PROCESSING":
        cloud.step()
    cloud.service.cancel(key=key)
    cloud.run()
    assert statuses(cloud, key) == ["CANCELLED"] * 4
    bulk_tasks.BAD.clear()

    cloud.service.retry(key=key.subtask(3))
    cloud.run()

    assert bulk_tasks.RAN == [2, 3]
    assert statuses(cloud, key) == ["CANCELLED"] * 2 + [DONE] * 2
    assert counts(cloud, key) == (2, 0, 2)


def crashed(crash_at: int | None, *, after: bool, chaos: Chaos) -> tuple[Any, int]:
    """Two subtasks are retried, one after the other, the process dying at one call."""
    begin()
    with InProcessCloud(modules=["bulk_tasks"], chaos=chaos) as cloud:
        key = failed(cloud)
        cloud.service.retry(key=key.subtask(3))
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        cloud.service.retry(key=key.subtask(4))
        cloud.run()
        return (statuses(cloud, key), counts(cloud, key), set(bulk_tasks.RAN)), calls


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=5)], ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leads_to_the_same_end(*, after: bool, chaos: Chaos) -> None:
    calm, calls = crashed(None, after=after, chaos=chaos)
    assert calm == ([DONE, FAILED, DONE, DONE, DONE, DONE, DONE, FAILED], (6, 2, 0), {3, 4})

    for position in range(1, calls + 1):
        ends, _ = crashed(position, after=after, chaos=chaos)
        assert ends == calm, f"crash at call {position} of {calls}"


def test_ranges_of_indexes_are_short() -> None:
    chosen = Chosen.of([9, 0, 7, 8, 5, 0])

    assert chosen.stored(3) == "3:0,5,7-9"
    assert [index in chosen for index in range(11)] == [
        index in {0, 5, 7, 8, 9} for index in range(11)
    ]
    assert chosen.any(1, 5)
    assert not chosen.any(1, 4)
    assert not chosen.any(10, 99)


def test_in_another_run_nothing_is_restricted() -> None:
    row = any_row(run=3, only="2:0-4")

    assert chosen_of(row) is None
    assert chosen_of(row.but(run=2)) == Chosen.of(range(5))
