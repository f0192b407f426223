"""Schedule rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import schedule_key, schedule_partition
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.schedule_row import ScheduleRow


class ScheduleStore:
    """Store of recurring schedules; every write is conditional on the version that was read."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def get(self, tenant: str, name: str) -> ScheduleRow | None:
        """The row, also in state DELETED, read strongly consistently; None: there is none.

        Raises:
            UnreadableRow: It holds what no schedule can have.
        """
        values = self.table.get(schedule_key(tenant, name))
        return ScheduleRow.from_values(values) if values else None

    def shown(self, tenant: str, name: str) -> ScheduleRow | UnreadableRow | None:
        """As `get`, for readers that show every row, also unreadable ones."""
        values = self.table.get(schedule_key(tenant, name))
        return ScheduleRow.shown(values) if values else None

    def put(self, row: ScheduleRow, *, over: ScheduleRow | None) -> ScheduleRow | None:
        """Store a schedule, replacing `over` (None: a new one); None: it has changed since."""
        stored = dataclasses.replace(row, version=over.version + 1 if over else 1)
        try:
            if over is None:
                self.table.put_new(stored.to_values())
            else:
                self.table.replace(stored.to_values(), version=over.version)
        except ConditionFailed:
            return None
        return stored

    def list(
        self, tenant: str, *, after: str | None = None
    ) -> Iterator[ScheduleRow | UnreadableRow]:
        """A tenant's schedules in the order of their names, without those in state DELETED.

        Args:
            after: Only names that sort after this one.
        """
        found = self.table.query(
            KeyConditionExpression="pk = :pk AND sk > :after",
            ExpressionAttributeValues={
                ":pk": encode(schedule_partition(tenant)),
                ":after": encode(after or " "),  # sorts before every name
            },
            ConsistentRead=True,
        )
        return (ScheduleRow.shown(each) for each in found if each.get("state") != "DELETED")
