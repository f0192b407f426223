"""A DynamoDB table and its stream in memory, with the client methods that taskmill calls.

It is a hundred times faster than a general emulator, so tests can deliver everything twice and
crash at every call. Like DynamoDB, it rejects failed conditions, and batches and items over the
limits. The store's contract tests run against this table and against moto.
"""

from __future__ import annotations

import base64
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from taskmill.testing.expressions import Scope, holds, updated
from taskmill.testing.partiql import batch_execute_statement
from taskmill.testing.places import Places
from taskmill.testing.queries import queried
from taskmill.testing.scans import scanned
from taskmill.testing.sizes import consumption, item_size, read_units
from taskmill.testing.typed_values import Item

ITEM_LIMIT = 409_600  # bytes; DynamoDB's limit for one item
Keys = tuple[str, str]

EXPRESSION_LIMIT = 4_096  # bytes, DynamoDB's for one expression


@dataclass
class MemoryTable:
    """One table with the keys `pk` and `sk`, its indexes and its stream.

    Attributes:
        schema: Arguments of `create_table`, as `TABLE_SCHEMA`.
        records: Stream records of all changes, oldest first.
    """

    schema: Mapping[str, Any]
    records: list[dict[str, Any]] = field(default_factory=list)
    _partitions: defaultdict[str, dict[str, Item]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self._places = Places.of(self.schema)

    # One item

    def get_item(self, *, Key: Item, **request: Any) -> dict[str, Any]:
        item = self._find(_keys(Key))
        told = consumption(lambda: read_units(item_size(item), request), request)
        return {"Item": item, **told} if item else told

    def put_item(self, *, Item: Item, **request: Any) -> dict[str, Any]:
        keys = _keys(Item)
        self._check(keys, request)
        self._store(keys, Item)
        return {}

    def update_item(self, *, Key: Item, UpdateExpression: str, **request: Any) -> dict[str, Any]:
        keys = _keys(Key)
        self._check(keys, request)
        item = self._updated(Key, UpdateExpression, request)
        self._store(keys, item)
        return {"Attributes": item}

    def delete_item(self, *, Key: Item, **request: Any) -> dict[str, Any]:
        keys = _keys(Key)
        self._check(keys, request)
        old = self._find(keys)
        self._store(keys, None)
        return {"Attributes": old} if old and request.get("ReturnValues") == "ALL_OLD" else {}

    # Many items

    def batch_get_item(self, *, RequestItems: Mapping[str, Any], **how: Any) -> dict[str, Any]:
        ((name, request),) = RequestItems.items()
        if len(request["Keys"]) > 100:
            raise refused("ValidationException", "at most 100 keys")
        found = [self._find(_keys(key)) for key in request["Keys"]]
        told = consumption(
            lambda: sum(read_units(item_size(item), request) for item in found), how, several=True
        )
        return {"Responses": {name: [item for item in found if item]}, **told}

    def batch_execute_statement(self, *, Statements: Sequence[Any]) -> dict[str, Any]:
        if len(Statements) > 25:
            raise refused("ValidationException", "at most 25 statements")
        return batch_execute_statement(self, Statements)

    def transact_write_items(self, *, TransactItems: Sequence[Any]) -> dict[str, Any]:
        if len(TransactItems) > 100:
            raise refused("ValidationException", "at most 100 actions")
        actions = [next(iter(each.items())) for each in TransactItems]
        reasons = [self.reason(request) for _, request in actions]
        if any(reason["Code"] != "None" for reason in reasons):
            raise refused("TransactionCanceledException", "cancelled", CancellationReasons=reasons)
        for kind, request in actions:
            unconditional = {k: v for k, v in request.items() if k != "ConditionExpression"}
            if kind == "Put":
                self.put_item(**unconditional)
            elif kind == "Update":
                self.update_item(**unconditional)
            elif kind == "Delete":
                self.delete_item(**unconditional)
        return {}

    def query(self, *, KeyConditionExpression: str, **request: Any) -> dict[str, Any]:
        index = request.get("IndexName")
        found = self._places.queried(index, KeyConditionExpression, request)
        items = (self._partitions[pk][sk] for pk, sk in found)
        return queried(self._places.keys[index], items, KeyConditionExpression, request)

    def scan(self, **request: Any) -> dict[str, Any]:
        items = itertools.chain.from_iterable(each.values() for each in self._partitions.values())
        return scanned(items, request)

    # The whole content, to keep it elsewhere

    def items(self) -> list[Item]:
        return [item for each in self._partitions.values() for item in each.values()]

    def fill(self, items: Iterable[Item]) -> None:
        """Store items that were in such a table before: the stream has no record of them."""
        for item in items:
            pk, sk = _keys(item)
            self._places.move(self._find((pk, sk)), item)
            self._partitions[pk][sk] = item

    def clear(self) -> None:
        """Forget all items, without records in the stream."""
        self._partitions.clear()
        self._places.clear()

    # Helpers

    def _find(self, keys: Keys) -> Item | None:
        return self._partitions[keys[0]].get(keys[1])

    def _check(self, keys: Keys, request: Mapping[str, Any]) -> None:
        item = self._find(keys)
        condition = request.get("ConditionExpression")
        if condition and not holds(condition, _scope(item or {}, request)):
            old = {"Item": item} if item else {}
            raise refused("ConditionalCheckFailedException", "the condition failed", **old)

    def reason(self, request: Mapping[str, Any]) -> dict[str, str]:
        """Whether the condition of one action of a transaction fails, as a cancellation reason."""
        try:
            self._check(_keys(request.get("Key") or request["Item"]), request)
        except ClientError:
            return {"Code": "ConditionalCheckFailed"}
        return {"Code": "None"}

    def _updated(self, key: Item, expression: str, request: Mapping[str, Any]) -> Item:
        if len(expression) > EXPRESSION_LIMIT:
            raise refused("ValidationException", "Expression size has exceeded the maximum")
        try:
            return updated(expression, _scope(self._find(_keys(key)) or dict(key), request))
        except (ValueError, KeyError) as error:
            raise refused("ValidationException", str(error)) from error

    def _store(self, keys: Keys, item: Item | None) -> None:
        if item is not None and item_size(item) > ITEM_LIMIT:
            raise refused("ValidationException", "Item size has exceeded the maximum allowed size")
        old = self._find(keys)
        self._places.move(old, item)
        if item is None:
            self._partitions[keys[0]].pop(keys[1], None)
        else:
            self._partitions[keys[0]][keys[1]] = item
        if old != item:  # a write that changes nothing leaves no record
            self.records.append(_record(next(self._numbers), keys, old, item))


def refused(code: str, message: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, "InMemory")


def _keys(item: Item) -> Keys:
    return (item["pk"]["S"], item["sk"]["S"])


def _scope(item: Item, request: Mapping[str, Any]) -> Scope:
    return Scope(
        item,
        request.get("ExpressionAttributeNames", {}),
        request.get("ExpressionAttributeValues", {}),
    )


def _record(number: int, keys: Keys, old: Item | None, new: Item | None) -> dict[str, Any]:
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    images = {"OldImage": old, "NewImage": new}
    return {
        "eventID": str(number),
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"pk": {"S": keys[0]}, "sk": {"S": keys[1]}},
            "SequenceNumber": str(number),
            **{image: _in_event(item) for image, item in images.items() if item is not None},
        },
    }


def _in_event(item: Item) -> Item:
    """An image as Lambda's JSON has it, where bytes are Base64."""
    return {
        name: {"B": base64.b64encode(value["B"]).decode()} if "B" in value else value
        for name, value in item.items()
    }
