"""Reads stored attributes: whether they are of the types that taskmill writes.

A row may have been written by another version, by hand or by a program of yours. What a newer
version adds (attributes, statuses) is passed over; what is of the wrong type makes a row
unreadable, and only that row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Self

from taskmill.model.errors import Conflict

LONGEST_VALUE = 60  # characters of a wrong value that a reason shows


class UnreadableRow(Conflict):
    """A row has attributes of the wrong type. Lists show it with its key and this reason.

    Attributes:
        values: The row, by the table's names.
        reason: The first problem, such as "runAt is 'soon', not a whole number".
    """

    code = "unreadable_row"

    def __init__(self, values: Mapping[str, Any], reason: str) -> None:
        super().__init__(
            f"the row {values.get('pk')!s} {values.get('sk')!s} is unreadable: {reason}",
            reason=reason,
        )
        self.values = values
        self.reason = reason


class ReadableRow:
    """Base class of rows that are shown one by one, whatever is stored."""

    __slots__ = ()

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """The row with these attributes of the table.

        Raises:
            UnreadableRow: They are not those of such a row.
        """
        raise NotImplementedError

    @classmethod
    def shown(cls, values: Mapping[str, Any]) -> Self | UnreadableRow:
        """As `from_values`, but returns the error: for readers that show every row."""
        try:
            return cls.from_values(values)
        except UnreadableRow as unreadable:
            return unreadable


# By the annotation of a field: the type of its stored value, that of the members, and a name.
_KINDS: Mapping[str, tuple[type | tuple[type, ...], type | None, str]] = {
    "str": (str, None, "a text"),
    "Status": (str, None, "a text"),
    "int": (int, None, "a whole number"),
    "bool": (bool, None, "true or false"),
    "Mapping[str, Any]": (Mapping, None, "a map"),
    "Mapping[str, int]": (Mapping, int, "a map of whole numbers"),
    "Mapping[str, str]": (Mapping, str, "a map of texts"),
    "tuple": ((list, tuple), None, "a list"),
}
_PLAIN: Mapping[Any, type] = {Mapping: dict, (list, tuple): list}
Stored = Mapping[str, tuple[str, Any, Any, Any, str]]


def stored_fields(row: type[Any], names: Mapping[str, str]) -> Stored:
    """How to read the fields of a row's class, by the table's names.

    Args:
        names: The table's names by the names of the fields to read.
    """
    found = {}
    for each in fields(row):
        if each.name in names:
            annotation = str(each.type).removesuffix(" | None")
            kind = _KINDS.get(annotation) or _KINDS[annotation.partition("[")[0]]
            found[names[each.name]] = (each.name, _PLAIN.get(kind[0], kind[0]), *kind)
    return found


def read_fields(values: Mapping[str, Any], stored: Stored) -> dict[str, Any]:
    """The known attributes of a row by the names of its fields; absent and null ones left out.

    Raises:
        UnreadableRow: One is of the wrong type.
    """
    known = {}
    for name, value in values.items():
        if value is None or name not in stored:
            continue
        field, usual, kind, member, words = stored[name]
        if type(value) is not usual and not _is(value, kind):
            raise UnreadableRow(values, f"{name} is {_shown(value)}, not {words}")
        if member is not None and not all(_is(each, member) for each in value.values()):
            raise UnreadableRow(values, f"{name} is {_shown(value)}, not {words}")
        known[field] = value
    return known


def reason_of(error: Exception) -> str:
    """Why a row could not be read, for an error met while reading it."""
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    return str(error) or type(error).__name__


def _is(value: Any, kind: Any) -> bool:
    """`isinstance`, except that a flag is no number."""
    return isinstance(value, kind) and not (kind is int and isinstance(value, bool))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
