"""What AWS bills for a call, from the request, the answer and the items it touched.

DynamoDB, computed from item sizes:

- a write costs a unit for every KB begun of the whole item, before or after, whichever is larger;
  at least one; a refused or futile one as well; in a transaction twice;
- an index is written when what it holds of the item changes: one unit to add, one to remove;
- a strongly consistent read costs a unit for every 4 KB begun, an eventual one half; a query by the
  sum of what it reads, a batch of gets item by item; nothing found is still one.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.ledger.usage import What
from taskmill.testing.sizes import item_size, write_units

Item = Mapping[str, Any]
Request = Mapping[str, Any]

CHUNK = 64 * 1024  # bytes that SQS and SNS bill as one request
_S3 = {"put_object": What.S3_PUTS, "get_object": What.S3_GETS, "head_object": What.S3_GETS}
_FIELD = re.compile(r"'(\w+)': \?")
_CONDITION = re.compile(r'"([\w.]+)"=\?')


def keys_written(operation: str, request: Request) -> list[Item]:
    """The key of every item that a call of DynamoDB writes; none: it only reads."""
    if operation == "batch_execute_statement":
        return [_key_of_statement(each) for each in request["Statements"]]
    if operation == "transact_write_items":
        return [_key(next(iter(each.values()))) for each in request["TransactItems"]]
    if operation in ("put_item", "update_item", "delete_item"):
        return [_key(request)]
    return []


def units_written(
    operation: str, before: Sequence[Item | None], after: Sequence[Item | None]
) -> int:
    """Write units of a call on the table itself."""
    factor = 2 if operation == "transact_write_items" else 1
    pairs = zip(before, after, strict=True)
    return factor * sum(max(write_units(old, new), 1) for old, new in pairs)


def index_units(schema: Mapping[str, Any], old: Item | None, new: Item | None) -> int:
    """Write units of one item's change on the indexes, all of which hold keys only."""
    units = 0
    for index in schema["GlobalSecondaryIndexes"]:
        names = [each["AttributeName"] for each in index["KeySchema"]]
        before, after = _projected(old, names), _projected(new, names)
        if before != after:
            units += (before is not None) + (after is not None)
    return units


def units_read(
    operation: str, request: Request, answer: Mapping[str, Any], schema: Mapping[str, Any]
) -> float:
    """Read units of a call; 0 for one that writes."""
    if operation == "get_item":
        return _units([item_size(answer.get("Item"))], request)
    if operation == "query":
        names = _held_by(request.get("IndexName"), schema)
        items = [{name: each[name] for name in names or each} for each in answer["Items"]]
        return _units([sum(map(item_size, items))], request)
    if operation == "batch_get_item":
        (asked,) = request["RequestItems"].values()
        (found,) = answer["Responses"].values()
        missing = len(asked["Keys"]) - len(found)
        return _units([*map(item_size, found), *[0] * missing], asked)
    return 0


def billed(
    service: str, operation: str, request: Request, answer: Mapping[str, Any]
) -> list[tuple[What, float]]:
    """Kinds and amounts of a call of SQS, SNS or S3; nothing for services that bill otherwise."""
    if service == "sqs":
        bodies = [each.get("MessageBody", "") for each in request.get("Entries", [request])]
        size = sum(len(body.encode()) for body in bodies)
        return [(What.FAIR_QUEUE_REQUESTS, requests(size)), (What.BYTES, size)]
    if service == "sns":
        size = len(json.dumps(request["PublishBatchRequestEntries"], ensure_ascii=False).encode())
        return [(What.PUBLISHES, requests(size)), (What.BYTES, size)]
    if service == "s3" and operation in _S3:
        return [(_S3[operation], 1), (What.BYTES, _s3_bytes(request, answer))]
    return []


def requests(size: int) -> int:
    """How many requests so many bytes are billed as."""
    return max(math.ceil(size / CHUNK), 1)


def _units(sizes: Iterable[int], request: Request) -> float:
    weight = 1 if request.get("ConsistentRead") else 0.5
    return weight * sum(max(math.ceil(size / 4096), 1) for size in sizes)


def _held_by(index: str | None, schema: Mapping[str, Any]) -> list[str]:
    """What an index holds of an item; nothing: it is the table, which holds all."""
    for each in schema["GlobalSecondaryIndexes"]:
        if each["IndexName"] == index:
            return [*(part["AttributeName"] for part in each["KeySchema"]), "pk", "sk"]
    return []


def _projected(item: Item | None, names: Sequence[str]) -> list[Any] | None:
    if item is None or any(name not in item for name in names):
        return None
    return [item[name] for name in names]


def _key(holder: Mapping[str, Any]) -> Item:
    item = holder.get("Key") or holder["Item"]
    return {"pk": item["pk"], "sk": item["sk"]}


def _key_of_statement(statement: Mapping[str, Any]) -> Item:
    text, parameters = statement["Statement"], statement["Parameters"]
    if text.startswith("INSERT"):
        named = dict(zip(_FIELD.findall(text), parameters, strict=True))
    else:
        names = _CONDITION.findall(text.partition(" WHERE ")[2])
        named = dict(zip(names, parameters[-len(names) :], strict=True))
    return {"pk": named["pk"], "sk": named["sk"]}


def _s3_bytes(request: Request, answer: Mapping[str, Any]) -> int:
    if "Body" in request:
        return len(request["Body"])
    body = answer.get("Body")
    return 0 if body is None else int(body._content_length)  # noqa: SLF001  # has no public name
