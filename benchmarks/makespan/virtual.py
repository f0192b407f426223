"""Work in virtual time: as many workers as are asked for, on one processor."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.tasks import virtual_tasks
from taskmill.models import CreateTask
from taskmill.statuses import Status
from taskmill.testing import Chaos, InProcessCloud

A_SUBMIT = 100
SEED = 1


@dataclass(frozen=True)
class Work:
    """So many tasks of so many seconds each, all of them submitted before a worker looks.

    Attributes:
        deliveries: How often each message, and each record of the stream, comes.
    """

    tasks: int
    seconds: float
    workers: int
    deliveries: int = 1

    @property
    def ideal(self) -> float:
        """The least time that the workers can take, as tasks cannot be divided."""
        return -(-self.tasks // self.workers) * self.seconds

    def __str__(self) -> str:
        doubled = ", all messages doubled" if self.deliveries == 2 else ""
        return f"{self.tasks:,} x {self.seconds:g} s on {self.workers} workers{doubled}"


@dataclass(frozen=True)
class Played:
    """What became of some work.

    Attributes:
        seconds: Virtual ones, until the last task ended.
        failed: Tasks that did not complete.
        again: Runs of tasks beyond the first of each.
    """

    work: Work
    seconds: float
    failed: int
    again: int

    @property
    def over_ideal(self) -> float:
        return self.seconds / self.work.ideal


def play(work: Work) -> Played:
    """Run it on a shuffled queue."""
    with InProcessCloud(
        modules=["benchmarks.tasks.virtual_tasks"],
        workers=work.workers,
        chaos=Chaos(seed=SEED, deliveries=work.deliveries),
        environment={"POWERTOOLS_LOG_LEVEL": "CRITICAL"},
    ) as cloud:
        virtual_tasks.use(cloud)
        keys = [
            task.key for tasks in _submits(work) for task in cloud.service.create_tasks(tasks=tasks)
        ]
        began = cloud.now
        cloud.run()
        rows = [cloud.wiring.tasks.get(key) for key in keys]
    return Played(
        work=work,
        seconds=(max(row.history[-1][1] for row in rows) - began) / 1000,
        failed=sum(row.status is not Status.COMPLETED for row in rows),
        again=sum(runs - 1 for runs in virtual_tasks.RUNS.values()),
    )


def _submits(work: Work) -> Iterator[list[CreateTask]]:
    for first in range(0, work.tasks, A_SUBMIT):
        yield [
            CreateTask(
                tenant_code="makespan",
                task_type="bench-lasts",
                input=[number, work.seconds],
                notify="none",
            )
            for number in range(first, min(first + A_SUBMIT, work.tasks))
        ]
