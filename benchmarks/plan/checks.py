"""A planned fan-out against every limit."""

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass

from benchmarks.plan import limits, rates, states
from benchmarks.plan.pace import MARGIN_SECONDS, Pace
from benchmarks.plan.sample import Sample
from taskmill.aws.dynamodb.batch_counts import TRANSACTION_MARKS

SPARE_SECONDS = 2 * MARGIN_SECONDS


@dataclass(frozen=True)
class Check:
    """What is planned and how much is allowed; `timed`: it depends on measured times."""

    name: str
    planned: float
    limit: float
    unit: str = ""
    _: KW_ONLY
    timed: bool = False

    @property
    def passes(self) -> bool:
        return self.planned <= self.limit


def checks(pace: Pace, sample: Sample) -> list[Check]:
    """All of them."""
    timed = [*_durations(pace), *_rates(pace, sample)]
    return [
        *(Check(f"the planner refuses: {each}", 1, 0) for each in pace.planned.refusals),
        *(Check(*each) for each in _sizes(pace, sample)),
        *(Check(*each, timed=True) for each in timed),
    ]


_Row = tuple[str, float, float] | tuple[str, float, float, str]


def _sizes(pace: Pace, sample: Sample) -> Iterator[_Row]:
    planned, case = pace.planned, pace.planned.case
    yield "batches", planned.batches, limits.MAX_BATCHES
    size = case.count * (case.element_bytes + 1)
    yield "the input", size, limits.MAX_PAYLOAD_BYTES, "bytes"
    for name, size in states.payload_bytes(planned).items():
        yield name, size, limits.PAYLOAD_BYTES, "bytes"
    yield "child executions at once", pace.at_once, limits.CHILD_EXECUTIONS
    yield "the execution's history", states.parent_events(), limits.HISTORY_EVENTS, "events"
    yield "a child's history", states.child_events(), limits.HISTORY_EVENTS, "events"
    yield "an execution's name", states.name_length(), limits.EXECUTION_NAME, "characters"
    half = case.batch_memory_mb * limits.MB / 2
    yield "elements in a batch's memory", pace.held_bytes, half, "bytes"
    yield "a subtask's row", sample.ended, limits.ITEM_BYTES, "bytes"
    yield "the fan-out's row", sample.parent_row, limits.ITEM_BYTES, "bytes"
    marks = min(TRANSACTION_MARKS, planned.batches)
    yield "actions of a transaction", marks + 1, limits.TRANSACTION_ACTIONS
    transaction = marks * sample.batch_row + sample.parent_row
    yield "a transaction", transaction, limits.TRANSACTION_BYTES, "bytes"


def _durations(pace: Pace) -> Iterator[_Row]:
    yield "split", pace.split_seconds, limits.LAMBDA_SECONDS, "s"
    longest = pace.planned.case.subtask_ms / 1000 + SPARE_SECONDS
    yield "the longest subtask", longest, limits.LAMBDA_SECONDS, "s"
    yield "invocations of a batch", pace.invocations, 1 + limits.BATCH_RETRIES
    yield "finish", pace.finish_seconds, limits.LAMBDA_SECONDS, "s"
    yield "the execution", pace.seconds, limits.EXECUTION_SECONDS, "s"


def _rates(pace: Pace, sample: Sample) -> Iterator[_Row]:
    unit, most = "write units a second", limits.PARTITION_WRITES
    yield "a partition of subtasks, outcomes", rates.outcome_partition(pace, sample), most, unit
    yield "a partition of the batches", rates.batch_partition(pace, sample), most, unit
    yield "the partition of the fan-out's row", rates.parent_partition(pace, sample), most, unit
    yield "the whole table", rates.table_writes(pace, sample), limits.TABLE_WRITES, unit
    reads = rates.finish_reads(pace, sample)
    name = "a partition of the batches, finish"
    yield name, reads, limits.PARTITION_READS, "read units a second"
