"""The split step of a fan-out: stores a row per element, returns the batches for the Map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.s3.expiry import naming
from taskmill.fanout.finish import Finisher
from taskmill.fanout.insert import Inserter
from taskmill.model.batch_plan import batch_size_for, batch_spans
from taskmill.model.clock import Clock, now_ms
from taskmill.model.derived_codes import execution_name
from taskmill.model.errors import IllegalStatusChange
from taskmill.model.keys import CHUNK, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNT_NAMES, RETRYABLE, Status

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Splitter:
    """Stores the subtasks of a fan-out. Idempotent.

    Attributes:
        finisher: Finishes a fan-out anew that has ended while it was split again.
        max_concurrency: Batches that run in parallel, unless the submit sets its own number.
    """

    tasks: TaskStore
    subtasks: SubtaskStore
    batches: BatchStore
    inserter: Inserter
    finisher: Finisher
    max_concurrency: int = 100
    clock: Clock = now_ms

    def split(self, key: TaskKey, *, execution: str | None = None) -> dict[str, Any]:
        """Store the subtasks and return the batches that are still to run.

        Args:
            execution: The name of the calling execution; for that of an earlier run there are no
                batches.

        Returns:
            `{"batches": [[first, last], …], "maxConcurrency": n}`; indexes are inclusive.

        Raises:
            TaskNotFound: No task has this key.
        """
        parent = self.tasks.get(key)
        own = execution_name(key, parent.run, parent.created_at)
        stale = execution is not None and execution != own
        spans = [] if parent.ended or stale else self._spans(parent)
        limit = parent.max_concurrency or self.max_concurrency
        return {"batches": [list(span) for span in spans], "maxConcurrency": limit}

    def _spans(self, parent: TaskRow) -> list[Span]:
        if parent.split_run is None:
            with naming(parent.key, "input"):
                count = self.inserter.insert(parent, goes_on=lambda: self._is_wanted(parent))
            size = parent.batch_size or batch_size_for(count)
            spans = batch_spans(count, size)
            if parent.run > 1:  # an earlier run was cancelled while it was split, and its rows too
                for first, last in spans:
                    self._reopen_rows(parent.key, first, last)
            if self._split_done(parent, count, size, dict.fromkeys(COUNT_NAMES, 0)):
                return spans
            if self._is_wanted(parent):
                return self._open_spans(self.tasks.get(parent.key))
            self._cancel_rows(parent, count)
            return []
        if parent.split_run == parent.run:  # the split function was invoked again
            return self._open_spans(parent)
        return self._reopen(parent)

    def _is_wanted(self, parent: TaskRow) -> bool:
        """Whether the parent is still open, and in the run that is being split."""
        now = self.tasks.get(parent.key)
        return not now.ended and now.run == parent.run

    def _cancel_rows(self, parent: TaskRow, count: int) -> None:
        """Cancel the rows stored for a parent that ended meanwhile: its finish may be over."""
        for first, last in batch_spans(count, CHUNK):
            now = self.tasks.get(parent.key)
            if not now.ended or now.run != parent.run:
                return  # started again: the rows are the next run's
            rows = [row for row in self.subtasks.read(parent.key, first, last) if not row.ended]
            self.subtasks.write([(row, {"status": Status.CANCELLED}) for row in rows])

    def _reopen(self, parent: TaskRow) -> list[Span]:
        """Prepare another run: reset failed and cancelled subtasks, keep the completed ones."""
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
        done = self._split_done(parent, parent.child_count or 0, size, kept)
        if done or self._is_wanted(parent):
            return spans
        # It has ended meanwhile, and its finish may have come before the last rows were reopened.
        own = execution_name(parent.key, parent.run, parent.created_at)
        self.finisher.finish(parent.key, execution=own)
        return []

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

    def _split_done(self, parent: TaskRow, count: int, size: int, counts: dict[str, int]) -> bool:
        """Store that this run is split; False: the parent has ended, or another invocation did."""
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
            return False
        return True
