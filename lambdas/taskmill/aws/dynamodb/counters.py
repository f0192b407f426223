"""Counter rows of a tenant: one numbers its tasks, one counts its callback mappings."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import check_name, counter_key, mapping_counter_key


@dataclass(frozen=True)
class Counters:
    """Store of the counters."""

    table: Table

    def add(self, tenant: str, count: int) -> int:
        """Reserve `count` consecutive codes of the scheme "integer", and return the last."""
        row = self.table.update(
            counter_key(check_name("tenant", tenant)),
            "ADD issued :count SET #row = :row",
            condition="attribute_not_exists(pk) OR attribute_exists(pk)",  # always true
            values={"count": count, "row": "COUNTER"},
            names={"#row": "row"},
        )
        return int(row["issued"])

    def mappings(self, tenant: str) -> int:
        """How many callback mappings a tenant has; those of older versions are not counted."""
        row = self.table.get(mapping_counter_key(tenant))
        return max(int(row["count"]), 0) if row else 0

    def add_mappings(self, tenant: str, change: int) -> None:
        """Count mappings that were stored or, with a negative `change`, deleted."""
        self.table.update_unseen(
            mapping_counter_key(tenant),
            "ADD #count :change SET #row = :row",
            condition="attribute_not_exists(pk) OR attribute_exists(pk)",  # always true
            values={"change": change, "row": "COUNTER"},
            names={"#count": "count", "#row": "row"},
        )
