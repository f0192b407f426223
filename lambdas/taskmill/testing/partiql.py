"""PartiQL in memory: runs the store's INSERT and UPDATE statements as PutItem and UpdateItem.

Used by the table in memory, and by tests with moto: moto 5.2 cannot run parameterised INSERTs, and
does not report which statement of a batch failed its condition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

_INSERT = re.compile(r'INSERT INTO "(?P<table>[^"]+)" VALUE \{(?P<fields>.*)\}$')
_UPDATE = re.compile(r'UPDATE "(?P<table>[^"]+)" (?P<clauses>.*) WHERE (?P<conditions>.*)$')
_CLAUSE = re.compile(r'(SET|REMOVE) ((?:"\w+"\.?)+)')


def batch_execute_statement(client: Any, Statements: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """As DynamoDB's BatchExecuteStatement: each statement succeeds or fails by itself."""
    return {"Responses": [_execute(client, each) for each in Statements]}


def _execute(client: Any, statement: Mapping[str, Any]) -> dict[str, Any]:
    text, parameters = statement["Statement"], statement["Parameters"]
    insert = _INSERT.match(text)
    try:
        if insert:
            _insert(client, insert, parameters)
        else:
            _update(client, _UPDATE.match(text), iter(parameters))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        code = "DuplicateItem" if insert else "ConditionalCheckFailed"
        return {"Error": {"Code": code, "Message": str(error)}}
    return {}


def _insert(client: Any, match: re.Match[str], parameters: Sequence[Any]) -> None:
    names = re.findall(r"'(\w+)': \?", match["fields"])
    client.put_item(
        TableName=match["table"],
        Item=dict(zip(names, parameters, strict=True)),
        ConditionExpression="attribute_not_exists(pk)",
    )


def _update(client: Any, match: re.Match[str] | None, parameters: Iterator[Any]) -> None:
    if match is None:
        raise ValueError("a statement that the store does not write")
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    clauses = _CLAUSE.findall(match["clauses"])
    sets = [
        f"{_path(path, names)} = {_value(values, next(parameters))}"
        for verb, path in clauses
        if verb == "SET"
    ]
    removes = [_path(path, names) for verb, path in clauses if verb == "REMOVE"]
    wanted = {name: next(parameters) for name in re.findall(r'"(\w+)"=\?', match["conditions"])}
    key = {name: wanted.pop(name) for name in ("pk", "sk")}
    conditions = ["attribute_exists(pk)"]
    for name, value in wanted.items():
        conditions.append(f"{_path(name, names)} = {_value(values, value)}")
    client.update_item(
        TableName=match["table"],
        Key=key,
        UpdateExpression=_expression(sets, removes),
        ConditionExpression=" AND ".join(conditions),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues=values,
    )


def _expression(sets: Sequence[str], removes: Sequence[str]) -> str:
    parts = [f"SET {', '.join(sets)}"] if sets else []
    return " ".join([*parts, f"REMOVE {', '.join(removes)}"] if removes else parts)


def _path(path: str, names: dict[str, str]) -> str:
    parts = [part.strip('"') for part in path.split(".")]
    names.update({f"#{part}": part for part in parts})
    return ".".join(f"#{part}" for part in parts)


def _value(values: dict[str, Any], value: Any) -> str:
    name = f":v{len(values)}"
    values[name] = value
    return name
