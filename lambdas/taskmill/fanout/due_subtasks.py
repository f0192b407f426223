"""Which subtasks of a batch are to run now: reads what is stored, and decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.fanout.batch_input import BatchInput, has_input
from taskmill.fanout.outcomes import Outcomes
from taskmill.model.clock import Clock
from taskmill.model.error_details import describe_error
from taskmill.model.errors import InvalidRequest
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import fresh, has_begun
from taskmill.work.attempts import Outcome


@dataclass(kw_only=True)
class DueSubtasks:
    """The subtasks of a claimed batch; what has ended, or is due later, is noted in `outcomes`."""

    store: SubtaskStore
    parent: TaskRow
    batch: BatchRow
    input: BatchInput
    outcomes: Outcomes
    patience: Callable[[Callable[[], Any]], Any]
    clock: Clock
    passes: int = 0

    def __post_init__(self) -> None:
        self.on_demand = on_demand(self.parent)

    def due(self) -> Iterator[TaskRow]:
        """Note what has ended or is due later, and yield the other subtasks, ready to run.

        A subtask without a row yet has version 0. All have their inputs.
        """
        rows = self._stored_rows()
        open_rows = {row.key.index or 0: row for row in self._undecided(rows)}
        if all(has_input(row) for row in open_rows.values()):
            self.input.expect([*open_rows.values()])
            yield from open_rows.values()
            return
        for index, element in enumerate(self.input.elements(), start=self.batch.first):
            row = open_rows.pop(index, None)
            if row is None:
                continue
            if element.problem is None:
                yield row if has_input(row) else self.input.with_input(row, element)
                continue
            error = InvalidRequest(element.problem, field="input")
            self.outcomes.add(row, Outcome(Status.FAILED, {"error": describe_error(error)}))

    def _undecided(self, rows: dict[int, TaskRow | None]) -> Iterator[TaskRow]:
        """The subtasks that are to run now, in order."""
        indexes = range(self.batch.first, self.batch.last + 1) if self.on_demand else sorted(rows)
        for index in indexes:
            row = rows.get(index)
            if index in rows and row is None:
                continue  # unreadable: nothing can run or end it
            begun = row is not None and (not self.on_demand or has_begun(self.parent, row))
            if row is None or not begun:
                yield fresh(self.parent, index, row).but(ttl=self.parent.rows_ttl)
            elif row.ended:
                self.outcomes.found(row)
            elif row.status is Status.ERRORED and (row.retry_at or 0) > self.clock():
                self.outcomes.due.append(row.retry_at or 0)
            else:
                yield row.but(ttl=self.parent.rows_ttl) if self.on_demand else row

    def _stored_rows(self) -> dict[int, TaskRow | None]:
        """The stored rows by index, None for an unreadable one.

        The first invocation of a batch need not look: without a report from outside there are
        none. If there are after all, their inserts are refused, and the batch is read again.
        """
        self.passes += 1
        untouched = self.batch.claims == 1 and not self.batch.reports and self.passes == 1
        if self.on_demand and untouched and self.parent.run == 1 and not self.parent.rows_stored:
            return {}
        span = (self.batch.first, self.batch.last)
        shown = self.patience(lambda: list(self.store.shown(self.parent.key, *span)))
        rows: dict[int, TaskRow | None] = {}
        for each in shown:
            if isinstance(each, TaskRow):
                rows[each.key.index or 0] = each
            else:
                rows[int(each.values["sk"])] = None
        self._renew([row for row in rows.values() if row is not None])
        return rows

    def _renew(self, rows: list[TaskRow]) -> None:
        """Let what stands from an earlier run stay for as long as this one may take."""
        ttl = self.parent.rows_ttl
        if not self.on_demand or ttl is None or self.parent.run == 1:
            return
        stands = (row for row in rows if row.ended and has_begun(self.parent, row))
        old = [row for row in stands if (row.ttl or ttl) < ttl]
        self.patience(lambda: self.store.renew(old, ttl))
