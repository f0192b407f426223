"""Subtasks of a batch that run side by side: as many as may, and each ends as it should."""

import pytest
import span_tasks
from clouds import fan_out, get, outcome, statuses

from taskmill.model.keys import TaskKey
from taskmill.testing import Chaos, InProcessCloud

CALM, HOSTILE = Chaos(), Chaos(seed=4, deliveries=2, conflicts=0.2, lost_answers=0.2)


def cloud_of(workers: int | None = None, chaos: Chaos = CALM) -> InProcessCloud:
    cloud = InProcessCloud(modules=["span_tasks"], workers=workers, chaos=chaos)
    span_tasks.reset(cloud)
    return cloud


def counts(cloud: InProcessCloud, key: TaskKey) -> dict[str, int]:
    """How many subtasks ended in which way; zeros are left out."""
    told = dict(get(cloud, key).attributes["counts"])
    return {how: number for how, number in told.items() if number and how != "total"}


def ends(cloud: InProcessCloud, key: TaskKey) -> list[tuple[str, object, object]]:
    """Status, attempts and type of error of each subtask."""
    return [
        (status, attempts, error) for _, status, attempts, _, _, error in outcome(cloud, key)[1:]
    ]


@pytest.mark.parametrize(
    ("task_type", "beside"),
    [
        ("counts-beside", 4),
        ("counts-beside-by-default", 10),
        ("counts-beside-in-threads", 2),
        ("counts-beside-plainly", 1),
    ],
)
def test_as_many_run_side_by_side_as_their_type_allows(task_type: str, beside: int) -> None:
    with cloud_of() as cloud:
        key = fan_out(cloud, task_type, range(30), batch_size=15)

        cloud.run()

        assert counts(cloud, key) == {"completed": 30}
        assert max(span_tasks.BESIDE) == beside


def test_a_fan_out_takes_as_long_as_its_rounds() -> None:
    """In virtual time: ten batches at once, each of ten, three at a time, a second each."""
    with cloud_of(workers=10) as cloud:
        elements = [[number, 1] for number in range(100)]
        key = fan_out(cloud, "span-in-threads", elements, batch_size=10, max_concurrency=10)
        began = cloud.now

        cloud.run()

        assert counts(cloud, key) == {"completed": 100}
        assert sorted(span_tasks.RUNS) == list(range(100))
        assert cloud.now - began < 10_000
        assert max(span_tasks.BESIDE) == 30


@pytest.mark.parametrize("chaos", [CALM, HOSTILE], ids=str)
def test_each_ends_as_it_would_alone(chaos: Chaos) -> None:
    hows = ["sleeps", "raises", "sleeps", "fails once", *["sleeps"] * 16]
    with cloud_of(chaos=chaos) as cloud:
        key = fan_out(cloud, "mixed-async", hows, batch_size=20)

        cloud.run()

        assert counts(cloud, key) == {"completed": 19, "failed": 1}
        assert ends(cloud, key)[1] == ("FAILED", 2, "ValueError")
        assert ends(cloud, key)[3] == ("COMPLETED", 2, None)


def test_one_that_kills_its_worker_runs_alone_and_fails_alone() -> None:
    hows = ["kills" if number == 5 else "sleeps" for number in range(20)]
    with cloud_of() as cloud:
        key = fan_out(cloud, "mixed-async", hows, batch_size=20)

        cloud.run()

        assert counts(cloud, key) == {"completed": 19, "failed": 1}
        assert ends(cloud, key)[5] == ("FAILED", 2, "AttemptsSpent")
        assert {attempts for _, attempts, _ in ends(cloud, key)} <= {1, 2}


def test_one_that_blocks_the_event_loop_fails_alone() -> None:
    hows = ["blocks" if number == 2 else "sleeps" for number in range(10)]
    with cloud_of() as cloud:
        key = fan_out(cloud, "blocks-or-sleeps", hows, batch_size=10)

        cloud.run()

        assert counts(cloud, key) == {"completed": 9, "failed": 1}
        assert ends(cloud, key)[2][0] == "FAILED"


def test_a_fan_out_that_is_cancelled_meanwhile_ends_all_of_them() -> None:
    with cloud_of(workers=3) as cloud:
        elements = [[number, 30] for number in range(60)]
        key = fan_out(cloud, "span-in-threads", elements, batch_size=20)
        cloud.advance(seconds=45)

        cloud.service.cancel(key=key)
        cloud.run()

        assert "CANCELLED" in statuses(cloud, key)
        completed = statuses(cloud, key).count("COMPLETED")
        told = counts(cloud, key)
        assert (told.get("completed", 0), told["cancelled"]) == (completed, 60 - completed)


def test_a_batch_that_outlasts_its_invocations_goes_on_where_it_was() -> None:
    with cloud_of(workers=1) as cloud:
        elements = [[number, 200] for number in range(30)]
        key = fan_out(cloud, "span-in-threads", elements, batch_size=30)

        cloud.run()

        assert counts(cloud, key) == {"completed": 30}
        assert sorted(span_tasks.RUNS) == list(range(30))
