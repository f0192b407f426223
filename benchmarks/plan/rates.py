"""Write and read units a second on the partitions that a fan-out presses hardest.

A stored partition key is taken to be a partition. It holds 500 subtasks, so however fast they come,
no second sees more than 500 of their writes; the rows of all batches share 16, and the fan-out's
own row shares one with others.
"""

import math

from benchmarks.plan.pace import Pace
from benchmarks.plan.sample import Sample
from taskmill.aws.dynamodb.batch_counts import TRANSACTION_MARKS
from taskmill.model.keys import BATCH_SHARDS, CHUNK

COUNT_SECONDS = 0.05  # of one delivery of closed batches; the next waits for it
_MARK = 2  # a transaction is billed double, and counts so towards the limit


def outcome_partition(pace: Pace, sample: Sample) -> float:
    """The batches that share a partition write their outcomes."""
    sharing = min(CHUNK // pace.planned.size + 2, pace.at_once)
    rate = sharing / (pace.planned.case.subtask_ms / 1000 + pace.own_row_seconds)
    return min(rate, CHUNK) * _units(sample.ended)


def batch_partition(pace: Pace, sample: Sample) -> float:
    """A sixteenth of all batches, which begin together, then end and begin one by one."""
    row = _units(sample.batch_row)
    ending = pace.at_once / max(pace.batch_seconds, 1)
    return row * max(pace.at_once, ending * (1 + 1 + _MARK)) / BATCH_SHARDS


def parent_partition(pace: Pace, sample: Sample) -> float:
    """The sums of closed batches, up to 99 in one transaction, one transaction at a time."""
    closings = pace.at_once / max(pace.batch_seconds, 1)
    transactions = min(closings, 1 / COUNT_SECONDS) + closings / TRANSACTION_MARKS
    return _MARK * transactions * _units(sample.parent_row)


def table_writes(pace: Pace, sample: Sample) -> float:
    """Of the whole table, while batches run."""
    each = pace.planned.case.subtask_ms / 1000 + pace.own_row_seconds
    return pace.at_once / each * _units(sample.ended)


def finish_reads(pace: Pace, sample: Sample) -> float:
    """Finish reads the rows of all batches by their keys, as fast as it can."""
    units = pace.planned.batches * math.ceil(sample.batch_row / 4096) / BATCH_SHARDS
    return units / max(pace.finish_seconds, 1)


def _units(size: int) -> int:
    return math.ceil(size / 1024)
