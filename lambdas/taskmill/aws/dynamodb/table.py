"""The DynamoDB table: the requests that all stores use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb import read_units
from taskmill.aws.dynamodb.codec import decode_row, encode, encode_item
from taskmill.aws.dynamodb.refusals import ConditionFailed, error_code
from taskmill.aws.dynamodb.repeats import Repeats
from taskmill.aws.dynamodb.statements import Update, insert_statement, update_statement
from taskmill.aws.dynamodb.tombstones import VOID_ROW, is_void, present
from taskmill.model.chunks import chunked
from taskmill.model.errors import Throttled
from taskmill.model.keys import StoredKey

_TRIES = 6
BATCH_GETS = 100  # the limit of BatchGetItem
PUT_NEW: Mapping[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
PUT_OVER_TOMBSTONE: Mapping[str, Any] = {
    "ConditionExpression": "attribute_not_exists(pk) OR #row = :void",
    "ExpressionAttributeNames": {"#row": "row"},
    "ExpressionAttributeValues": {":void": encode(VOID_ROW)},
}


class Table:
    """The tasks table and its low-level client. Rows are dicts of Python values.

    Single writes that meet a transaction, and transactions that meet each other, are repeated.
    Tombstones (see `tombstones.py`) are no rows: nothing here returns one.

    Args:
        sleep: Waits the given number of seconds, between two tries.
    """

    def __init__(
        self, client: Any, name: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.client = client
        self.name = name
        self._repeats = Repeats(client, sleep)

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
        item = encode_item(values)
        self._repeats.write(self.client.put_item, TableName=self.name, Item=item)

    def put_new(self, values: Mapping[str, Any], *, over_tombstone: bool = False) -> None:
        """Insert a row.

        Args:
            over_tombstone: Replace a tombstone.

        Raises:
            ConditionFailed: A row with this key exists; or a tombstone, and its `old` is None.
        """
        condition = PUT_OVER_TOMBSTONE if over_tombstone else PUT_NEW
        self.conditional(self.client.put_item, Item=encode_item(values), **condition)

    def replace(self, values: Mapping[str, Any], *, version: int) -> None:
        """Replace the row, if it has this version.

        Raises:
            ConditionFailed: It has another version, or does not exist.
        """
        self.conditional(
            self.client.put_item,
            Item=encode_item(values),
            ConditionExpression="#version = :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": encode(version)},
        )

    def delete(self, key: StoredKey) -> dict[str, Any] | None:
        """Delete a row and return it; None: there was none."""
        answer = self._repeats.write(
            self.client.delete_item,
            TableName=self.name,
            Key=encode_item(key._asdict()),
            ReturnValues="ALL_OLD",
        )
        return decode_row(answer["Attributes"]) if "Attributes" in answer else None

    def delete_older(self, key: StoredKey, *, version: int) -> None:
        """Delete a row, if it has this version or an earlier one.

        Raises:
            ConditionFailed: It has a later version.
        """
        self.conditional(
            self.client.delete_item,
            Key=encode_item(key._asdict()),
            ConditionExpression="attribute_not_exists(pk) OR #version <= :version",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues={":version": encode(version)},
        )

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
        answer = self.conditional(self.client.update_item, ReturnValues="ALL_NEW", **update)
        return decode_row(answer["Attributes"])

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
        self.conditional(self.client.update_item, **update)

    def query(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield every matching row, reading further pages as needed."""
        for answer in self.pages(**request):
            rows = map(decode_row, answer["Items"])
            yield from (row for row in rows if not is_void(row))

    def pages(self, **request: Any) -> Iterator[Mapping[str, Any]]:
        """As `query`, but the answers as they are, to count with."""
        while True:
            answer = self.client.query(TableName=self.name, **request, **read_units.asking())
            read_units.note(answer)
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def get_many(
        self, keys: Sequence[StoredKey], *, consistent: bool = True
    ) -> list[dict[str, Any] | None]:
        """Rows in the order of `keys`, 100 per request; None: no row.

        Args:
            consistent: Read strongly consistently, at twice the price.

        Raises:
            Throttled: DynamoDB left keys unprocessed six times in a row.
        """
        found: dict[StoredKey, dict[str, Any]] = {}
        for chunk in chunked(list(dict.fromkeys(keys)), BATCH_GETS):
            found.update(self._get_chunk(chunk, consistent=consistent))
        return [found.get(key) for key in keys]

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Run a transaction: see `Repeats.transact`."""
        return self._repeats.transact(actions)

    def insert_many(self, rows: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Insert rows independently, 25 per request; False for each that exists already.

        Raises:
            RowsRefused: Some rows cannot be stored; all others are.
        """
        keys = [StoredKey(row["pk"], row["sk"]) for row in rows]
        return self._repeats.execute(keys, _made(insert_statement, self.name, rows))

    def update_many(self, updates: Sequence[Update]) -> list[bool]:
        """Update rows independently, 25 per request; False for each whose condition failed.

        Raises:
            RowsRefused: Some updates cannot be stored; all others are.
        """
        keys = [update.key for update in updates]
        return self._repeats.execute(keys, _made(update_statement, self.name, updates))

    def write_many(self, writes: Sequence[Update | Mapping[str, Any]]) -> list[bool]:
        """Update rows, and insert those given as a mapping; see `update_many`, `insert_many`."""
        keys = [
            each.key if isinstance(each, Update) else StoredKey(each["pk"], each["sk"])
            for each in writes
        ]
        return self._repeats.execute(keys, _made(_statement, self.name, writes))

    def update_each(self, updates: Sequence[Update]) -> list[bool]:
        """Update up to 25 rows independently, in one request and without retries.

        Returns:
            False for each update that failed for any reason, such as its condition or throttling;
            of several updates of one row, for all but the first.
        """
        first = {update.key: place for place, update in reversed([*enumerate(updates)])}
        statements = _made(update_statement, self.name, [updates[each] for each in first.values()])
        sent = [
            (place, statement)
            for place, statement in zip(first.values(), statements, strict=True)
            if not isinstance(statement, Exception)
        ]
        if not sent:
            return [False] * len(updates)
        answer = self.client.batch_execute_statement(Statements=[each for _, each in sent])
        places = zip(sent, answer["Responses"], strict=True)
        done = {place for (place, _), each in places if "Error" not in each}
        return [place in done for place in range(len(updates))]

    def _get(self, key: StoredKey, *, consistent: bool) -> dict[str, Any] | None:
        answer = self.client.get_item(
            TableName=self.name,
            Key=encode_item(key._asdict()),
            ConsistentRead=consistent,
            **read_units.asking(),
        )
        read_units.note(answer)
        return present(decode_row(answer["Item"])) if "Item" in answer else None

    def _get_chunk(
        self, keys: Sequence[StoredKey], *, consistent: bool
    ) -> dict[StoredKey, dict[str, Any]]:
        found: dict[StoredKey, dict[str, Any]] = {}
        wanted: list[Any] = [encode_item(key._asdict()) for key in keys]
        for attempt in range(_TRIES):
            answer = self.client.batch_get_item(
                RequestItems={self.name: {"Keys": wanted, "ConsistentRead": consistent}},
                **read_units.asking(),
            )
            read_units.note(answer)
            for item in answer["Responses"].get(self.name, []):
                values = decode_row(item)
                if not is_void(values):
                    found[StoredKey(values["pk"], values["sk"])] = values
            wanted = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if not wanted:
                return found
            self._repeats.pause(attempt)
        raise Throttled("DynamoDB throttled the reads")

    def conditional(self, call: Any, **request: Any) -> Any:
        """Make a conditional write of one row by this method of the client.

        Raises:
            ConditionFailed: Has the row as it was.
        """
        request |= {"TableName": self.name, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        try:
            return self._repeats.write(call, **request)
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            old = error.response.get("Item")
            raise ConditionFailed(present(decode_row(old)) if old else None) from None


def _statement(table: str, write: Update | Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(write, Update):
        return update_statement(table, write)
    return insert_statement(table, write)


def _made(
    make: Callable[[str, Any], dict[str, Any]], table: str, each: Sequence[Any]
) -> list[dict[str, Any] | Exception]:
    """A statement for each row or update; for one with a value that no row holds, the error."""
    made: list[dict[str, Any] | Exception] = []
    for row in each:
        try:
            made.append(make(table, row))
        except (TypeError, ArithmeticError) as error:  # as the codec raises
            made.append(error)
    return made


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
