"""Payload rows: inputs too large for the task's row, whose size is billed on every write."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import DAY_SECONDS, Clock, now_ms, ttl_seconds
from taskmill.model.errors import PayloadMissing
from taskmill.model.keys import StoredKey, TaskKey, payload_key
from taskmill.model.rows.task_row import TaskRow

ROW_LIMIT = 8_000  # bytes of text: with the keys 8 write units, cheaper than an S3 object
# A task's row expires some days after the task *ended*, but a payload, like an S3 object, after it
# was *stored*: it is kept for as much longer as a task may take.
LONGEST_LIFE_OF_A_TASK_DAYS = 30
_SCHEME = "rows/"


class PayloadRows:
    """Store of payload rows: each is written before the row that refers to it; never changed."""

    def __init__(self, table: Table, *, retention_days: int, clock: Clock = now_ms) -> None:
        self.table = table
        self.retention_days = retention_days
        self.clock = clock

    def put(self, inputs: Sequence[tuple[TaskRow, str]]) -> list[str]:
        """Store inputs (JSON text), 25 per request, and return their references in order."""
        refs = [row_ref(row.key, text) for row, text in inputs]
        rows = {ref: self._values(ref, *each) for ref, each in zip(refs, inputs, strict=True)}
        done = [False] if len(rows) == 1 else self.table.insert_many([*rows.values()])
        known = [values for values, new in zip(rows.values(), done, strict=True) if not new]
        for values in self._expiring(known) if len(known) > 1 else known:
            self.table.put(values)
        return refs

    def _expiring(self, known: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Of rows that an earlier submit stored: those that expire a day or more too early."""
        found = self.table.get_many([StoredKey(each["pk"], each["sk"]) for each in known])
        return [
            values
            for values, stored in zip(known, found, strict=True)
            if stored is None or _lasts(stored) + DAY_SECONDS < _lasts(values)
        ]

    def get(self, ref: str) -> str:
        """The JSON text behind a reference.

        Raises:
            PayloadMissing: It has expired.
        """
        found = self.table.find(_stored(ref))
        if found is None or not isinstance(found.get("payload"), str):
            raise PayloadMissing(f"the payload {ref} has expired")
        return str(found["payload"])

    def exists(self, ref: str) -> bool:
        return self.table.find(_stored(ref)) is not None

    def _values(self, ref: str, row: TaskRow, text: str) -> Mapping[str, Any]:
        values = {**_stored(ref)._asdict(), "row": "PAYLOAD", "payload": text}
        begins = max(self.clock(), row.run_at or 0)
        kept = self.retention_days and self.retention_days + LONGEST_LIFE_OF_A_TASK_DAYS
        expires = ttl_seconds(begins, kept)
        return values if expires is None else {**values, "ttl": expires}


def _lasts(values: Mapping[str, Any]) -> float:
    """When the row expires, in epoch seconds."""
    return float(values.get("ttl") or math.inf)


def is_row(ref: str) -> bool:
    """Whether a reference is to a payload row, not to an S3 object."""
    return ref.startswith(_SCHEME)


def row_ref(key: TaskKey, text: str) -> str:
    """A reference with a hash of the text, so that reusing a code overwrites no other input."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{_SCHEME}{key.tenant}/{key.type}/{key.code}-{digest}"


def _stored(ref: str) -> StoredKey:
    tenant, task_type, name = ref.removeprefix(_SCHEME).split("/")
    return payload_key(tenant, task_type, name)
