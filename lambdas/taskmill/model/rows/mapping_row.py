"""The table row of a callback mapping: when tasks of one type end, submit another type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import StoredKey, callback_key, check_name
from taskmill.model.rows.readable import (
    ReadableRow,
    UnreadableRow,
    read_fields,
    reason_of,
    stored_fields,
)

CALLBACK_ROW = "CALLBACK"
_PREFIX = "CALLBACK#"


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRow(ReadableRow):
    """A callback mapping: when a task of `task_type` ends, submit one of `callback_type`.

    `name` is unique within its tenant and task type; times are epoch ms.
    """

    tenant: str
    task_type: str
    name: str
    event: str
    callback_type: str
    created_at: int
    created_by: str | None = None
    version: int = 1

    @property
    def id(self) -> str:
        return f"{self.task_type}~{self.name}"

    @property
    def stored(self) -> StoredKey:
        return callback_key(self.tenant, self.id)

    def to_values(self) -> dict[str, Any]:
        """The row as a DynamoDB item, with the attribute names of the table."""
        by = {} if self.created_by is None else {"createdBy": self.created_by}
        return {
            **self.stored._asdict(),
            "row": CALLBACK_ROW,
            "event": self.event,
            "callbackType": self.callback_type,
            "createdAt": self.created_at,
            "version": self.version,
            **by,
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The row with these attributes of the table.

        Raises:
            UnreadableRow: They are not those of a callback mapping.
        """
        known = read_fields(values, _STORED)
        try:
            tenant, _, task_type = values["pk"].removeprefix(_PREFIX).partition("#")
            row = cls(tenant=tenant, task_type=task_type, name=values["sk"], **known)
            check_name("callbackType", row.callback_type)
        except (InvalidKey, LookupError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableRow(values, reason_of(error)) from None
        return row


_STORED = stored_fields(
    MappingRow,
    {
        "event": "event",
        "callback_type": "callbackType",
        "created_at": "createdAt",
        "created_by": "createdBy",
        "version": "version",
    },
)
