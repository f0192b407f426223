"""A fan-out that is only planned: what is asked, and what the real planner makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from taskmill.errors import TaskmillError
from taskmill.model.batch_plan import MAX_BATCH_SIZE, batch_size_for, batch_spans, check_count

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is asked.

    Attributes:
        element_bytes: Of each element, and `result_bytes` of what its task returns.
        batch_size: None: as the planner chooses.
        max_concurrency: Batches at once.
        subtask_ms: How long the task function takes.
        batch_memory_mb: Of the function that runs batches.
    """

    count: int = 1_000_000
    element_bytes: int = 200
    result_bytes: int = 20
    batch_size: int | None = None
    max_concurrency: int = 100
    subtask_ms: float = 50.0
    batch_memory_mb: int = 512


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What becomes of it: the spans of the batches, and why the planner refuses it, if it does."""

    case: Case
    size: int
    spans: Sequence[Span]
    refusals: Sequence[str]

    @property
    def batches(self) -> int:
        return len(self.spans)


def planned(case: Case) -> Planned:
    """Ask the real planner. What it refuses is planned all the same, to see what would break."""
    refusals = []
    size = case.batch_size or max(-(-case.count // 5_000), 1)
    try:
        check_count(case.count)
    except TaskmillError as refused:
        refusals.append(refused.message)
    try:
        size = batch_size_for(case.count, case.batch_size)
    except TaskmillError as refused:
        refusals.append(refused.message)
    if size > MAX_BATCH_SIZE:
        refusals.append(f"batches of {size:,} are larger than {MAX_BATCH_SIZE:,}")
    spans = batch_spans(case.count, size)
    return Planned(case=case, size=size, spans=spans, refusals=refusals)
