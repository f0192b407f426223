"""The table row of one batch of subtasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import BatchKey
from taskmill.model.rows.readable import UnreadableRow, read_fields, reason_of, stored_fields
from taskmill.model.rows.task_row import EMPTY, camel
from taskmill.model.statuses import Status, status_of

BATCH_ROW = "BATCH"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One batch of a step function task: claimed by a Map iteration, later holding its counts.

    `first` and `last` are subtask indexes, inclusive; `lease_until` is epoch ms. `claims` and
    `released` count how often the batch was claimed and handed back unfinished.

    `status` is CREATED (not claimed yet, but an outside report is stored), STARTED, COMPLETED, or
    CANCELLED or FAILED: given up, which is what its subtasks have become. Of these only the ones
    in `kept` (see `subtask_states.packed`) had ended before; `reason` says why it was given up. A
    batch that was CANCELLED for a reason had not begun when its fan-out expired.

    `run` and `since` are the parent's run and its `created_at`: rows of an earlier run, or of an
    earlier task with the same code, are taken over. `whole`: all of its subtasks completed, which
    stands in every later run. `reports` counts outside reports that stored a row.

    `counts` are told to the parent while the batch runs, and at its end: `tell` asks the
    dispatcher to do so, and `told` is what the parent's counts contain.
    """

    key: BatchKey
    status: Status
    first: int
    last: int
    fence: str = ""
    owner: str = ""
    retry: int = 0
    lease_until: int = 0
    claims: int = 0
    released: int = 0
    counts: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    errors: Mapping[str, Any] = field(default_factory=lambda: EMPTY)
    told: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    tell: str | None = None
    counted: bool = False
    run: int | None = None
    since: int | None = None
    whole: bool = False
    reports: int = 0
    kept: str | None = None
    reason: str | None = None
    updated_at: int | None = None  # claimed, or given up
    finished_at: int | None = None  # closed

    @property
    def given_up(self) -> bool:
        return self.status in (Status.CANCELLED, Status.FAILED)

    @property
    def untold(self) -> dict[str, int]:
        """What the parent's counts lack, by name; empty: nothing."""
        lacking = {name: count - self.told.get(name, 0) for name, count in self.counts.items()}
        return {name: count for name, count in lacking.items() if count}

    @property
    def crashed_before(self) -> bool:
        """Whether an earlier invocation died: it neither closed nor released the batch."""
        return self.claims - self.released > 1

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The row with these attributes of the table.

        Raises:
            UnreadableRow: They are not those of a batch.
        """
        known = read_fields(values, _STORED)
        try:
            known["status"] = status_of(known["status"])
            return cls(key=BatchKey.from_stored(values["pk"], values["sk"]), **known)
        except (InvalidKey, LookupError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableRow(values, reason_of(error)) from None


_STORED = stored_fields(BatchRow, {each.name: camel(each.name) for each in fields(BatchRow)[1:]})
