"""Builder for the expressions of UpdateItem requests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from taskmill.aws.dynamodb.codec import encode, encode_item
from taskmill.aws.dynamodb.table import Table
from taskmill.model.keys import StoredKey
from taskmill.model.statuses import Status


class UpdateRequest:
    """One UpdateItem request of an existing row. Any name may be a dotted path."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._clauses: dict[str, list[str]] = {"SET": [], "REMOVE": [], "ADD": []}
        self._conditions: list[str] = ["attribute_exists(pk)"]

    def set(self, name: str, value: Any) -> None:
        self._clauses["SET"].append(f"{self._name(name)} = {self._value(value)}")

    def append(self, name: str, entries: list[Any]) -> None:
        path = self._name(name)
        there = f"if_not_exists({path}, {self._value([])})"
        self._clauses["SET"].append(f"{path} = list_append({there}, {self._value(entries)})")

    def remove(self, name: str) -> None:
        self._clauses["REMOVE"].append(self._name(name))

    def add(self, name: str, amount: int) -> None:
        self._clauses["ADD"].append(f"{self._name(name)} {self._value(amount)}")

    def require(self, name: str, value: Any) -> None:
        self._conditions.append(f"{self._name(name)} = {self._value(value)}")

    def refuse(self, name: str, value: Any) -> None:
        path = self._name(name)
        self._conditions.append(f"(attribute_not_exists({path}) OR {path} <> {self._value(value)})")

    def require_room(self, name: str, limit: int) -> None:
        """Require that the list is absent or shorter than `limit`."""
        path = self._name(name)
        self._conditions.append(
            f"(attribute_not_exists({path}) OR size({path}) < {self._value(limit)})"
        )

    def require_size(self, name: str, size: int) -> None:
        """Require that the list has exactly `size` entries."""
        self._conditions.append(f"size({self._name(name)}) = {self._value(size)}")

    def require_between(self, name: str, least: int, most: int) -> None:
        """Require that the attribute is a number within these bounds."""
        bounds = f"{self._value(least)} AND {self._value(most)}"
        self._conditions.append(f"{self._name(name)} BETWEEN {bounds}")

    def require_status(self, allowed: Sequence[Status]) -> None:
        if not allowed:  # `IN ()` is invalid; this condition always fails as well
            self._conditions.append("attribute_not_exists(pk)")
            return
        names = ", ".join(self._value(status) for status in allowed)
        self._conditions.append(f"{self._name('status')} IN ({names})")

    def require_in_time(self, now: int, begun: Iterable[Status]) -> None:
        """Require that by `now` the task has begun or not expired, and its deadline not passed.

        As `claimable.CLAIMABLE` does.

        Args:
            begun: The statuses of tasks that have begun, whatever their attempts.
        """
        expires, deadline = self._name("expiresAt"), self._name("deadlineAt")
        attempts, status, at = self._name("attempts"), self._name("status"), self._value(now)
        names = ", ".join(self._value(each) for each in begun)
        fence = self._name("fence")
        has_begun = (
            f"{attempts} > {self._value(0)} OR attribute_exists({fence}) OR {status} IN ({names})"
        )
        self._conditions += [
            f"(attribute_not_exists({deadline}) OR {deadline} > {at})",
            f"(attribute_not_exists({expires}) OR {expires} > {at} OR {has_begun})",
        ]

    def require_slots(self) -> None:
        """Require that the task is subject to no gate, or has slots."""
        gates, slots = self._name("gates"), self._name("slots")
        self._conditions.append(f"(attribute_not_exists({gates}) OR attribute_exists({slots}))")

    def require_start(self, now: int, begun: Iterable[Status]) -> None:
        """Require that the task has begun, or that its rate limits let it start by `now`."""
        rates, start, status = (self._name(each) for each in ("rates", "rateAt", "status"))
        names = ", ".join(self._value(each) for each in begun)
        self._conditions.append(
            f"(attribute_not_exists({rates}) OR {start} <= {self._value(now)}"
            f" OR {status} IN ({names}))"
        )

    def refuse_any(self, name: str) -> None:
        """Require that the attribute is absent."""
        self._conditions.append(f"attribute_not_exists({self._name(name)})")

    def send(self, table: Table, key: StoredKey) -> dict[str, Any]:
        """Send the request; returns the new row.

        Raises:
            ConditionFailed: Has the row as it was.
        """
        return table.update(key, self._expression, **self._clauses_of_call)

    def send_unseen(self, table: Table, key: StoredKey) -> None:
        table.update_unseen(key, self._expression, **self._clauses_of_call)

    def action(self, table: Table, key: StoredKey) -> dict[str, Any]:
        """The update as an action of TransactWriteItems."""
        return {
            "Update": {
                "TableName": table.name,
                "Key": encode_item(key._asdict()),
                "UpdateExpression": self._expression,
                "ConditionExpression": " AND ".join(self._conditions),
                "ExpressionAttributeNames": self._names,
                "ExpressionAttributeValues": {
                    f":{name}": encode(each) for name, each in self._values.items()
                },
            }
        }

    @property
    def _clauses_of_call(self) -> dict[str, Any]:
        return {
            "condition": " AND ".join(self._conditions),
            "names": self._names,
            "values": self._values,
        }

    @property
    def _expression(self) -> str:
        clauses = (f"{verb} {', '.join(each)}" for verb, each in self._clauses.items() if each)
        return " ".join(clauses)

    def _name(self, path: str) -> str:
        return ".".join(map(self._placeholder, path.split(".")))

    def _placeholder(self, part: str) -> str:
        """A short name for a part of a path: an expression has at most 4 KB, with its names."""
        known = self._places.setdefault(part, f"#n{len(self._places)}")
        self._names[known] = part
        return known

    def _value(self, value: Any) -> str:
        name = f"v{len(self._values)}"
        self._values[name] = value
        return f":{name}"
