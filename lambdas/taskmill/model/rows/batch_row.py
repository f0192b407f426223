"""The table row of one batch of subtasks."""

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
    """One batch of a step function task: claimed by a Map iteration, later holding its counts.

    `first` and `last` are subtask indexes, inclusive; `lease_until` is epoch ms. `claims` and
    `released` count how often the batch was claimed and handed back unfinished.
    """

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
        """Whether an earlier invocation died: it neither closed nor released the batch."""
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
