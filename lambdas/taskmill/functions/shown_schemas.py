"""JSON Schemas of inputs without the values that they hold of secret fields."""

from __future__ import annotations

from typing import Any

from taskmill.model.redaction import RedactedNames

_VALUES = frozenset({"default", "examples", "example", "const", "enum"})
_NAMED = frozenset({"properties", "patternProperties", "$defs"})  # they hold schemas by name


def without_values_of(schema: Any, names: RedactedNames) -> Any:
    """A JSON Schema without the defaults, examples and choices in which a secret may stand.

    That is of the fields of these names with all below, and whatever value has such a field.
    """
    if isinstance(schema, list):
        return [without_values_of(each, names) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _of_fields(below, names)
        if name in _NAMED and isinstance(below, dict)
        else without_values_of(below, names)
        for name, below in schema.items()
        if name not in _VALUES or not _has_field(below, names)
    }


def without_values(schema: Any) -> Any:
    """A JSON Schema without any defaults, examples and choices."""
    if isinstance(schema, list):
        return [without_values(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {field: without_values(each) for field, each in below.items()}
        if name in _NAMED and isinstance(below, dict)
        else without_values(below)
        for name, below in schema.items()
        if name not in _VALUES
    }


def _of_fields(fields: dict[str, Any], names: RedactedNames) -> dict[str, Any]:
    return {
        name: without_values(each) if names.covers(name) else without_values_of(each, names)
        for name, each in fields.items()
    }


def _has_field(value: Any, names: RedactedNames) -> bool:
    """Whether a JSON value has a field of one of the names, at any depth."""
    if isinstance(value, dict):
        return any(names.covers(name) or _has_field(each, names) for name, each in value.items())
    return isinstance(value, list) and any(_has_field(each, names) for each in value)
