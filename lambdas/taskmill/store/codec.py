"""Python values to DynamoDB's typed JSON and back, numbers as int and float."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer


class _Serializer(TypeSerializer):  # type: ignore[misc]  # boto3 ships no types
    def serialize(self, value: Any) -> dict[str, Any]:
        if isinstance(value, float):
            value = Decimal(repr(value))
        elif isinstance(value, str):
            value = str(value)  # an enum member is stored as its text
        elif isinstance(value, tuple):
            value = list(value)
        typed: dict[str, Any] = super().serialize(value)
        return typed


class _Deserializer(TypeDeserializer):  # type: ignore[misc]  # boto3 ships no types
    def _deserialize_n(self, value: str) -> int | float:
        return int(value) if value.lstrip("-").isdigit() else float(value)


_SERIALIZER = _Serializer()
_DESERIALIZER = _Deserializer()


def encode(value: Any) -> dict[str, Any]:
    """One value, as `{"S": …}`."""
    return _SERIALIZER.serialize(value)


def encode_item(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode(value) for name, value in values.items()}


def decode_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}
