"""Numbers that grow: one row per tenant."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import check_name, counter_key


@dataclass(frozen=True)
class Counters:
    """How many numbers each tenant's tasks have been given."""

    table: Table

    def add(self, tenant: str, count: int) -> int:
        """Take `count` numbers, and return the last of them: no other caller gets the same."""
        row = self.table.update(
            counter_key(check_name("tenant", tenant)),
            "ADD issued :count SET #row = :row",
            condition="attribute_not_exists(pk) OR attribute_exists(pk)",  # new or not
            values={"count": count, "row": "COUNTER"},
            names={"#row": "row"},
        )
        return int(row["issued"])
