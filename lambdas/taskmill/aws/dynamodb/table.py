"""The DynamoDB table: the requests that all stores use."""

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

BATCH_STATEMENTS = 25  # the limit of BatchExecuteStatement
_TRIES, _TRANSACTION_TRIES = 6, 10
BATCH_GETS = 100  # the limit of BatchGetItem


class Table:
    """The tasks table and its low-level client. Rows are dicts of Python values."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: StoredKey) -> dict[str, Any] | None:
        """The row, read strongly consistently; None: there is none."""
        return self._get(key, consistent=True)

    def find(self, key: StoredKey) -> dict[str, Any] | None:
        """A row that never changes; None: there is none.

        Reads eventually consistently, at half the price, and strongly if the row is not found.
        """
        return self._get(key, consistent=False) or self._get(key, consistent=True)

    def put(self, values: Mapping[str, Any]) -> None:
        """Store a row, replacing any with the same key."""
        self.client.put_item(TableName=self.name, Item=encode_item(values))

    def put_new(self, values: Mapping[str, Any]) -> None:
        """Insert a row.

        Raises:
            ConditionFailed: A row with this key exists.
        """
        with_condition = {"ConditionExpression": "attribute_not_exists(pk)"}
        self._conditional(self.client.put_item, Item=encode_item(values), **with_condition)

    def replace(self, values: Mapping[str, Any], *, version: int) -> None:
        """Replace the row, if it has this version.

        Raises:
            ConditionFailed: It has another version, or does not exist.
        """
        self._conditional(
            self.client.put_item,
            Item=encode_item(values),
            ConditionExpression="#version = :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": encode(version)},
        )

    def delete(self, key: StoredKey) -> dict[str, Any] | None:
        """Delete a row and return it; None: there was none."""
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
        """Update one row and return the new one.

        Raises:
            ConditionFailed: Has the row as it was.
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
        """As `update`, but without returning the row, which takes a tenth of the request's time."""
        update = _update_of(key, expression, condition, values, names)
        self._conditional(self.client.update_item, **update)

    def query(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield every matching row, reading further pages as needed."""
        while True:
            answer = self.client.query(TableName=self.name, **request)
            yield from map(decode_item, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def get_many(self, keys: Sequence[StoredKey]) -> list[dict[str, Any] | None]:
        """Rows in the order of `keys`, read strongly consistently, 100 per request; None: no row.

        Raises:
            Throttled: DynamoDB left keys unprocessed six times in a row.
        """
        found: dict[StoredKey, dict[str, Any]] = {}
        for chunk in chunked(list(dict.fromkeys(keys)), BATCH_GETS):
            found.update(self._get_chunk(chunk))
        return [found.get(key) for key in keys]

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Run a transaction; retried while it conflicts with another or is throttled.

        Returns:
            Empty on success. If a condition failed: the reason for each action, "None" for those
            that did not fail.

        Raises:
            Throttled: Ten tries conflicted or were throttled.
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
        """Insert rows independently, 25 per request; False for each that exists already."""
        return self._execute([insert_statement(self.name, row) for row in rows])

    def update_many(self, updates: Sequence[Update]) -> list[bool]:
        """Update rows independently, 25 per request; False for each whose condition failed."""
        return self._execute([update_statement(self.name, update) for update in updates])

    def update_each(self, updates: Sequence[Update]) -> list[bool]:
        """Update up to 25 rows independently, in one request and without retries.

        Returns:
            False for each update that failed for any reason, such as its condition or throttling.
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
        raise Throttled("DynamoDB throttled the reads")

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
        """Run statements, 25 per request; retries throttled ones, raises any other error."""
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
                    raise Throttled(f"DynamoDB throttled the statements: {code}")
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
