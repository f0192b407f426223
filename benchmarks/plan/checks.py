"""A planned fan-out against every limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.plan import limits, rates, states
from benchmarks.plan.pace import MARGIN_SECONDS, Pace
from benchmarks.plan.sample import Sample
from taskmill.aws.dynamodb.batches import TRANSACTION_MARKS

SPARE_SECONDS = 2 * MARGIN_SECONDS


@dataclass(frozen=True, kw_only=True)
class Check:
    """What is planned and how much is allowed; `timed`: it depends on measured times."""

    name: str
    planned: float
    limit: float
    unit: str = ""
    timed: bool = False

    @property
    def passes(self) -> bool:
        return self.planned <= self.limit


def checks(pace: Pace, sample: Sample) -> list[Check]:
    """All of them."""
    return [
        *_planner(pace),
        *_payloads(pace),
        *_executions(pace),
        *_rows(pace, sample),
        *_durations(pace),
        *_rates(pace, sample),
    ]


def _planner(pace: Pace) -> Iterator[Check]:
    planned = pace.planned
    for refusal in planned.refusals:
        yield Check(name=f"the planner refuses: {refusal}", planned=1, limit=0)
    yield Check(name="batches", planned=planned.batches, limit=limits.MAX_BATCHES)
    size = planned.case.count * (planned.case.element_bytes + 1)
    yield Check(name="the input", planned=size, limit=limits.MAX_PAYLOAD_BYTES, unit="bytes")


def _payloads(pace: Pace) -> Iterator[Check]:
    for name, size in states.payload_bytes(pace.planned).items():
        yield Check(name=name, planned=size, limit=limits.PAYLOAD_BYTES, unit="bytes")


def _executions(pace: Pace) -> Iterator[Check]:
    yield Check(
        name="child executions at once", planned=pace.at_once, limit=limits.CHILD_EXECUTIONS
    )
    for name, events in (
        ("the execution's history", states.parent_events()),
        ("a child's history", states.child_events()),
    ):
        yield Check(name=name, planned=events, limit=limits.HISTORY_EVENTS, unit="events")
    yield Check(
        name="an execution's name",
        planned=states.name_length(),
        limit=limits.EXECUTION_NAME,
        unit="characters",
    )


def _rows(pace: Pace, sample: Sample) -> Iterator[Check]:
    yield Check(
        name="elements in a batch's memory",
        planned=pace.held_bytes,
        limit=pace.planned.case.batch_memory_mb * limits.MB / 2,
        unit="bytes",
    )
    for name, size in (("a subtask's row", sample.ended), ("the fan-out's row", sample.parent_row)):
        yield Check(name=name, planned=size, limit=limits.ITEM_BYTES, unit="bytes")
    actions = min(TRANSACTION_MARKS, pace.planned.batches) + 1
    yield Check(name="actions of a transaction", planned=actions, limit=limits.TRANSACTION_ACTIONS)
    yield Check(
        name="a transaction",
        planned=(actions - 1) * sample.batch_row + sample.parent_row,
        limit=limits.TRANSACTION_BYTES,
        unit="bytes",
    )


def _durations(pace: Pace) -> Iterator[Check]:
    longest = pace.planned.case.subtask_ms / 1000 + SPARE_SECONDS
    timed = {"unit": "s", "timed": True}
    yield Check(name="split", planned=pace.split_seconds, limit=limits.LAMBDA_SECONDS, **timed)
    yield Check(name="the longest subtask", planned=longest, limit=limits.LAMBDA_SECONDS, **timed)
    yield Check(
        name="invocations of a batch",
        planned=pace.invocations,
        limit=1 + limits.BATCH_RETRIES,
        timed=True,
    )
    yield Check(name="finish", planned=pace.finish_seconds, limit=limits.LAMBDA_SECONDS, **timed)
    yield Check(name="the execution", planned=pace.seconds, limit=limits.EXECUTION_SECONDS, **timed)


def _rates(pace: Pace, sample: Sample) -> Iterator[Check]:
    writes = {
        "a partition of subtasks, split": rates.split_partition(pace, sample),
        "a partition of subtasks, outcomes": rates.outcome_partition(pace, sample),
        "the partition of the batches": rates.batch_partition(pace, sample),
        "the partition of the fan-out's row": rates.parent_partition(pace, sample),
    }
    for name, rate in writes.items():
        yield Check(
            name=name,
            planned=rate,
            limit=limits.PARTITION_WRITES,
            unit="write units a second",
            timed=True,
        )
    yield Check(
        name="the whole table",
        planned=rates.table_writes(pace, sample),
        limit=limits.TABLE_WRITES,
        unit="write units a second",
        timed=True,
    )
    yield Check(
        name="the partition of the batches, finish",
        planned=rates.finish_reads(pace, sample),
        limit=limits.PARTITION_READS,
        unit="read units a second",
        timed=True,
    )
