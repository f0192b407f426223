"""Idempotency keys: a task's row and that of its key are written in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.refusals import REFUSED_IN_TRANSACTION
from taskmill.aws.dynamodb.table import Table
from taskmill.model.errors import IdempotencyConflict, TaskExists
from taskmill.model.keys import TaskKey, idempotency_key
from taskmill.model.rows.task_row import TaskRow

KEPT_SECONDS = 86_400  # a key may be reused after a day


@dataclass(frozen=True, kw_only=True)
class IdempotentPut:
    """Stores a task, unless its idempotency key was used before.

    Attributes:
        digest: A hash of the request, to detect a key used for a different one.
        now: Epoch milliseconds.
    """

    table: Table
    row: TaskRow
    key: str
    digest: str
    now: int

    def put(self) -> TaskKey | None:
        """Store the task; if one was stored under this idempotency key before, return its key.

        Raises:
            IdempotencyConflict: The idempotency key was used for a different request.
            TaskExists: Another task has the same type and code.
        """
        refused = self.table.transact([self._key_put(), self._row_put()])
        if not refused:
            return None
        if refused[0] != REFUSED_IN_TRANSACTION:  # then it is the task's row that exists
            raise TaskExists(f"{self.row.key} exists already")
        return self._stored_before()

    def _stored_before(self) -> TaskKey:
        stored = self.table.get(idempotency_key(self.row.key.tenant, self.key))
        if stored is None or stored["digest"] != self.digest:
            raise IdempotencyConflict(
                "the idempotency key was used for another request within the last 24 hours",
                field="idempotencyKey",
            )
        return TaskKey.parse(stored["taskPk"], stored["taskSk"])

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
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
