"""Stores the subtask rows of a step function task; memory does not grow with the input."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.repeats import BATCH_STATEMENTS
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.s3.payloads import SUBTASK_INPUT_INLINE, PayloadRef, PayloadStore
from taskmill.fanout.element_lines import text_of
from taskmill.model.chunks import chunked
from taskmill.model.clock import Clock, now_ms, ttl_seconds
from taskmill.model.error_details import failed_with
from taskmill.model.errors import InvalidRequest
from taskmill.model.json_reading import NotJson
from taskmill.model.json_text import dump_json, fits_row
from taskmill.model.keys import attention_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

LOOK_UP_ROWS = 5_000  # between two looks whether the parent still wants them: some seconds


@dataclass(frozen=True, kw_only=True)
class Inserter:
    """Stores one subtask row per element of the input array.

    Attributes:
        threads: Insert calls (25 rows each) in parallel; one takes some 10 ms, mostly waiting.
    """

    subtasks: SubtaskStore
    payloads: PayloadStore
    threads: int = 16
    clock: Clock = now_ms

    def insert(self, parent: TaskRow, *, goes_on: Callable[[], bool] | None = None) -> int:
        """Store one row per element of the input; existing rows are left unchanged.

        An element that is not JSON within the limits of `read_json`, or larger than 6 MB, gets a
        FAILED row; the others are not affected.

        Args:
            goes_on: Asked after every 5,000 rows; False: stop, the parent has ended.

        Returns:
            The number of elements, or of those before it was stopped.
        """
        pending: deque[Future[None]] = deque()
        count = 0
        with ThreadPoolExecutor(self.threads) as pool:
            for rows in chunked(self._rows(parent), BATCH_STATEMENTS):
                if goes_on and count and count % LOOK_UP_ROWS == 0 and not goes_on():
                    break
                count += len(rows)
                pending.append(pool.submit(self.subtasks.insert, rows))
                if len(pending) > 2 * self.threads:  # bounds the rows held in memory
                    pending.popleft().result()
            for future in pending:
                future.result()
        return count

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
            text = text_of(line, index)
        except NotJson as problem:
            return self._failed_row(parent, index, str(problem))
        if not fits_row(text, limit=SUBTASK_INPUT_INLINE):
            return self._row(parent, index, None).but(input_ref=str(ref))
        return self._row(parent, index, text)

    def _row(self, parent: TaskRow, index: int, text: str | None) -> TaskRow:
        now = self.clock()
        return TaskRow(
            key=parent.key.subtask(index),
            status=Status.CREATED,
            input=text,
            run=parent.run,
            created_at=max(now, parent.created_at or 0),
            updated_at=now,
            notify="each" if parent.notify == "each" else None,
        )

    def _failed_row(self, parent: TaskRow, index: int, problem: str) -> TaskRow:
        """The FAILED row of an element that can never run: it must not fail the whole fan-out."""
        now = self.clock()
        error = InvalidRequest(problem, field="input")
        return self._row(parent, index, None).but(
            status=Status.FAILED,
            **failed_with(error),
            finished_at=now,
            ttl=ttl_seconds(now, self.subtasks.retention_days),
            attention=attention_of(parent.key.subtask(index)),
        )
