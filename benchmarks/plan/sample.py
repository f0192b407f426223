"""Small fan-outs of the same kind through the real handlers: what a subtask and a batch cost."""

from dataclasses import dataclass

from benchmarks.ledger.cloud import TASKS, LedgerCloud
from benchmarks.ledger.lambda_time import with_lambda_time
from benchmarks.ledger.usage import Usage
from benchmarks.plan.case import Case
from taskmill.testing.sizes import item_size

SUBTASKS, BATCHES = 200, 2
ROWS = {  # that are looked at: their kind, and how they are written
    "ended": ("SUBTASK", "INSERT"),
    "batch_row": ("BATCH", "MODIFY"),
    "parent_row": ("SFN_TASK", "MODIFY"),
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What use grows with, and the size of the rows in bytes.

    Attributes:
        once: What the fan-out itself uses.
        subtask: What each subtask adds, and `batch` each batch.
        ended: Of a subtask's row, with its outcome.
    """

    once: Usage
    subtask: Usage
    batch: Usage
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


def element(case: Case) -> list[int | str]:
    """An element of so many bytes of JSON, which asks for a result of so many."""
    empty = len(f'[{case.result_bytes},""]')
    return [case.result_bytes, "x" * max(case.element_bytes - empty, 0)]


def _run(case: Case, count: int, batches: int) -> tuple[Usage, dict[str, int]]:
    """What a fan-out uses, and the largest row of each kind, from the table's own stream."""
    body = {
        "taskType": "gives",
        "input": [element(case)] * count,
        "batchSize": count // batches,
        "notify": "progress",
    }
    sizes = dict.fromkeys(ROWS, 0)
    with LedgerCloud(modules=[TASKS]) as cloud:
        usage = cloud.used(lambda cloud: cloud.post("step-function-tasks", body))
        for record in cloud.table.records:
            image = record["dynamodb"].get("NewImage", {})
            written = image.get("row", {}).get("S"), record["eventName"]
            for name, wanted in ROWS.items():
                if written == wanted:
                    sizes[name] = max(sizes[name], item_size(image))
    return with_lambda_time(usage, memory_mb=case.batch_memory_mb), sizes
