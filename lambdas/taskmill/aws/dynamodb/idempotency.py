"""Idempotency keys: a task's row and that of its key are written in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.refusals import REFUSED_IN_TRANSACTION
from taskmill.aws.dynamodb.table import PUT_OVER_TOMBSTONE, Table
from taskmill.model.errors import TaskExists
from taskmill.model.keys import TaskKey, idempotency_key
from taskmill.model.rows.task_row import TaskRow

KEPT_SECONDS = 86_400  # a key may be reused after a day


@dataclass(frozen=True, slots=True)
class Before:
    """What an idempotency key was used for: the task's key, and the digest of the request."""

    key: TaskKey
    digest: str


def stored_before(
    table: Table, keys: Sequence[tuple[str, str]], *, now: int | None
) -> list[Before | None]:
    """What idempotency keys (pairs of tenant and key) were used for, looked up together.

    Args:
        now: Epoch ms: keys that expired before count as absent. None: they do not.
    """
    stored = [idempotency_key(*each) for each in keys]
    found = [table.get(stored[0])] if len(stored) == 1 else table.get_many(stored)
    return [_before(each, now) if each else None for each in found]


def _before(values: Mapping[str, Any], now: int | None) -> Before | None:
    if now is not None and values.get("ttl", 0) < now // 1000:
        return None
    key = TaskKey.parse(values.get("taskPk"), values.get("taskSk"))
    return Before(key, str(values.get("digest")))


@dataclass(frozen=True, kw_only=True)
class IdempotentPut:
    """Stores a task, unless its idempotency key was used before.

    Attributes:
        digest: A hash of the request, stored with the key.
        now: Epoch milliseconds.
    """

    table: Table
    row: TaskRow
    key: str
    digest: str
    now: int

    def put(self) -> Before | None:
        """Store the task; if one was stored under this idempotency key before, say which.

        Raises:
            TaskExists: Another task has the same type and code.
        """
        refused = self.table.transact([self._key_put(), self._row_put()])
        if not refused:
            return None
        if refused[0] == REFUSED_IN_TRANSACTION:
            tenant = self.row.key.tenant
            (before,) = stored_before(self.table, [(tenant, self.key)], now=None)
            return self.put() if before is None else before  # None: it has just expired
        raise TaskExists(f"{self.row.key} exists already")

    def _key_put(self) -> dict[str, object]:
        task = self.row.key
        values = {
            **idempotency_key(task.tenant, self.key)._asdict(),
            "row": "IDEMPOTENCY",
            "taskPk": task.pk,
            "taskSk": task.sk,
            "digest": self.digest,
            "ttl": self.now // 1000 + KEPT_SECONDS,
        }
        return {
            "Put": {
                "TableName": self.table.name,
                "Item": encode_item(values),
                # DynamoDB deletes expired rows late, so an expired key counts as absent.
                "ConditionExpression": "attribute_not_exists(pk) OR #ttl < :now",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {":now": encode(self.now // 1000)},
            }
        }

    def _row_put(self) -> dict[str, object]:
        return {
            "Put": {
                "TableName": self.table.name,
                "Item": encode_item(self.row.to_values()),
                **PUT_OVER_TOMBSTONE,
            }
        }
