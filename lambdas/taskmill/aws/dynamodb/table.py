"""One table, its client, and the few request shapes that all row kinds share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.codec import decode_item, encode, encode_item
from taskmill.aws.dynamodb.refusals import (
    BUSY,
    REFUSED,
    REFUSED_IN_TRANSACTION,
    THROTTLED,
    ConditionFailed,
    back_off,
    cancellation_codes,
    error_code,
)
from taskmill.aws.dynamodb.statements import Update, insert_statement, update_statement
from taskmill.model.chunks import chunked
from taskmill.model.errors import Throttled
from taskmill.model.keys import StoredKey

BATCH_STATEMENTS = 25  # BatchExecuteStatement takes no more
_TRIES = 6
_TRANSACTION_TRIES = 10
BATCH_GETS = 100  # BatchGetItem takes no more


class Table:
    """The tasks table behind its low-level client."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: StoredKey) -> dict[str, Any] | None:
        """The row, strongly consistent; None: there is none."""
        return self._get(key, consistent=True)

    def find(self, key: StoredKey) -> dict[str, Any] | None:
        """A row that never changes: read at half the price, and again where it is not seen yet."""
        return self._get(key, consistent=False) or self._get(key, consistent=True)

    def put(self, values: Mapping[str, Any]) -> None:
        """Store a row, whatever is there."""
        self.client.put_item(TableName=self.name, Item=encode_item(values))

    def put_new(self, values: Mapping[str, Any]) -> None:
        """Insert a row.

        Raises:
            ConditionFailed: A row with this key is there.
        """
        with_condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        self._conditional(self.client.put_item, Item=encode_item(values), **with_condition)

    def replace(self, values: Mapping[str, Any], *, version: int) -> None:
        """Put a row in place of the one that has this version.

        Raises:
            ConditionFailed: It has another, or there is none.
        """
        self._conditional(
            self.client.put_item,
            Item=encode_item(values),
            ConditionExpression="#version = :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": encode(version)},
        )

    def delete(self, key: StoredKey) -> dict[str, Any] | None:
        """Delete a row and return it as it was; None: there was none."""
        answer = self.client.delete_item(
            TableName=self.name, Key=encode_item(key._asdict()), ReturnValues="ALL_OLD"
        )
        return decode_item(answer["Attributes"]) if "Attributes" in answer else None

    def update(
        self,
        key: StoredKey,
        expression: str,
        *,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Update one row and return it as it is now.

        Raises:
            ConditionFailed: With the row as it stood.
        """
        update = _update_of(key, expression, condition, values, names)
        answer = self._conditional(self.client.update_item, ReturnValues="ALL_NEW", **update)
        return decode_item(answer["Attributes"])

    def update_unseen(
        self,
        key: StoredKey,
        expression: str,
        *,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> None:
        """As `update`, for those who need no answer: to send and read it is a tenth of a call."""
        update = _update_of(key, expression, condition, values, names)
        self._conditional(self.client.update_item, **update)

    def query(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Every matching row, over as many pages as it takes."""
        while True:
            answer = self.client.query(TableName=self.name, **request)
            yield from map(decode_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def get_many(self, keys: Sequence[StoredKey]) -> list[dict[str, Any] | None]:
        """Rows in the order of their keys, strongly consistent, 100 a call; None: there is none."""
        found: dict[StoredKey, dict[str, Any]] = {}
        for chunk in chunked(list(dict.fromkeys(keys)), BATCH_GETS):
            found.update(self._get_chunk(chunk))
        return [found.get(key) for key in keys]

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Write all of these or none; again while another transaction has one of the rows.

        Returns:
            Nothing when it is done; else why each action was refused ("None": it was not).

        Raises:
            Throttled: The rows were busy for seconds.
        """
        for attempt in range(_TRANSACTION_TRIES):
            try:
                self.client.transact_write_items(TransactItems=list(actions))
            except ClientError as error:
                codes = cancellation_codes(error)
                if REFUSED_IN_TRANSACTION in codes:
                    return codes
                if not BUSY.intersection(codes) and error_code(error) not in BUSY:
                    raise
            else:
                return []
            back_off(min(attempt, 5))
        raise Throttled("the rows of a transaction were busy for too long")

    def insert_many(self, rows: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Insert rows, 25 a call, each on its own; False where one was there already."""
        return self._execute([insert_statement(self.name, row) for row in rows])

    def update_many(self, updates: Sequence[Update]) -> list[bool]:
        """Conditional updates, 25 a call, each on its own; False where the condition failed."""
        return self._execute([update_statement(self.name, update) for update in updates])

    def update_each(self, updates: Sequence[Update]) -> list[bool]:
        """Up to 25 conditional updates in one call, each on its own.

        Returns:
            False where one was not done, whatever the reason: its condition failed, say, or its
            partition was busy. Nothing is tried again.
        """
        statements = [update_statement(self.name, update) for update in updates]
        answer = self.client.batch_execute_statement(Statements=statements)
        return ["Error" not in each for each in answer["Responses"]]

    def _get(self, key: StoredKey, *, consistent: bool) -> dict[str, Any] | None:
        answer = self.client.get_item(
            TableName=self.name, Key=encode_item(key._asdict()), ConsistentRead=consistent
        )
        return decode_item(answer["Item"]) if "Item" in answer else None

    def _get_chunk(self, keys: Sequence[StoredKey]) -> dict[StoredKey, dict[str, Any]]:
        found: dict[StoredKey, dict[str, Any]] = {}
        wanted: list[Any] = [encode_item(key._asdict()) for key in keys]
        for attempt in range(_TRIES):
            answer = self.client.batch_get_item(
                RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}}
            )
            for item in answer["Responses"].get(self.name, []):
                values = decode_item(item)
                found[StoredKey(values["pk"], values["sk"])] = values
            wanted = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if not wanted:
                return found
            back_off(attempt)
        raise Throttled("DynamoDB read no more rows")

    def _conditional(self, call: Any, **request: Any) -> Any:
        try:
            return call(
                TableName=self.name, ReturnValuesOnConditionCheckFailure="ALL_OLD", **request
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            old = error.response.get("Item")
            raise ConditionFailed(decode_item(old) if old else None) from None

    def _execute(self, statements: list[dict[str, Any]]) -> list[bool]:
        """Run statements 25 a call; throttled ones again, any other failure raised."""
        done: list[bool] = []
        for chunk in chunked(statements, BATCH_STATEMENTS):
            done += self._execute_call(chunk)
        return done

    def _execute_call(self, statements: list[dict[str, Any]]) -> list[bool]:
        outcome: dict[int, bool] = {}
        for attempt in range(_TRIES):
            pending = [index for index in range(len(statements)) if index not in outcome]
            answers = self.client.batch_execute_statement(
                Statements=[statements[index] for index in pending]
            )["Responses"]
            for index, answer in zip(pending, answers, strict=True):
                code = answer.get("Error", {}).get("Code")
                if code is None or code in REFUSED:
                    outcome[index] = code is None
                elif code not in THROTTLED:
                    raise RuntimeError(f"DynamoDB refused a statement: {answer['Error']}")
                elif attempt == _TRIES - 1:
                    raise Throttled(f"DynamoDB took no more statements: {code}")
            if len(outcome) == len(statements):
                break
            back_off(attempt)
        return [outcome[index] for index in range(len(statements))]


def _update_of(
    key: StoredKey,
    expression: str,
    condition: str,
    values: Mapping[str, Any],
    names: Mapping[str, str] | None,
) -> dict[str, Any]:
    return {
        "Key": encode_item(key._asdict()),
        "UpdateExpression": expression,
        "ConditionExpression": condition,
        "ExpressionAttributeValues": {f":{name}": encode(each) for name, each in values.items()},
        **({"ExpressionAttributeNames": dict(names)} if names else {}),
    }
