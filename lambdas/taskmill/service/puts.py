"""Stores submitted tasks, or finds the ones that earlier, equal submits have stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from taskmill.aws.dynamodb.idempotency import Before, IdempotentPut, stored_before
from taskmill.aws.dynamodb.refusals import RowsRefused
from taskmill.model.api.requests import CreateStepFunctionTask, CreateTask
from taskmill.model.errors import IdempotencyConflict, InvalidRequest, TaskExists
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.parts import ServiceParts
from taskmill.service.repeats import difference, request_digest

Submitted = CreateTask | CreateStepFunctionTask


@dataclass(frozen=True, kw_only=True)
class Puts(ServiceParts):
    """Each method returns the row that is stored: the new one, or that of an equal submit."""

    def _stored_task(self, row: TaskRow, task: Submitted) -> TaskRow:
        if isinstance(task, CreateTask) and row.unique is not None:
            return self._with_key(row, task)
        if task.idempotency_key is None:
            return self._put(row, task)
        put = IdempotentPut(
            table=self.tasks.table,
            row=row,
            key=task.idempotency_key,
            digest=request_digest(self.payloads, task),
            now=self.clock(),
        )
        try:
            before = put.put()
        except TaskExists:
            raise self._exists(row, task, self.tasks.get(row.key)) from None
        return row if before is None else self._repeat(row, task, before)

    def _stored_tasks(self, rows: Sequence[TaskRow], tasks: Sequence[CreateTask]) -> list[TaskRow]:
        """The stored rows in the order of the requests; those with an idempotency key go first.

        What is stored already is looked up in batches, not row by row.
        """
        stored = self._keyed(rows, tasks)
        stored |= {
            place: self._stored_task(row, tasks[place])
            for place, row in enumerate(rows)
            if row.unique is not None
        }
        plain = [place for place in range(len(rows)) if place not in stored]
        try:
            new = self.starts.put_many([rows[place] for place in plain], look=False)
        except RowsRefused as refused:
            place, reason = next(iter(refused.reasons.items()))
            raise InvalidRequest(
                f"the task cannot be stored: {reason}", field=f"tasks.{plain[place]}"
            ) from None
        stored |= {place: row for place, row in zip(plain, new, strict=True) if row is not None}
        again = [place for place in plain if place not in stored]
        for place, row in zip(again, self._found([rows[each].key for each in again]), strict=True):
            stored[place] = self._same_or_put(rows[place], tasks[place], row)
        return [stored[place] for place in range(len(rows))]

    def _keyed(self, rows: Sequence[TaskRow], tasks: Sequence[CreateTask]) -> dict[int, TaskRow]:
        """The stored rows of the tasks with an idempotency key, by their places.

        If the first one was stored before, the whole request probably was: then all others are
        looked up together, and only those that are missing are stored.
        """
        keyed = [place for place, each in enumerate(tasks) if each.idempotency_key is not None]
        if not keyed:
            return {}
        first, *others = keyed
        stored = {first: self._stored_task(rows[first], tasks[first])}
        if others and stored[first] is not rows[first]:
            stored |= self._looked_up(others, rows, tasks)
        for place in others:
            if place not in stored:
                stored[place] = self._stored_task(rows[place], tasks[place])
        return stored

    def _looked_up(
        self, places: Sequence[int], rows: Sequence[TaskRow], tasks: Sequence[CreateTask]
    ) -> dict[int, TaskRow]:
        """Of the tasks at these places: the rows stored before under their idempotency keys."""
        keys = [(rows[place].key.tenant, tasks[place].idempotency_key or "") for place in places]
        found = stored_before(self.tasks.table, keys, now=self.clock())
        known = {place: each for place, each in zip(places, found, strict=True) if each}
        stored = self._found([each.key for each in known.values()])
        return {
            place: self._same(rows[place], tasks[place], before, row)
            for (place, before), row in zip(known.items(), stored, strict=True)
            if row is not None
        }

    def _found(self, keys: Sequence[TaskKey]) -> list[TaskRow | None]:
        return self.tasks.find_many(keys) if keys else []

    def _with_key(self, row: TaskRow, task: CreateTask) -> TaskRow:
        """Store a task that has a key to itself, or find the one that stands for it."""
        try:
            if task.debounce is not None:
                return self.one_at_a_time.put_debounced(row, task.debounce.asked)
            on_conflict = task.unique.on_conflict if task.unique else "existing"
            return self.one_at_a_time.put(row, on_conflict=on_conflict)
        except TaskExists:
            stored = self.tasks.get(row.key)
        if stored.unique == row.unique and _takes_new_inputs(task):
            return stored  # its input and its start may be those of another submit by now
        return self._same_or_put(row, task, stored)

    def _put(self, row: TaskRow, task: Submitted) -> TaskRow:
        try:
            return self.starts.put(row)
        except TaskExists:
            return self._same_or_put(row, task, self.tasks.get(row.key))

    def _same_or_put(self, row: TaskRow, task: Submitted, stored: TaskRow | None) -> TaskRow:
        """The stored row, if the submit asks for the same; None was deleted meanwhile."""
        if stored is None:
            return self._put(row, task)
        if difference(self.payloads, task, row, stored) is not None:
            raise self._exists(row, task, stored)
        return stored

    def _exists(self, row: TaskRow, task: Submitted, stored: TaskRow) -> TaskExists:
        field = difference(self.payloads, task, row, stored)
        if field is None:
            return TaskExists(f"{row.key.label} exists already, without this idempotency key")
        return TaskExists(f"{row.key.label} exists already, with another {field}", field=field)

    def _repeat(self, row: TaskRow, task: Submitted, before: Before) -> TaskRow:
        return self._same(row, task, before, self.tasks.get(before.key))

    def _same(self, row: TaskRow, task: Submitted, before: Before, stored: TaskRow) -> TaskRow:
        """The stored row, if the submit that stored it asked for the same.

        Raises:
            IdempotencyConflict: It asked for something else; `details` names what differs.
        """
        if before.digest == request_digest(self.payloads, task):
            return stored
        named = row.but(name=stored.name)  # the display name may differ
        field = difference(self.payloads, task, named, stored)
        if field is None:
            return stored
        raise IdempotencyConflict(
            "the idempotency key was used for another request within the last 24 hours,"
            f" with another {field}",
            field="idempotencyKey",
            differs=field,
        )


def _takes_new_inputs(task: CreateTask) -> bool:
    """Whether further submits of its key change a task that has not begun."""
    return bool(task.debounce or (task.unique and task.unique.on_conflict == "coalesce"))
