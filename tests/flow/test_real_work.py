"""Work of seconds and minutes: nobody waits behind another task, and nothing fails unrun."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import span_tasks
from amounts import amount
from clouds import TENANT, submit

from taskmill import task
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud

SHUFFLED_AND_DOUBLED = Chaos(seed=1, deliveries=2)


def cloud_of(
    workers: int | None, chaos: Chaos = SHUFFLED_AND_DOUBLED, *, fast_start: bool = False
) -> InProcessCloud:
    # The bounds below were taken with the messages that the dispatcher sends: twice, if doubled.
    cloud = InProcessCloud(
        modules=["span_tasks"],
        workers=workers,
        chaos=chaos,
        environment={"TASKMILL_FAST_START": str(int(fast_start))},
        pools={"long": 900},
    )
    span_tasks.reset(cloud)
    return cloud


def submit_all(
    cloud: InProcessCloud, seconds: Sequence[float], task_type: str = "span"
) -> list[TaskKey]:
    """Submit a task for each duration."""
    tasks = [
        CreateTask(tenant_code=TENANT, task_type=task_type, input=[number, each])
        for number, each in enumerate(seconds)
    ]
    return [task.key for task in cloud.service.create_tasks(tasks=tasks)]


def rows(cloud: InProcessCloud, keys: Sequence[TaskKey]) -> list[TaskRow]:
    return [cloud.wiring.tasks.get(key) for key in keys]


def started(row: TaskRow) -> int:
    return next(at for status, at, *_ in row.history if status == Status.STARTED)


def makespan(cloud: InProcessCloud, keys: Sequence[TaskKey], began: int) -> float:
    """Seconds until all tasks have completed, each after one attempt."""
    done = rows(cloud, keys)
    assert Counter((row.status, row.attempts) for row in done) == {(Status.COMPLETED, 1): len(keys)}
    assert Counter(span_tasks.RUNS) == dict.fromkeys(range(len(keys)), 1)
    return (max(row.history[-1][1] for row in done) - began) / 1000


@pytest.mark.parametrize(
    ("seconds", "workers", "longest"),
    [
        pytest.param([5] * 10, 10, 6.5, id="ten of 5 s on ten workers"),
        pytest.param([5] * 100, 100, 6.5, id="a hundred of 5 s on a hundred workers"),
        pytest.param([0.5] * 200, 10, 10.5, id="200 of half a second on ten"),
        pytest.param([60] * 100, 20, 303, id="a hundred of a minute on twenty"),
    ],
)
@pytest.mark.parametrize("fast_start", [True, False])
def test_work_takes_about_as_long_as_it_must(
    seconds: list[float],
    workers: int,
    longest: float,
    fast_start: bool,  # noqa: FBT001
) -> None:
    with cloud_of(workers, fast_start=fast_start) as cloud:
        keys = submit_all(cloud, seconds)
        began = cloud.now

        cloud.run()

        assert makespan(cloud, keys, began) <= longest


@pytest.mark.parametrize("seed", range(5))
def test_tasks_of_ten_minutes_take_as_long_as_they_must(seed: int) -> None:
    with cloud_of(3, Chaos(seed=seed, deliveries=2)) as cloud:
        keys = submit_all(cloud, [600] * 12, "span-of-minutes")
        began = cloud.now

        cloud.run()

        assert makespan(cloud, keys, began) <= 1.05 * 600 * 12 / 3


@pytest.mark.parametrize("seed", range(3))
def test_a_backlog_of_minutes_is_worked_off_without_idle_workers(seed: int) -> None:
    tasks, workers = amount(300, fuzz=10_000), amount(30, fuzz=100)
    with cloud_of(workers, Chaos(seed=seed, deliveries=2)) as cloud:
        keys = submit_all(cloud, [60] * tasks)
        began = cloud.now

        cloud.run()

        assert makespan(cloud, keys, began) <= 1.05 * 60 * tasks / workers


def test_short_tasks_do_not_wait_behind_long_ones() -> None:
    with cloud_of(10) as cloud:
        keys = submit_all(cloud, [30] * 5 + [0.1] * 100)
        began = cloud.now

        cloud.run()

        waits = sorted(started(row) - began for row in rows(cloud, keys[5:]))
        assert waits[94] <= 3_000  # ms; the ideal is 1,900 on the five workers that are left


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(seed=7), SHUFFLED_AND_DOUBLED], ids=str)
def test_one_worker_fails_none_unrun(chaos: Chaos) -> None:
    with cloud_of(None, chaos) as cloud:
        keys = submit_all(cloud, [100] * 40)

        cloud.run()

        assert Counter(row.status for row in rows(cloud, keys)) == {Status.COMPLETED: 40}


def test_plain_functions_run_in_threads_if_their_type_says_so() -> None:
    with cloud_of(1, Chaos()) as cloud:
        keys = submit_all(cloud, [0.5] * 9, "span-in-threads")
        began = cloud.now

        cloud.run()

        assert makespan(cloud, keys, began) == pytest.approx(1.5, abs=0.1)
        assert max(span_tasks.BESIDE) == 3


def test_a_task_that_kills_its_worker_runs_alone_from_its_second_attempt_on() -> None:
    with cloud_of(2, Chaos(seed=3)) as cloud:
        killer = submit(cloud, "span-kills", 1_000)
        keys = submit_all(cloud, [0.2] * 30, "span-in-threads")

        cloud.run()

        error = cloud.wiring.tasks.get(killer).attributes["error"]
        assert error["type"] == "AttemptsSpent"
        kills = [n for n, number in enumerate(span_tasks.RUNS) if number == 1_000]
        assert len(kills) == 3
        assert {row.status for row in rows(cloud, keys)} == {Status.COMPLETED}
        assert max(row.attempts for row in rows(cloud, keys)) <= 2


@pytest.mark.parametrize(
    ("task_type", "beside"),
    [("counts-beside", 4), ("counts-beside-by-default", 10), ("counts-beside-in-threads", 2)],
)
def test_as_many_run_side_by_side_as_their_type_allows(task_type: str, beside: int) -> None:
    with cloud_of(None, Chaos()) as cloud:
        keys = [submit(cloud, task_type, number) for number in range(10)]

        cloud.run()

        assert {row.status for row in rows(cloud, keys)} == {Status.COMPLETED}
        assert max(span_tasks.BESIDE) == beside


@pytest.mark.parametrize("given", [0, -1, 1.5, True, "3", 1_001])
def test_another_number_of_tasks_side_by_side_is_refused(given: Any) -> None:
    with pytest.raises((ValueError, TypeError), match=r"parallel.*from 1 to 1,000"):
        task("never-declared", parallel=given)


# What is handed back


def waiting_on(cloud: InProcessCloud) -> list[float]:
    """Seconds until the messages of the work queue can be received."""
    return sorted((each.visible_at - cloud.now) / 1000 for each in cloud.queues.queues["queue"])


def test_messages_wait_a_second_behind_a_task_and_no_longer() -> None:
    with cloud_of(1, Chaos()) as cloud:
        submit_all(cloud, [5] * 10)
        cloud.deliver_records()
        cloud.step()  # a worker receives all ten
        cloud.step()  # and begins one of them

        assert waiting_on(cloud) == [330] * 10
        cloud.advance(seconds=0.9)
        assert len([each for each in waiting_on(cloud) if each > 0]) == 10
        cloud.advance(seconds=0.2)
        assert len([each for each in waiting_on(cloud) if each <= 0]) == 9


def test_what_is_handed_back_is_handed_back_in_one_call_and_reported_as_failed() -> None:
    with cloud_of(1, Chaos()) as cloud:
        submit_all(cloud, [5] * 10)

        cloud.run()

        # Nine messages, then eight, and so on: a call for each delivery.
        assert cloud.meter.calls["sqs.change_message_visibility_batch"] == 9
        assert sorted(span_tasks.RUNS) == list(range(10))
        assert waiting_on(cloud) == []


def test_quick_tasks_are_never_handed_back() -> None:
    with cloud_of(3, Chaos(seed=2)) as cloud:
        submit_all(cloud, [0.05] * 100)

        cloud.run()

        assert cloud.meter.calls["sqs.change_message_visibility_batch"] == 0
