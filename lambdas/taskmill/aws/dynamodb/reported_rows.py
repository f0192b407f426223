"""Stores the row of a subtask that is reported from outside, before its batch has come to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batch_claims import OF_A_RUN, unchanged
from taskmill.aws.dynamodb.codec import encode_item
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.model.batch_plan import batch_span
from taskmill.model.keys import BatchKey
from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.subtask_states import is_earlier


@dataclass(frozen=True, kw_only=True)
class ReportedRows:
    """Inserts rows of subtasks, and notes on their batches that there are some.

    Both in one transaction: a batch that has a report reads its rows when it is claimed, or given
    up; and a batch that was given up, or has closed, refuses it.
    """

    subtasks: SubtaskStore

    def insert(
        self, parent: TaskRow, batch: BatchRow | None, row: TaskRow, changes: Mapping[str, Any]
    ) -> TaskRow | None:
        """Insert a row.

        Args:
            batch: As it was read.
            row: The subtask before the report, of version 0.
            changes: The attributes to set; dotted paths are allowed.

        Returns:
            The row; None: there is one by now, or the batch has ended.
        """
        table = self.subtasks.table
        values = self.subtasks.inserted(row, changes)
        size = parent.batch_size or 1
        number = (row.key.index or 0) // size
        put = {
            "TableName": table.name,
            "Item": encode_item(values),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        refused = table.transact([self._mark(parent, number, batch), {"Put": put}])
        return None if refused else TaskRow.from_values(values)

    def _mark(self, parent: TaskRow, number: int, found: BatchRow | None) -> dict[str, Any]:
        first, last = batch_span(number, parent.child_count or 0, parent.batch_size or 1)
        sets: dict[str, Any] = {
            "row": BATCH_ROW,
            "first": first,
            "last": last,
            "run": parent.run,
            "since": parent.created_at,
        }
        if parent.rows_ttl is not None:
            sets["ttl"] = parent.rows_ttl
        names = {*sets, "status", "reports"}
        values = {**sets, "created": Status.CREATED, "one": 1}
        setting = ", ".join(f"#{name} = :{name}" for name in sets)
        if found is not None and is_earlier(parent, found):  # begin the batch's row anew
            condition, known = unchanged(found)
            stale = [name for name in OF_A_RUN if name != "reports"]
            names |= {*stale, "fence", "claims"}
            setting += ", #status = :created, #reports = :one"
            rest = f"REMOVE {', '.join(f'#{name}' for name in (*stale, 'fence', 'claims'))}"
        else:
            condition = (
                "attribute_not_exists(pk) OR"
                " (#run = :run AND #since = :since AND #status IN (:created, :started))"
            )
            known = {"started": Status.STARTED}
            setting += ", #status = if_not_exists(#status, :created)"
            rest = "ADD #reports :one"
        return {
            "Update": {
                "TableName": self.subtasks.table.name,
                "Key": encode_item(BatchKey(parent.key, number).stored._asdict()),
                "UpdateExpression": f"SET {setting} {rest}",
                "ConditionExpression": condition,
                "ExpressionAttributeNames": {f"#{name}": name for name in names},
                "ExpressionAttributeValues": encode_item(
                    {f":{name}": value for name, value in {**values, **known}.items()}
                ),
            }
        }
