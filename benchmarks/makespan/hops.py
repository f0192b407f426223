"""How often the table's stream has to be delivered between one thing and the next.

Each delivery is the longest of the waits on AWS, so it is counted: in the in-process cloud, which
delivers the stream only when nothing else is left to do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.tasks import virtual_tasks
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud

# Milliseconds, medians of what others measured within a region, from the producer's stamp to the
# consumer: bitesizedserverless.com, "Serverless messaging: latency compared". No run of ours.
STREAM_MS, QUEUE_MS = 213, 16
# Assumed.
API_MS, CLAIM_MS, COUNT_MS = 15, 5, 10


@dataclass(frozen=True)
class Path:
    """A way from one thing to the next.

    Attributes:
        hops: Deliveries of the stream on it.
        other_ms: All else on it, on AWS, by arithmetic.
    """

    name: str
    hops: int
    other_ms: int

    @property
    def milliseconds(self) -> int:
        return self.hops * STREAM_MS + self.other_ms


SUBMIT = "submit to start"
ONE, TEN_CHILDREN = (
    "a single child's end to its parent",
    "the last of ten children's ends to their parent",
)


def count() -> list[Path]:
    """All that are told of."""
    return [
        Path(
            SUBMIT, _hops("bench-says", "a task", "submit", "a task"), API_MS + QUEUE_MS + CLAIM_MS
        ),
        Path(ONE, _hops("bench-waits-for", 1, "a child runs", "the parent goes on"), _wake()),
        Path(
            TEN_CHILDREN,
            _hops("bench-waits-for", 10, "a child runs", "the parent goes on"),
            _wake(),
        ),
    ]


def _wake() -> int:
    return COUNT_MS + QUEUE_MS + CLAIM_MS


@dataclass
class _StreamLast(InProcessCloud):
    """Delivers the stream when there is nothing else to do, and notes that."""

    def deliver_records(self) -> None:
        virtual_tasks.NOTES.append("a hop")
        super().deliver_records()

    def _possible_steps(self) -> Iterator[Callable[[], None]]:
        others = [step for step in super()._possible_steps() if step != self.deliver_records]
        yield from others or super()._possible_steps()


def _hops(task_type: str, value: Any, first: str, last: str) -> int:
    """Deliveries of the stream between the last time of one note and that of another."""
    with _StreamLast(modules=["benchmarks.tasks.virtual_tasks"]) as cloud:
        virtual_tasks.use(cloud)
        virtual_tasks.NOTES.append("submit")
        cloud.service.create_task(
            task=CreateTask(tenant_code="makespan", task_type=task_type, input=value)
        )
        cloud.run()
    notes = virtual_tasks.NOTES
    ends = {what: len(notes) - 1 - notes[::-1].index(what) for what in (first, last)}
    return notes[ends[first] : ends[last]].count("a hop")
