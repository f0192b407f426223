"""The first step: one row per element, and the ranges that the Map works through."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from taskmill.clock import Clock, now_ms, ttl_seconds
from taskmill.errors import IllegalStatusChange, InvalidRequest, describe_error
from taskmill.fanout.plan import batch_size_for, batch_spans
from taskmill.keys import TaskKey, execution_name
from taskmill.payloads import SUBTASK_INPUT_INLINE, PayloadRef, PayloadStore, dump_json
from taskmill.rows import BatchRow, TaskRow
from taskmill.statuses import Status
from taskmill.store import SubtaskStore, TaskStore
from taskmill.store.table import BATCH_STATEMENTS

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Splitter:
    """Writes the subtasks of a fan-out. Running it again changes nothing.

    Attributes:
        max_concurrency: Batches worked on at once when the submitter does not say.
        threads: Inserts under way at once; a row insert takes some 10 ms, mostly waiting.
    """

    tasks: TaskStore
    subtasks: SubtaskStore
    payloads: PayloadStore
    max_concurrency: int = 100
    threads: int = 16
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

    def insert(self, parent: TaskRow) -> int:
        """Store a row per element of the input; rows that are there stay as they are.

        Returns:
            How many elements there are.
        """
        pending: deque[Future[None]] = deque()
        count = 0
        with ThreadPoolExecutor(self.threads) as pool:
            for rows in _chunks(self._rows(parent), BATCH_STATEMENTS):
                count += len(rows)
                pending.append(pool.submit(self.subtasks.insert, rows))
                if len(pending) > 2 * self.threads:  # keeps memory the same at every size
                    pending.popleft().result()
            for future in pending:
                future.result()
        return count

    def _spans(self, parent: TaskRow) -> list[Span]:
        if parent.split_run is None:
            count = self.insert(parent)
            size = parent.batch_size or batch_size_for(count)
            self._split_done(parent, count, size, {"completed": 0, "failed": 0, "cancelled": 0})
            return batch_spans(count, size)
        if parent.split_run == parent.run:  # split before, and delivered again
            return self._open_spans(parent)
        return self._reopen(parent)

    def _reopen(self, parent: TaskRow) -> list[Span]:
        """Prepare another run: the failed and cancelled subtasks again, the completed ones kept."""
        kept = dict.fromkeys(("completed", "failed", "cancelled"), 0)
        for batch in self.subtasks.batches(parent.key):
            if batch.counts.get("completed", 0) == batch.last - batch.first + 1:
                kept["completed"] += batch.counts["completed"]
            else:
                self._reopen_rows(parent.key, batch)
                self.subtasks.reopen_batch(batch)
        spans = self._open_spans(parent)
        self._split_done(parent, parent.child_count or 0, parent.batch_size or 1, kept)
        return spans

    def _reopen_rows(self, key: TaskKey, batch: BatchRow) -> None:
        ended = (Status.FAILED, Status.CANCELLED)
        again = {"status": Status.CREATED, "attempts": 0}
        rows = [r for r in self.subtasks.read(key, batch.first, batch.last) if r.status in ended]
        self.subtasks.write(
            [(row, again) for row in rows], removes=("attention", "ttl", "finishedAt", "retryAt")
        )

    def _open_spans(self, parent: TaskRow) -> list[Span]:
        done = {
            batch.first
            for batch in self.subtasks.batches(parent.key)
            if batch.status is Status.COMPLETED
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

    def _rows(self, parent: TaskRow) -> Iterator[TaskRow]:
        if parent.input is not None:
            elements: Iterable[Any] = json.loads(parent.input)
            for index, element in enumerate(elements):
                yield self._row(parent, index, dump_json(element, field="input"))
            return
        source = PayloadRef.parse(parent.input_ref or "").key
        for index, (offset, line) in enumerate(self.payloads.lines(source)):
            yield self._row_of_line(parent, index, line, PayloadRef(source, offset, len(line)))

    def _row_of_line(self, parent: TaskRow, index: int, line: bytes, ref: PayloadRef) -> TaskRow:
        try:
            text = line.decode("utf-8-sig" if index == 0 else "utf-8").strip()
            json.loads(text)
        except ValueError as error:
            problem = InvalidRequest(f"element {index} is not JSON: {error}", field="input")
            return self._refused(parent, index, problem)
        if len(line) > SUBTASK_INPUT_INLINE:
            return dataclasses.replace(self._row(parent, index, None), input_ref=str(ref))
        return self._row(parent, index, text)

    def _row(self, parent: TaskRow, index: int, text: str | None) -> TaskRow:
        now = self.clock()
        return TaskRow(
            key=parent.key.subtask(index),
            status=Status.CREATED,
            input=text,
            created_at=now,
            updated_at=now,
            notify="each" if parent.notify == "each" else None,
        )

    def _refused(self, parent: TaskRow, index: int, problem: InvalidRequest) -> TaskRow:
        """An element that no attempt could help: its own row fails, not the whole fan-out."""
        now = self.clock()
        return dataclasses.replace(
            self._row(parent, index, None),
            status=Status.FAILED,
            attributes={"error": describe_error(problem)},
            finished_at=now,
            ttl=ttl_seconds(now, self.tasks.retention_days),
            attention=f"FAILED#{parent.key.tenant}",
        )


def _chunks(rows: Iterable[TaskRow], size: int) -> Iterator[list[TaskRow]]:
    iterator = iter(rows)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk
