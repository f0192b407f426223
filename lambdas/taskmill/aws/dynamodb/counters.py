"""Counter rows, one per tenant: they number its tasks."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import check_name, counter_key


@dataclass(frozen=True)
class Counters:
    """Store of the counters, for codes of the scheme "integer"."""

    table: Table

    def add(self, tenant: str, count: int) -> int:
        """Reserve `count` consecutive numbers and return the last; no other caller gets them."""
        row = self.table.update(
            counter_key(check_name("tenant", tenant)),
            "ADD issued :count SET #row = :row",
            condition="attribute_not_exists(pk) OR attribute_exists(pk)",  # always true
            values={"count": count, "row": "COUNTER"},
            names={"#row": "row"},
        )
        return int(row["issued"])
