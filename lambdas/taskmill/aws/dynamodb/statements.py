"""PartiQL statements for batches of inserts and conditional updates.

There are only a few kinds of writes, so the texts of their statements are cached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from taskmill.aws.dynamodb.codec import encode
from taskmill.model.keys import StoredKey


@dataclass(frozen=True, kw_only=True)
class Update:
    """One conditional update: values to set and remove, and the values required before."""

    key: StoredKey
    sets: Mapping[str, Any] = field(default_factory=dict)
    removes: Sequence[str] = ()
    where: Mapping[str, Any] = field(default_factory=dict)  # attribute -> required value


def insert_statement(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Statement": _insert(table, tuple(row)),
        "Parameters": [encode(value) for value in row.values()],
    }


def update_statement(table: str, update: Update) -> dict[str, Any]:
    sets, where = update.sets, {**update.key._asdict(), **update.where}
    return {
        "Statement": _update(table, tuple(sets), tuple(update.removes), tuple(where)),
        "Parameters": [encode(value) for value in (*sets.values(), *where.values())],
    }


@lru_cache(maxsize=200)
def _insert(table: str, names: tuple[str, ...]) -> str:
    fields = ", ".join(f"'{name}': ?" for name in names)
    return f'INSERT INTO "{table}" VALUE {{{fields}}}'


@lru_cache(maxsize=200)
def _update(
    table: str, sets: tuple[str, ...], removes: tuple[str, ...], where: tuple[str, ...]
) -> str:
    setting = " ".join(f"SET {_path(name)}=?" for name in sets)
    removing = " ".join(f"REMOVE {_path(name)}" for name in removes)
    conditions = " AND ".join(f"{_path(name)}=?" for name in where)
    return f'UPDATE "{table}" {setting} {removing} WHERE {conditions}'


def _path(name: str) -> str:
    return ".".join(f'"{part}"' for part in name.split("."))
