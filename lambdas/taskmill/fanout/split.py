"""The split step of a fan-out: finds where its batches begin, and returns them for the Map."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.s3.expiry import naming
from taskmill.aws.s3.payloads import PayloadRef, PayloadStore
from taskmill.fanout.element_lines import find_batches
from taskmill.model.batch_plan import batch_count, batch_size_for, batch_spans
from taskmill.model.clock import Clock, now_ms
from taskmill.model.derived_codes import execution_name
from taskmill.model.errors import IllegalStatusChange
from taskmill.model.keys import TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNT_NAMES, FINAL, Status
from taskmill.model.subtask_layout import ON_DEMAND, on_demand, rows_ttl
from taskmill.model.subtask_states import is_earlier, standing


@dataclass(frozen=True, slots=True)
class Split:
    """How an input is split.

    Attributes:
        count: Elements.
        ranges: Of each batch, offset and number of bytes in the input object; empty: the input
            is in the fan-out's row.
        etag: Of the input object.
    """

    count: int
    size: int
    ranges: list[tuple[int, int]]
    etag: str | None = None

    def items(self) -> list[list[int]]:
        """The items of the Map: `[first, last]`, then offset and number of bytes if there are any.

        5,000 of them take at most 190 KB, for a state of the execution that may have 256 KB.
        """
        spans = batch_spans(self.count, self.size)
        if not self.ranges:
            return [list(span) for span in spans]
        return [[*span, *where] for span, where in zip(spans, self.ranges, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Splitter:
    """Splits the input of a fan-out. Idempotent.

    It writes no subtasks, and parses none: it only looks for the ends of lines.

    Attributes:
        max_concurrency: Batches that run in parallel, unless the submit sets its own number, or
            the fan-out has slots of limits: then as many as these.
    """

    tasks: TaskStore
    batches: BatchStore
    payloads: PayloadStore
    max_concurrency: int = 100
    clock: Clock = now_ms

    def split(self, key: TaskKey, *, execution: str | None = None) -> dict[str, Any]:
        """Return the batches that are still to run.

        Args:
            execution: The name of the calling execution; for that of an earlier run there are no
                batches.

        Returns:
            `{"batches": […], "maxConcurrency": n}`; for the batches see `Split.items`. With
            `"pool"`, if they run in a worker pool.

        Raises:
            TaskNotFound: No task has this key.
            PayloadMissing: The input has expired, or was replaced.
        """
        parent = self.tasks.get(key)
        own = execution_name(key, parent.run, parent.created_at)
        stale = execution is not None and execution != own
        batches = [] if parent.ended or stale else self._batches(parent)
        limit = parent.slots or parent.max_concurrency or self.max_concurrency
        pool = {"pool": parent.pool} if parent.pool else {}
        return {"batches": batches, "maxConcurrency": limit, **pool}

    def _batches(self, parent: TaskRow) -> list[list[int]]:
        layout_two = on_demand(parent)
        if not layout_two and parent.split_run == parent.run:
            # An earlier version has split it, in this run; a batch that is closed returns at once.
            spans = batch_spans(parent.child_count or 0, parent.batch_size or 1)
            return [list(span) for span in spans]
        found = self._split(parent)
        whole: list[BatchRow] = []
        if layout_two and (parent.run > 1 or parent.split_run is not None):
            numbers = range(batch_count(found.count, found.size))
            known = self.batches.find(parent, numbers).values()
            rows = [row for row in known if isinstance(row, BatchRow)]
            whole = [row for row in rows if standing(parent, row) and _is_done(parent, row)]
        if parent.split_run != parent.run and not self._store(parent, found, whole):
            return []
        done = {row.first for row in whole}
        return [item for item in found.items() if item[0] not in done]

    def _split(self, parent: TaskRow) -> Split:
        if parent.input is not None:
            count = len(json.loads(parent.input))
            return Split(count, parent.batch_size or batch_size_for(count), [])
        source = PayloadRef.parse(parent.input_ref or "").key
        size = parent.batch_size or batch_size_for(parent.child_count or 0)
        with naming(parent.key, "input"):
            etag, chunks = self.payloads.chunks(source, etag=parent.input_etag)
            found = find_batches(chunks, size)
        return Split(found.count, size, found.ranges, etag)

    def _store(self, parent: TaskRow, found: Split, whole: list[BatchRow]) -> bool:
        """Store that this run is split.

        Returns:
            False: the parent has ended, or another invocation has stored it, and runs the batches.
        """
        now = self.clock()
        ttl = rows_ttl(now, self.tasks.retention_days)
        kept = {name: sum(row.counts.get(name, 0) for row in whole) for name in COUNT_NAMES}
        counts = {"total": found.count, **kept}
        extra: dict[str, Any] = {
            "splitRun": parent.run,
            "childCount": found.count,
            "batchSize": found.size,
            "rows": ON_DEMAND,
            "rowsTtl": ttl,
            "inputEtag": found.etag,
            # Of a fan-out that an earlier version has submitted, some rows may be stored.
            "rowsStored": True if parent.rows_stored or not on_demand(parent) else None,
            "startedAt": parent.started_at or now,
        }
        if ttl is not None:  # before the parent says that it is split: then they may be relied on
            self.batches.renew(whole, ttl)
        try:
            self.tasks.move(
                parent.key,
                Status.PROCESSING,
                attributes={"counts": counts},
                extra={name: value for name, value in extra.items() if value is not None},
                run=parent.run,
                unless={"splitRun": parent.run},
            )
        except IllegalStatusChange:
            now_stored = self.tasks.get(parent.key)
            return not now_stored.ended and now_stored.split_run == parent.run == now_stored.run
        return True


def _is_done(parent: TaskRow, row: BatchRow) -> bool:
    """Whether a batch need not run: it is closed, or this run is restricted to others."""
    given_up_before = row.status in FINAL and is_earlier(parent, row)
    return row.status is Status.COMPLETED or given_up_before
