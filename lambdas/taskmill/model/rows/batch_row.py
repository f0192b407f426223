"""The row of one batch of subtasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from taskmill.model.keys import BatchKey
from taskmill.model.rows.task_row import EMPTY, camel
from taskmill.model.statuses import Status

BATCH_ROW = "BATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch of a step function task: the claim of a Map iteration, later its counts."""

    key: BatchKey
    status: Status
    first: int
    last: int
    fence: str
    owner: str = ""
    retry: int = 0
    lease_until: int = 0
    claims: int = 1
    released: int = 0
    counts: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    counted: bool = False

    @property
    def crashed_before(self) -> bool:
        """Whether an earlier claim neither finished nor handed back: its worker died."""
        return self.claims - self.released > 1

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        known = {
            each.name: values[camel(each.name)]
            for each in fields(cls)[1:]
            if values.get(camel(each.name)) is not None
        }
        known["status"] = Status(known["status"])
        return cls(key=BatchKey.from_stored(values["pk"], values["sk"]), **known)
