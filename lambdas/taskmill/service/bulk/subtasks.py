"""Failed subtasks in a bulk operation: all that match of one fan-out are retried together.

They are one entry of a page: the key of their fan-out and their indexes, as in
"SFN_TASK#mbc/invoice#01J…!0:3,7-9".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from taskmill.model.batch_plan import batch_spans
from taskmill.model.bulk_filter import Matching
from taskmill.model.chosen_subtasks import MOST, Chosen, parsed
from taskmill.model.keys import TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.subtask_layout import on_demand
from taskmill.service.change import Changes

MARK = "!"


def entries(service: Changes, rows: Iterable[TaskRow], matching: Matching) -> Iterator[str]:
    """The entries of a page for these rows; none for a fan-out that was acted on before."""
    seen: set[TaskKey] = set()
    for row in rows:
        if row.key.index is None:
            yield str(row.key)
        elif row.key.parent not in seen:
            seen.add(row.key.parent)
            parent = service.rows_of([row.key.parent]).get(row.key.parent)
            if isinstance(parent, TaskRow) and not matching.acted_on(parent):
                indexes = list(_failed(service, parent, matching))[:MOST]
                if indexes:
                    yield f"{parent.key}{MARK}{Chosen.of(indexes).stored(0)}"


def entry_of(text: str) -> tuple[TaskKey, Chosen | None]:
    """The key of an entry and, of subtasks, which."""
    key, _, told = text.partition(MARK)
    return TaskKey.from_text(key), parsed(told)[1] if told else None


def _failed(service: Changes, parent: TaskRow, matching: Matching) -> Iterator[int]:
    """The subtasks that match: of the batches of which some have failed."""
    if not on_demand(parent):
        return
    spans = batch_spans(parent.child_count or 0, parent.batch_size or 1)
    batches = service.subtasks.batches.find(parent, range(len(spans)))
    for number, (first, last) in enumerate(spans):
        batch = batches[number]
        if isinstance(batch, BatchRow) and not batch.counts.get("failed"):
            continue
        for row in service.subtasks.read(parent, first, last):
            if matching.takes(row):
                yield row.key.index or 0
