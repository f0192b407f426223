"""All rows of a tenant's limits, for those who look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.codec import encode
from taskmill.aws.dynamodb.flow_control.settings import SetLimit
from taskmill.aws.dynamodb.table import Table
from taskmill.model.flow_control.limit_ids import (
    PAUSE,
    RATE_ROW,
    LimitId,
    limit_partitions,
)
from taskmill.model.rows.limit_row import LIMIT_ROW


@dataclass(frozen=True, slots=True)
class RateRow:
    """Where a rate limit stands.

    Attributes:
        tat: Its theoretical arrival time, in epoch microseconds; see `reservations`.
        paused_until: Epoch ms; 0: it is not paused.
    """

    id: LimitId
    tat: int
    paused_until: int


@dataclass(frozen=True, slots=True)
class SetRow:
    """What is set for one key of a limit; or, with `general`, for every key of its name."""

    id: LimitId
    general: bool
    values: SetLimit


class LimitRows:
    """Reads the rows of a tenant's limits; eventually consistent."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def rates(self, tenant: str) -> Iterator[RateRow]:
        """The rate limits that units were taken from within a week."""
        for pk, values in self._rows(RATE_ROW, tenant):
            name, _, key = str(values["sk"]).partition("#")
            if pk and "tat" in values:
                paused = int(values.get("pausedUntil", 0))
                yield RateRow(LimitId(tenant, name, key), int(values["tat"]), paused)

    def set_limits(self, tenant: str) -> Iterator[SetRow]:
        """What operators have set, pauses left out."""
        for _, values in self._rows(LIMIT_ROW, tenant):
            known = SetLimit.of(values)
            name, _, key = str(values["sk"]).partition("#")
            if known is not None and name != PAUSE:
                yield SetRow(LimitId(tenant, name, key), "key" not in values, known)

    def _rows(self, row: str, tenant: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for partition in limit_partitions(row, tenant):
            found = self._table.query(
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": encode(partition)},
            )
            yield from ((partition, values) for values in found)
