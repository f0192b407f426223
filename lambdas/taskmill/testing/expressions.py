"""A parser for the DynamoDB condition and update expressions that taskmill uses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from taskmill.testing.typed_values import Item, Path, added, get_path, plain, set_path, size

Reader = Callable[["Scope"], Any]
Change = Callable[["Scope", Item], Item]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),+]|[#:]?[\w.#:-]+)")
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Scope:
    """The inputs of an expression.

    Attributes:
        item: The item before the change.
        names: `ExpressionAttributeNames` of the request.
        values: `ExpressionAttributeValues` of the request.
    """

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Any]

    def resolve(self, path: str) -> Path:
        return tuple(self.names[part] if part[0] == "#" else part for part in path.split("."))

    def read(self, path: str) -> Any:
        """The typed value at a path; None if the path does not exist."""
        return get_path(self.item, self.resolve(path))


def holds(expression: str, scope: Scope) -> bool:
    """Whether a condition is true."""
    return bool(_condition(expression)(scope))


def updated(expression: str, scope: Scope) -> Item:
    """A copy of the item with an update expression applied."""
    item = scope.item
    for change in _update(expression):
        item = change(scope, item)
    return item


@cache
def _condition(expression: str) -> Reader:
    parser = _Parser(expression)
    reader = parser.any_of()
    parser.end()
    return reader


@cache
def _update(expression: str) -> tuple[Change, ...]:
    return tuple(_Parser(expression).changes())


class _Parser:
    """A recursive descent parser; it turns one expression into functions of a `Scope`."""

    def __init__(self, text: str) -> None:
        self._tokens = _TOKEN.findall(text)
        self._text = text

    def end(self) -> None:
        if self._tokens:
            raise ValueError(f"unexpected {self._tokens[0]!r} in {self._text!r}")

    # Conditions

    def any_of(self) -> Reader:
        first = self._all_of()
        if self._next_is("OR"):
            rest = self.any_of()
            return lambda scope: first(scope) or rest(scope)
        return first

    def _all_of(self) -> Reader:
        first = self._test()
        if self._next_is("AND"):
            rest = self._all_of()
            return lambda scope: first(scope) and rest(scope)
        return first

    def _test(self) -> Reader:
        if self._next_is("("):
            inner = self.any_of()
            self._expect(")")
            return inner
        for name, reader in _FUNCTIONS.items():
            if self._next_is(name):
                return reader(*self._arguments())
        return self._comparison()

    def _comparison(self) -> Reader:
        left = self._operand()
        if self._next_is("IN"):
            options = self._arguments()
            return lambda scope: plain(left(scope)) in [plain(each(scope)) for each in options]
        if self._next_is("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            high = self._operand()
            return lambda scope: _between(*(plain(each(scope)) for each in (low, left, high)))
        compare, right = _COMPARE[self._take()], self._operand()

        def test(scope: Scope) -> bool:
            a, b = left(scope), right(scope)
            return a is not None and b is not None and compare(plain(a), plain(b))

        return test

    # Updates

    def changes(self) -> list[Change]:
        found: list[Change] = []
        while self._tokens:
            verb = self._take()
            make = {"SET": self._set, "REMOVE": self._remove, "ADD": self._add}[verb]
            found.append(make())
            while self._next_is(","):
                found.append(make())
        return found

    def _set(self) -> Change:
        path = self._take()
        self._expect("=")
        value = self._sum()
        return lambda scope, item: set_path(item, scope.resolve(path), value(scope))

    def _sum(self) -> Reader:
        first = self._operand()
        if not self._next_is("+"):
            return first
        second = self._operand()
        return lambda scope: added(first(scope), second(scope))

    def _remove(self) -> Change:
        path = self._take()
        return lambda scope, item: set_path(item, scope.resolve(path), None)

    def _add(self) -> Change:
        path, amount = self._take(), self._operand()

        def add(scope: Scope, item: Item) -> Item:
            place = scope.resolve(path)
            if len(place) > 1:
                raise ValueError("ADD is for top-level attributes only")
            before = scope.read(path) or {"N": "0"}
            return set_path(item, place, added(before, amount(scope)))

        return add

    def _operand(self) -> Reader:
        if self._next_is("if_not_exists"):
            path, default = self._arguments()
            return lambda scope: default(scope) if (it := path(scope)) is None else it
        if self._next_is("list_append"):
            first, second = self._arguments()
            return lambda scope: {"L": [*first(scope)["L"], *second(scope)["L"]]}
        if self._next_is("size"):
            (path,) = self._arguments()
            return lambda scope: size(path(scope))
        token = self._take()
        if token[0] == ":":
            return lambda scope: scope.values[token]
        return lambda scope: scope.read(token)

    # Tokens

    def _arguments(self) -> list[Reader]:
        self._expect("(")
        found = [self._operand()]
        while self._next_is(","):
            found.append(self._operand())
        self._expect(")")
        return found

    def _next_is(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            self._tokens.pop(0)
            return True
        return False

    def _take(self) -> str:
        return str(self._tokens.pop(0))

    def _expect(self, token: str) -> None:
        if not self._next_is(token):
            raise ValueError(f"{token!r} is missing in {self._text!r}")


def _begins_with(path: Reader, start: Reader) -> Reader:
    return lambda scope: (path(scope) or {}).get("S", "").startswith(start(scope)["S"])


_FUNCTIONS: Mapping[str, Callable[..., Reader]] = {
    "attribute_exists": lambda path: lambda scope: path(scope) is not None,
    "attribute_not_exists": lambda path: lambda scope: path(scope) is None,
    "begins_with": _begins_with,
}


def _between(low: Any, value: Any, high: Any) -> bool:
    """Whether a value lies between two others; an attribute that is absent does not."""
    return None not in (low, value, high) and low <= value <= high
