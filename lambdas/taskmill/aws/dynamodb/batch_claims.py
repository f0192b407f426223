"""The claim of a batch by one invocation of the batch function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.batch_plan import batch_span
from taskmill.model.clock import Clock, ttl_seconds
from taskmill.model.errors import ClaimLost
from taskmill.model.keys import BatchKey
from taskmill.model.rows.batch_row import BATCH_ROW, BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, Status
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import standing

# What a row that is taken over from an earlier run loses.
OF_A_RUN = (
    "counts",
    "told",
    "tell",
    "counted",
    "whole",
    "kept",
    "reason",
    "reports",
    "released",
    "finishedAt",
    "errors",
)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """One invocation of the batch function, which claims a batch.

    Attributes:
        fence: Of its writes.
        owner: The execution that runs the Map iteration.
        retry: Number of this retry within the iteration.
        until: When its lease expires, in epoch ms.
    """

    fence: str
    owner: str
    retry: int
    until: int


@dataclass(frozen=True, kw_only=True)
class BatchClaim:
    """A claim that is being made."""

    table: Table
    retention_days: int
    clock: Clock
    parent: TaskRow
    number: int
    by: Invocation

    def make(self) -> BatchRow:
        """See `BatchStore.claim`."""
        parent = self.parent
        free = (
            "#status = :created OR (#status = :started"
            " AND (#leaseUntil < :now OR (#owner = :owner AND #retry < :retry)))"
        )
        if on_demand(parent):  # else batch rows have no run
            free = f"#run = :run AND #since = :since AND ({free})"
        condition = f"attribute_not_exists(pk) OR ({free})"
        try:
            return self._write(condition, {"created": Status.CREATED})
        except ConditionFailed as refused:
            found = BatchRow.from_values(refused.old or {})
        if found.fence == self.by.fence:  # ours: its answer was lost
            return found
        if on_demand(parent) and standing(parent, found) is None:
            return self._take_over(found)
        if found.status in FINAL:
            return found
        raise ClaimLost(
            f"batch {self.number} of {parent.key} is held by another invocation",
            again_in_ms=max(found.lease_until - self.clock(), 0),
        )

    def _take_over(self, found: BatchRow) -> BatchRow:
        """Claim a batch whose row is of an earlier run, as it was found."""
        condition, values = unchanged(found)
        try:
            return self._write(condition, values, anew=True)
        except ConditionFailed as refused:
            now = BatchRow.from_values(refused.old or {})
            if now.fence == self.by.fence:  # its answer was lost
                return now
            again = f"batch {self.number} of {self.parent.key} was taken by another invocation"
            raise ClaimLost(again, again_in_ms=0) from None

    def _write(self, condition: str, known: Mapping[str, Any], *, anew: bool = False) -> BatchRow:
        """Write the claim under a condition, whose further values are `known`.

        Raises:
            ConditionFailed: Has the row as it is.
        """
        sets = self._sets()
        setting = ", ".join(f"#{name} = :{_PLACES.get(name, name)}" for name in sets)
        counting = "ADD #claims :one"
        if anew:
            setting += ", #claims = :one"
            counting = f"REMOVE {', '.join(f'#{name}' for name in OF_A_RUN)}"
        names = (*sets, "claims", *(OF_A_RUN if anew else ()))
        given = {_PLACES.get(name, name): value for name, value in sets.items()}
        row = self.table.update(
            BatchKey(self.parent.key, self.number, spread=on_demand(self.parent)).stored,
            f"SET {setting} {counting}",
            condition=condition,
            names={f"#{name}": name for name in names},
            values={**given, **known, "one": 1},
        )
        return BatchRow.from_values(row)

    def _sets(self) -> dict[str, Any]:
        parent, by = self.parent, self.by
        first, last = batch_span(self.number, parent.child_count or 0, parent.batch_size or 1)
        now = self.clock()
        sets: dict[str, Any] = {
            "row": BATCH_ROW,
            "status": Status.STARTED,
            "first": first,
            "last": last,
            "fence": by.fence,
            "owner": by.owner,
            "retry": by.retry,
            "leaseUntil": by.until,
            "updatedAt": now,
        }
        if on_demand(parent):
            sets |= {"run": parent.run, "since": parent.created_at}
        if self.retention_days:
            sets["ttl"] = parent.rows_ttl or ttl_seconds(now, self.retention_days)
        return sets


_PLACES = {"status": "started", "leaseUntil": "until", "updatedAt": "now"}


def unchanged(found: BatchRow) -> tuple[str, dict[str, Any]]:
    """The condition that a batch row is as it was found, with the names `#…`, and its values."""
    conditions, values = ["#status = :wasStatus"], {"wasStatus": found.status}
    for name in ("fence", "run", "since", "reports"):
        if value := getattr(found, name):
            conditions.append(f"#{name} = :was{name.title()}")
            values[f"was{name.title()}"] = value
        else:
            conditions.append(f"attribute_not_exists(#{name})")
    return " AND ".join(conditions), values
