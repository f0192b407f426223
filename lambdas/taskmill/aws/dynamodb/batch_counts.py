"""Tells the counts of batches to their fan-out's row: each difference once, in a transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.aws.dynamodb.refusals import REFUSED_IN_TRANSACTION
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import StoredKey, TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.statuses import COUNT_NAMES, Status

TRANSACTION_MARKS = 99  # a transaction has 100 actions, one of them on the parent's row


@dataclass(frozen=True, kw_only=True)
class BatchCounts:
    """Adds what batches have come to since they were told last to their parent's counts."""

    table: Table
    clock: Clock = now_ms

    def tell(self, parent: TaskKey, batches: Sequence[BatchRow]) -> list[BatchRow]:
        """Add up to 99 batches of one run to their parent's counts in one transaction.

        A parent that is no longer PROCESSING needs no counts: whatever ended it has summed the
        batch rows, and another run starts from these.

        Returns:
            Empty if this is done, or the parent needs no counts. If some batches have been told
            meanwhile, nothing was written, and these are all of them as they are now.
        """
        lacking = [batch for batch in batches if batch.untold and not batch.counted]
        if not lacking:
            return []
        sums: Counter[str] = Counter()
        for batch in lacking:
            sums.update(batch.untold)
        marks = [self._mark(batch) for batch in lacking]
        refused = self.table.transact([*marks, self._total(parent, lacking[0].run, sums)])
        if not refused or refused[-1] == REFUSED_IN_TRANSACTION:
            return []
        found = self.table.get_many([batch.key.stored for batch in lacking])
        now = [BatchRow.from_values(values) for values in found if values]
        same_run = {batch.key: batch.run for batch in lacking}
        return [batch for batch in now if batch.run == same_run[batch.key] and not batch.given_up]

    def _mark(self, batch: BatchRow) -> dict[str, Any]:
        """Mark what is told of one batch; the fence rules out another run of it."""
        names = {"#fence": "fence", "#told": "told", "#tell": "tell", "#counted": "counted"}
        values: dict[str, Any] = {":fence": batch.fence, ":counts": batch.counts}
        told = "attribute_not_exists(#told)"
        if batch.told:
            told, values[":told"] = "#told = :told", batch.told
        ended = ""
        if batch.status is Status.COMPLETED:
            ended, values[":true"] = ", #counted = :true", True
        return self._update(
            batch.key.stored,
            f"SET #told = :counts{ended} REMOVE #tell",
            f"#fence = :fence AND {told} AND attribute_not_exists(#counted)",
            names,
            values,
        )

    def _total(self, parent: TaskKey, run: int | None, sums: Mapping[str, int]) -> dict[str, Any]:
        # SET, because ADD works only on top-level attributes, and the counts are in a map.
        paths = {name: f"#attributes.#counts.{name}" for name in COUNT_NAMES}
        adding = ", ".join(f"{path} = {path} + :{name}" for name, path in paths.items())
        names = {"#attributes": "attributes", "#counts": "counts", "#status": "status"}
        values: dict[str, Any] = {
            ":now": self.clock(),
            ":one": 1,
            ":processing": Status.PROCESSING,
            **{f":{name}": sums.get(name, 0) for name in paths},
        }
        condition = "#status = :processing"
        if run is not None:
            condition += " AND #run = :run"
            names["#run"], values[":run"] = "run", run
        else:  # of a fan-out of the first layout, which a retry brings to the second
            condition += " AND attribute_not_exists(#rows)"
            names["#rows"] = "rows"
        return self._update(
            parent.stored,
            f"SET updatedAt = :now, {adding} ADD version :one",
            condition,
            names,
            values,
        )

    def _update(
        self,
        key: StoredKey,
        expression: str,
        condition: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
    ) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self.table.name,
                "Key": encode_item(key._asdict()),
                "UpdateExpression": expression,
                "ConditionExpression": condition,
                "ExpressionAttributeNames": dict(names),
                "ExpressionAttributeValues": encode_item(values),
            }
        }
