"""The table row of a recurring schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import StoredKey, schedule_key
from taskmill.model.rows.readable import (
    ReadableRow,
    UnreadableRow,
    read_fields,
    reason_of,
    stored_fields,
)
from taskmill.model.rows.task_row import camel

SCHEDULE_ROW = "SCHEDULE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow(ReadableRow):
    """A recurring schedule: submits a task whenever its cron or rate expression is due.

    `state` is ENABLED, PAUSED or DELETED; a DELETED row stays until the dispatcher has removed
    its EventBridge schedule. `overlap` is what becomes of a fire while a task of an earlier one has
    not ended (None: "allow"); `jitter_seconds` is by how much tasks start later than the due time,
    by chance, at most. `input` is JSON text and always in the row: an object in the bucket
    would expire before the schedule does. Times are epoch ms, `ttl` epoch seconds.
    """

    tenant: str
    name: str
    task_type: str
    expression: str
    timezone: str = "UTC"
    state: str = "ENABLED"
    input: str | None = None
    task_name: str | None = None
    notify: str | None = None
    priority: str | None = None
    expires_seconds: int | None = None
    deadline_seconds: int | None = None
    overlap: str | None = None
    jitter_seconds: int | None = None
    callbacks: tuple[tuple[str, str], ...] = ()
    log_ids: Mapping[str, str] | None = None
    created_at: int | None = None
    updated_at: int | None = None
    created_by: str | None = None
    created_ip: str | None = None
    request_id: str | None = None
    version: int = 1
    ttl: int | None = None

    @property
    def stored(self) -> StoredKey:
        return schedule_key(self.tenant, self.name)

    def to_values(self) -> dict[str, Any]:
        """The row as a DynamoDB item with the table's attribute names, empty ones left out."""
        values: dict[str, Any] = {**self.stored._asdict(), "row": SCHEDULE_ROW}
        for each in fields(self)[1:]:  # the tenant is in the key
            value = getattr(self, each.name)
            if value is not None and value != ():
                values[camel(each.name)] = value
        return values

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The row with these attributes of the table.

        Raises:
            UnreadableRow: They are not those of a schedule.
        """
        known = read_fields(values, _STORED)
        try:
            known["tenant"], known["name"] = values["pk"].partition("#")[2], values["sk"]
            known["callbacks"] = tuple(
                (str(each[0]), str(each[1])) for each in known.get("callbacks", ())
            )
            row = cls(**known)
            schedule_key(row.tenant, row.name)
        except (InvalidKey, LookupError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableRow(values, reason_of(error)) from None
        return row


_STORED = stored_fields(
    ScheduleRow, {each.name: camel(each.name) for each in fields(ScheduleRow)[1:]}
)
