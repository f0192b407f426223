"""Rows of the statistics: added to exactly once, and read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import StoredKey
from taskmill.model.statistics.names import STATISTICS_ROW, sample_key, tenant_key

Row = dict[str, Any]


class StatisticsStore:
    """Store of the rows of the statistics."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def add(
        self,
        key: StoredKey,
        adds: Mapping[str, int],
        *,
        sets: Mapping[str, Any],
        once: Mapping[str, Any],
        counted: tuple[str, str, str],
    ) -> Row:
        """Add numbers to a row, unless it has counted the first of the changes that they are of.

        Args:
            sets: Attributes to set.
            once: Attributes to set if the row does not have them.
            counted: The attribute of the mark, what it must sort before, and its new value.

        Returns:
            The row as it is now.

        Raises:
            ConditionFailed: It has counted it: `old` is the row.
        """
        mark, unseen, value = counted
        write = _Expression()
        write.set({**sets, "row": STATISTICS_ROW, mark: value})
        write.set_once(once)
        write.add({**adds, "version": 1})
        name = write.name(mark)
        return self.table.update(
            key,
            write.text,
            condition=f"attribute_not_exists({name}) OR {name} < :unseen",
            names=write.names,
            values={**write.values, "unseen": unseen},
        )

    def tidy(self, key: StoredKey, outdated: Mapping[str, Any]) -> None:
        """Remove attributes, if all of them still have these values."""
        write = _Expression()
        removing = ", ".join(write.name(each) for each in outdated)
        tests = [f"{write.name(each)} = {write.value(old)}" for each, old in outdated.items()]
        with suppress(ConditionFailed):
            self.table.update_unseen(
                key,
                f"REMOVE {removing}",
                condition=" AND ".join(tests),
                names=write.names,
                values=write.values,
            )

    def set_state(
        self, key: StoredKey, sets: Mapping[str, Any], *, where: Mapping[str, Any]
    ) -> Row | None:
        """Set the state of a group, if it has these values; None: it has others by now."""
        write = _Expression()
        write.set(sets)
        write.add({"version": 1})
        tests = [f"{write.name(each)} = {write.value(old)}" for each, old in where.items()]
        try:
            return self.table.update(
                key,
                write.text,
                condition=" AND ".join(["attribute_exists(pk)", *tests]),
                names=write.names,
                values=write.values,
            )
        except ConditionFailed:
            return None

    def note_tenant(self, tenant: str) -> None:
        """Put a tenant on the list of all tenants."""
        self.table.put({**tenant_key(tenant)._asdict(), "row": STATISTICS_ROW})

    def keep_sample(self, tenant: str, fingerprint: str, values: Mapping[str, Any]) -> None:
        """Store one whole error of a group, unless there is one."""
        key = sample_key(tenant, fingerprint)
        with suppress(ConditionFailed):
            self.table.put_new({**key._asdict(), "row": STATISTICS_ROW, **values})

    def sample(self, tenant: str, fingerprint: str) -> Row | None:
        return self.table.get(sample_key(tenant, fingerprint))

    def of(
        self, partition: str, *, begins: str | None = None, consistent: bool = False
    ) -> Iterator[Row]:
        """All rows of a partition.

        Args:
            begins: Only those whose `sk` begins so.
        """
        values = {":pk": encode(partition)}
        condition = "pk = :pk"
        if begins is not None:
            condition += " AND begins_with(sk, :begins)"
            values[":begins"] = encode(begins)
        return self.table.query(
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=consistent,
        )


class _Expression:
    """Builds an update expression; all attributes are named by number, as names may hold any."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self._places: dict[str, str] = {}
        self._set: list[str] = []
        self._add: list[str] = []

    @property
    def text(self) -> str:
        clauses = {"SET": self._set, "ADD": self._add}
        return " ".join(f"{verb} {', '.join(each)}" for verb, each in clauses.items() if each)

    def name(self, attribute: str) -> str:
        if attribute not in self._places:
            place = self._places[attribute] = f"#{len(self._places)}"
            self.names[place] = attribute
        return self._places[attribute]

    def value(self, value: Any) -> str:
        place = f"v{len(self.values)}"
        self.values[place] = value
        return f":{place}"

    def set(self, values: Mapping[str, Any]) -> None:
        self._set += [f"{self.name(each)} = {self.value(value)}" for each, value in values.items()]

    def set_once(self, values: Mapping[str, Any]) -> None:
        for each, value in values.items():
            name = self.name(each)
            self._set.append(f"{name} = if_not_exists({name}, {self.value(value)})")

    def add(self, numbers: Mapping[str, int]) -> None:
        self._add += [f"{self.name(each)} {self.value(count)}" for each, count in numbers.items()]
