"""Batches of async subtasks: how long their function runs, which is what Lambda bills."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.makespan.notes import Notes
from taskmill.handlers import subtasks
from taskmill.model.batch_plan import batch_size_for
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

COUNT = 10_000
MEMORY_GB = 0.5  # of the function that runs batches, by default


@dataclass(frozen=True)
class Batch:
    """One batch of a fan-out of `COUNT`, run in real time.

    Attributes:
        subtasks: How many of it were run.
        seconds: What its function took.
        one_by_one: What they take by themselves.
    """

    subtasks: int
    seconds: float
    one_by_one: float

    @property
    def ratio(self) -> float:
        return self.seconds / self.one_by_one

    def gb_seconds(self, count: int = COUNT) -> float:
        """Of so many subtasks: each batch takes as long as this one."""
        return self.seconds / self.subtasks * count * MEMORY_GB


def run(subtask_seconds: float = 1.0, *, share: float = 1.0) -> Batch:
    """Run a batch, or a share of one, of the size that the fan-out has by default.

    Raises:
        RuntimeError: A subtask did not run exactly once, or did not complete.
    """
    count = round(batch_size_for(COUNT) * share)
    modules = ["benchmarks.tasks.real_tasks"]
    quiet = {"POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    with (
        tempfile.TemporaryDirectory(prefix="taskmill-bench-") as folder,
        InProcessCloud(modules=modules, environment=quiet) as cloud,
    ):
        file = Path(folder) / "notes"
        key = _started(cloud, file, [subtask_seconds] * count)
        event = {**key.as_dict(), "execution": None}
        context = cloud.context(900)
        (span,) = subtasks.split(event, context)["batches"]
        began = time.monotonic()
        subtasks.batch({**event, "execution": "one", "range": span, "retry": 0}, context)
        seconds = time.monotonic() - began
        subtasks.finish(event, context)
        if cloud.service.get_task(key=key).status is not Status.COMPLETED:
            (first, *_) = cloud.service.get_all_sub_task(key=key)
            raise RuntimeError(f"a subtask is {first.status}: {first.attributes.get('error')}")
        Notes.read(file).check_once(count)
    return Batch(count, seconds, count * subtask_seconds)


def _started(cloud: InProcessCloud, file: Path, seconds: list[float]) -> TaskKey:
    """A fan-out of one batch, whose execution has started."""
    task = CreateStepFunctionTask(
        tenant_code="makespan",
        task_type="bench-works-async",
        input=[[str(file), number, each] for number, each in enumerate(seconds)],
        batch_size=len(seconds),
        notify="none",
    )
    key = cloud.service.create_step_function_task(task=task).key
    cloud.wiring.tasks.mark([(cloud.wiring.tasks.get(key), Status.STARTED)])
    return key
