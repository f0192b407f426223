"""Small fan-outs of the same kind through the real handlers: what a subtask and a batch cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.ledger.cloud import TASKS, LedgerCloud
from benchmarks.ledger.lambda_time import with_lambda_time
from benchmarks.ledger.usage import Usage
from benchmarks.plan.case import Case
from taskmill.testing.sizes import item_size

SUBTASKS, BATCHES = 200, 2


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What use grows with, and the size of the rows in bytes.

    Attributes:
        once: What the fan-out itself uses.
        subtask: What each subtask adds, and `batch` each batch.
        inserted: Of a subtask's row as split writes it; `ended`: with its outcome.
    """

    once: Usage
    subtask: Usage
    batch: Usage
    inserted: int
    ended: int
    batch_row: int
    parent_row: int

    def usage(self, count: int, batches: int) -> Usage:
        """Of a fan-out of any size: use is linear in subtasks and batches, as tests show."""
        return self.once + self.subtask * count + self.batch * batches


def take(case: Case) -> Sample:
    """Run three small fan-outs whose differences are a subtask and a batch."""
    base, sizes = _run(case, SUBTASKS, BATCHES)
    more_subtasks, _ = _run(case, 2 * SUBTASKS, BATCHES)
    more_batches, _ = _run(case, 2 * SUBTASKS, 2 * BATCHES)
    subtask = (more_subtasks - base) / SUBTASKS
    batch = (more_batches - more_subtasks) / BATCHES
    once = base - subtask * SUBTASKS - batch * BATCHES
    return Sample(once=once, subtask=subtask, batch=batch, **sizes)


def _run(case: Case, count: int, batches: int) -> tuple[Usage, dict[str, int]]:
    body = {
        "taskType": "gives",
        "input": [element(case)] * count,
        "batchSize": count // batches,
        "notify": "progress",
    }
    with LedgerCloud(modules=[TASKS]) as cloud:
        usage = cloud.used(lambda cloud: _post(cloud, body))
        return with_lambda_time(usage, memory_mb=case.batch_memory_mb), _sizes(cloud)


def element(case: Case) -> list[int | str]:
    """An element of so many bytes of JSON, which asks for a result of so many."""
    empty = len(f'[{case.result_bytes},""]')
    return [case.result_bytes, "x" * max(case.element_bytes - empty, 0)]


def _post(cloud: LedgerCloud, body: object) -> None:
    cloud.post("step-function-tasks", body)


def _sizes(cloud: LedgerCloud) -> dict[str, int]:
    """The largest row of each kind, from the table's own stream."""
    records = cloud.table.records
    return {
        "inserted": _largest(records, "SUBTASK", "INSERT"),
        "ended": _largest(records, "SUBTASK", "MODIFY"),
        "batch_row": _largest(records, "BATCH", "MODIFY"),
        "parent_row": _largest(records, "SFN_TASK", "MODIFY"),
    }


def _largest(records: Iterable[dict[str, object]], kind: str, event: str) -> int:
    images = (
        record["dynamodb"]["NewImage"]  # type: ignore[index]
        for record in records
        if record["eventName"] == event
    )
    return max(item_size(image) for image in images if image.get("row") == {"S": kind})
