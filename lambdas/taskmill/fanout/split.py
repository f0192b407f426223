"""The first step: one row per element, and the ranges that the Map works through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.fanout.insert import Inserter
from taskmill.model.batch_plan import batch_size_for, batch_spans
from taskmill.model.clock import Clock, now_ms
from taskmill.model.derived_codes import execution_name
from taskmill.model.errors import IllegalStatusChange
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNT_NAMES, RETRYABLE, Status

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Splitter:
    """Writes the subtasks of a fan-out. Running it again changes nothing.

    Attributes:
        max_concurrency: Batches worked on at once when the submitter does not say.
    """

    tasks: TaskStore
    subtasks: SubtaskStore
    batches: BatchStore
    inserter: Inserter
    max_concurrency: int = 100
    clock: Clock = now_ms

    def split(self, key: TaskKey, *, execution: str | None = None) -> dict[str, Any]:
        """Store the subtasks and say which batches there are to work through.

        Args:
            execution: The execution's name; one of an earlier run finds nothing to do.

        Returns:
            `{"batches": [[first, last], …], "maxConcurrency": n}`
        """
        parent = self.tasks.get(key)
        stale = execution is not None and execution_name(key, parent.run) != execution
        spans = [] if parent.ended or stale else self._spans(parent)
        limit = parent.max_concurrency or self.max_concurrency
        return {"batches": [list(span) for span in spans], "maxConcurrency": limit}

    def _spans(self, parent: TaskRow) -> list[Span]:
        if parent.split_run is None:
            count = self.inserter.insert(parent)
            size = parent.batch_size or batch_size_for(count)
            self._split_done(parent, count, size, dict.fromkeys(COUNT_NAMES, 0))
            return batch_spans(count, size)
        if parent.split_run == parent.run:  # split before, and delivered again
            return self._open_spans(parent)
        return self._reopen(parent)

    def _reopen(self, parent: TaskRow) -> list[Span]:
        """Prepare another run: the failed and cancelled subtasks again, the completed ones kept."""
        kept, uncounted = dict.fromkeys(COUNT_NAMES, 0), []
        batches = {batch.first: batch for batch in self.batches.of(parent.key)}
        size = parent.batch_size or 1
        for first, last in batch_spans(parent.child_count or 0, size):
            batch = batches.get(first)
            if batch and batch.counts.get("completed", 0) == last - first + 1:
                kept["completed"] += batch.counts["completed"]
                uncounted += [] if batch.counted else [batch]
                continue
            self._reopen_rows(parent.key, first, last)
            if batch:
                self.batches.reopen(batch)
        self.batches.keep(uncounted)
        spans = self._open_spans(parent)
        self._split_done(parent, parent.child_count or 0, size, kept)
        return spans

    def _reopen_rows(self, key: TaskKey, first: int, last: int) -> None:
        again = {"status": Status.CREATED, "attempts": 0}
        rows = [row for row in self.subtasks.read(key, first, last) if row.status in RETRYABLE]
        self.subtasks.write(
            [(row, again) for row in rows], removes=("attention", "ttl", "finishedAt", "retryAt")
        )

    def _open_spans(self, parent: TaskRow) -> list[Span]:
        done = {
            batch.first for batch in self.batches.of(parent.key) if batch.status is Status.COMPLETED
        }
        spans = batch_spans(parent.child_count or 0, parent.batch_size or 1)
        return [span for span in spans if span[0] not in done]

    def _split_done(self, parent: TaskRow, count: int, size: int, counts: dict[str, int]) -> None:
        extra = {"splitRun": parent.run, "childCount": count, "batchSize": size}
        extra["startedAt"] = parent.started_at or self.clock()
        try:
            self.tasks.move(
                parent.key,
                Status.PROCESSING,
                attributes={"counts": {"total": count, **counts}},
                extra=extra,
                run=parent.run,
                unless={"splitRun": parent.run},
            )
        except IllegalStatusChange:
            # Cancelled meanwhile: every batch will see it. Split twice at once: the other said it.
            return
