"""Rows of tasks and step function tasks: insert, read, change the status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from taskmill.aws.dynamodb.attention import failed_rows
from taskmill.aws.dynamodb.inserts import insert_task, insert_tasks
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.aws.dynamodb.tombstones import tombstone
from taskmill.aws.dynamodb.writes import (
    Write,
    attribute_paths,
    ending,
    not_found,
    reopened_from,
    reopening,
)
from taskmill.model.clock import Clock, now_ms
from taskmill.model.error_details import final_error
from taskmill.model.errors import IllegalStatusChange, TaskNotFound
from taskmill.model.keys import StoredKey, TaskKey
from taskmill.model.rows.history import NOBODY, Actor
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status, sources

Mark = tuple[TaskRow, Status]


class TaskStore:
    """Store of tasks and step function tasks; every change is one conditional write."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def get(self, key: TaskKey) -> TaskRow:
        """The row, read strongly consistently.

        Raises:
            TaskNotFound: No task has this key.
            UnreadableRow: Its row holds what no task can have.
        """
        values = self.table.get(key.stored)
        if values is None:
            raise not_found(key)
        return TaskRow.from_values(values)

    def shown(self, key: StoredKey) -> TaskRow | UnreadableRow | None:
        """As `get`, for readers that show every row, also unreadable ones; None: there is none."""
        values = self.table.get(key)
        return None if values is None else TaskRow.shown(values)

    def find_many(self, keys: Sequence[TaskKey]) -> list[TaskRow | None]:
        """Rows in the order of `keys`, read strongly consistently, 100 per request; None: no row.

        Raises:
            UnreadableRow: One of them is unreadable.
        """
        found = self.table.get_many([key.stored for key in keys])
        return [TaskRow.from_values(each) if each else None for each in found]

    def put(self, row: TaskRow) -> TaskRow:
        """Insert a task and return its row as it is stored; see `insert_task`."""
        return insert_task(self.table, row)

    def put_many(self, rows: Sequence[TaskRow], *, look: bool = True) -> list[TaskRow | None]:
        """As `put`, 25 per request; None for each that exists already; see `insert_tasks`."""
        return insert_tasks(self.table, rows, look=look)

    def bury(self, key: TaskKey, message: str) -> bool:
        """Put a tombstone where a message has found no task; False: there is a task now."""
        try:
            self.table.put_new(tombstone(key, message=message, now=self.clock()))
        except ConditionFailed as refused:
            return refused.old is None
        return True

    def move(
        self,
        key: TaskKey,
        status: Status,
        *,
        attributes: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
        removes: Sequence[str] = (),
        run: int | None = None,
        where: Mapping[str, Any] | None = None,
        unless: Mapping[str, Any] | None = None,
        in_time: bool = False,
        actor: Actor = NOBODY,
    ) -> TaskRow:
        """Change a task's status if the status table allows it, even while a worker holds it.

        Args:
            attributes: Merged into the row's attributes.
            extra: Other attributes of the row to set, by the table's names.
            removes: Attributes of the row to remove.
            run: Condition: the task is in this run.
            where: Condition: the row has these values.
            unless: Condition: the row has none of these values.
            in_time: Condition: the task has not expired before it began, nor passed its deadline,
                and has the slots, and if it has not begun the start, that its limits demand.
            actor: Who asked for it, for the history.

        Raises:
            TaskNotFound: No task has this key; nothing is created.
            IllegalStatusChange: The status does not allow this, or a condition failed.
        """
        if not sources(status):  # CREATED is entered only by an explicit retry
            standing = self.get(key).status
            raise IllegalStatusChange(
                f"{key.label} is {standing} and cannot become {status}", status=standing
            )
        now = self.clock()
        sets = attribute_paths(attributes or {})
        sets |= ending(key, status, now=now, retention_days=self.retention_days)
        write = Write(
            status=status,
            sets=sets | dict(extra or {}),
            removes=(*removes, *_replaced(attributes or {})),
            allowed=sources(status),
            entered=(status, now, 0, *actor.tail),
            where={**(where or {}), **({} if run is None else {"run": run})},
            unless=unless or {},
            in_time=now if in_time else None,
        )
        return write.apply(self.table, key, now=now)

    def fail(self, row: TaskRow, reason: BaseException, *, status: Status = Status.FAILED) -> bool:
        """Mark a task as FAILED, or CANCELLED, that no worker can end any more.

        Its error stays that of the last attempt that raised one; the reason stands beside it as
        `final`.

        Args:
            row: As it was read when this was decided.

        Returns:
            False, with nothing changed: the row has changed since, or is gone.
        """
        error = final_error(row.attributes.get("error"), reason)
        try:
            self.move(
                row.key,
                status,
                attributes={"error": error},
                where={"version": row.version},
            )
        except (IllegalStatusChange, TaskNotFound):
            return False
        return True

    def note_resent(self, row: TaskRow, letter: str) -> bool:
        """Note that a task's message is about to be sent again, because it became a dead letter.

        Args:
            row: As it was read when this was decided.
            letter: Id of the dead letter; repeated deliveries of it count once.

        Returns:
            False, with nothing changed: the row has changed since, or is gone.
        """
        if letter in row.resent_for:
            return True
        letters = [*row.resent_for, letter]
        write = Write(
            sets={"resent": len(letters), "resentFor": letters},
            allowed=(row.status,),
            where={"version": row.version},
        )
        try:
            write.apply(self.table, row.key, now=self.clock())
        except (IllegalStatusChange, TaskNotFound):
            return False
        return True

    def amend(
        self,
        key: TaskKey,
        attributes: Mapping[str, Any],
        *,
        extra: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
        status: Status | None = None,
        where: Mapping[str, Any] | None = None,
    ) -> TaskRow:
        """Merge attributes into a row without changing its status.

        Args:
            extra: Other attributes of the row to set, by the table's names.
            status: Condition: the task has this status.
            where: Condition: the row has these values.

        Raises:
            TaskNotFound: No task has this key; nothing is created.
            IllegalStatusChange: A condition failed.
        """
        sets = attribute_paths(attributes) | dict(extra or {})
        if notify_id is not None:
            sets["notifyId"] = notify_id
        allowed = tuple(Status) if status is None else (status,)
        write = Write(sets=sets, removes=_replaced(attributes), allowed=allowed, where=where or {})
        return write.apply(self.table, key, now=self.clock())

    def note(self, key: TaskKey, name: str, value: Any, *, run: int) -> None:
        """Set one attribute of a task in this run, unless it has this value already.

        Raises:
            TaskNotFound: No task has this key; nothing is created.
            IllegalStatusChange: The attribute has this value, or the task is in another run.
        """
        path = f"attributes.{name}"
        write = Write(
            sets={path: value}, allowed=tuple(Status), where={"run": run}, unless={path: value}
        )
        write.apply_unseen(self.table, key, now=self.clock())

    def note_rows(self, key: TaskKey) -> None:
        """Note that subtasks of a fan-out are stored before their batches begin.

        Raises:
            TaskNotFound: No task has this key; nothing is created.
        """
        write = Write(sets={"rowsStored": True}, allowed=tuple(Status))
        write.apply_unseen(self.table, key, now=self.clock())

    def reopen(
        self,
        key: TaskKey,
        *,
        limits: Mapping[str, Any] | None = None,
        where: Mapping[str, Any] | None = None,
        actor: Actor = NOBODY,
    ) -> TaskRow | None:
        """Explicit retry: back to CREATED, in a new run, from what `reopened_from` says.

        Args:
            limits: Its new expiry and deadline, as `time_bounds.renewed` has them, and `only`.
            where: Condition: the row has these values.
            actor: Who asked for it, for the history.

        Returns:
            None, with nothing changed, for a child that its parent has counted: use
            `ChildStore.reopen` instead.

        Raises:
            TaskNotFound: No task has this key.
            IllegalStatusChange: The task is neither FAILED nor CANCELLED.
        """
        now = self.clock()
        try:
            uncounted = {"counted": True}
            write = reopening(
                key, now=now, where=where, unless=uncounted, limits=limits, actor=actor
            )
            return write.apply(self.table, key, now=now)
        except IllegalStatusChange as refused:
            if refused.details.get("status") not in reopened_from(key):
                raise
            return None

    def mark(self, marks: Iterable[Mark]) -> list[bool]:
        """Write the status after an emit (QUEUED, SCHEDULED, STARTED), 25 rows per request.

        Returns:
            False for each row that has changed since it was read; it stays unchanged.

        Raises:
            RowsRefused: Some rows cannot be written; all others are.
        """
        now = self.clock()
        return self.table.update_many(
            [
                Update(
                    key=row.key.stored,
                    sets={
                        "status": status,
                        "updatedAt": now,
                        "version": row.version + 1,
                        "history": row.history_with(status, now),
                    },
                    where={"status": row.status, "version": row.version},
                )
                for row, status in marks
            ]
        )

    def failed(self, tenant: str, *, limit: int) -> Iterator[StoredKey]:
        """Keys of a tenant's failed rows, newest first, at most `limit`; eventually consistent."""
        return failed_rows(self.table, tenant, limit=limit)


_OTHER_RESULT = {"result": "resultRef", "resultRef": "result"}


def _replaced(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """The path of an old result that is stored in the other form: inline or by reference."""
    return tuple(
        f"attributes.{other}" for name, other in _OTHER_RESULT.items() if name in attributes
    )
