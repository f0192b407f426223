"""Where values of a type hold secrets, by pydantic's schema of the type, and how they are masked.

A value is walked beside the schema. Where the schema leaves open which alternative a value is, as
in a union, whatever is secret in one of them is masked. So is what has another form than the schema
has, such as a text that a validator takes apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmill.functions.secret_marks import MARK
from taskmill.functions.shown_schemas import without_values, without_values_of
from taskmill.model.redaction import MASK, RedactedNames

MAX_FIELDS = 200  # that are listed of a type

Node = Mapping[str, Any]
_FIELDS = frozenset({"model-fields", "typed-dict", "dataclass-args"})
_LISTS = frozenset({"list", "set", "frozenset", "generator", "tuple"})
_SECRET: Node = {"type": "any", "metadata": {MARK: True}}


@dataclass
class Level:
    """What schemas say of one value.

    Attributes:
        secret: It is secret as a whole.
        plain: It may be a text or a number that is no secret.
        fields: The schemas of what it holds by name.
        each: Of whatever else it holds.
    """

    secret: bool = False
    plain: bool = False
    fields: dict[str, list[Node]] = field(default_factory=dict)
    each: list[Node] = field(default_factory=list)


class SecretFields:
    """The secrets in values of one type.

    Args:
        schema: Pydantic's core schema of the type.
    """

    def __init__(self, schema: Node) -> None:
        self._schema = schema
        self._named = dict(_named(schema))

    def any(self) -> bool:
        """Whether there are any."""
        return self._hold_secrets([self._schema])

    def masked(self, value: Any) -> Any:
        """A JSON value with `"***"` in place of every secret; nulls stay."""
        return self._masked(value, [self._schema])

    def values(self, value: Any) -> Iterator[Any]:
        """The secret parts of a JSON value."""
        return self._values(value, [self._schema])

    def names(self) -> tuple[str, ...]:
        """Where they are, as `card.number` and `lines.*.token`; "*" if it is the whole value."""
        return tuple(dict.fromkeys(self._places([self._schema], "", frozenset())))[:MAX_FIELDS]

    def without_defaults(self, schema: Any) -> Any:
        """A JSON Schema without the defaults, examples and choices of secret fields."""
        places = set(self._places([self._schema], "", frozenset()))
        if "*" in places:
            return without_values(schema)
        on_the_way = {each for place in places for each in place.split(".") if each != "*"}
        return without_values_of(schema, RedactedNames(tuple(on_the_way)))

    def _masked(self, value: Any, nodes: Iterable[Node]) -> Any:
        level = self._level(nodes)
        if value is None or (not level.secret and not (level.fields or level.each)):
            return value
        if self._is_secret(value, level):
            return MASK
        if isinstance(value, dict):
            return {
                name: self._masked(each, level.fields.get(name, level.each))
                for name, each in value.items()
            }
        if isinstance(value, list):
            return [self._masked(each, level.each) for each in value]
        return value

    def _values(self, value: Any, nodes: Iterable[Node]) -> Iterator[Any]:
        level = self._level(nodes)
        if value is None:
            return
        if self._is_secret(value, level):
            yield value
        elif isinstance(value, dict):
            for name, each in value.items():
                yield from self._values(each, level.fields.get(name, level.each))
        elif isinstance(value, list):
            for each in value:
                yield from self._values(each, level.each)

    def _is_secret(self, value: Any, level: Level) -> bool:
        if level.secret:
            return True
        fits = isinstance(value, dict) or (isinstance(value, list) and level.each)
        if fits or level.plain:
            return False
        return self._hold_secrets(
            [*(n for each in level.fields.values() for n in each), *level.each]
        )

    def _hold_secrets(self, nodes: Iterable[Node]) -> bool:
        return next(self._places(nodes, "", frozenset()), None) is not None

    def _places(self, nodes: Iterable[Node], place: str, within: frozenset[int]) -> Iterator[str]:
        """Places of secrets below a place; `within` are the schemas above: types have circles."""
        nodes = list(nodes)
        new = [each for each in nodes if id(self._target(each)) not in within]
        level = self._level(new)
        if level.secret:
            yield place or "*"
            return
        within |= {id(self._target(each)) for each in new}
        for name, below in (*level.fields.items(), *((("*", level.each),) if level.each else ())):
            yield from self._places(below, f"{place}.{name}" if place else name, within)

    def _target(self, node: Node) -> Node:
        if node["type"] == "definition-ref" and not _is_marked(node):
            return self._named.get(node["schema_ref"], node)
        return node

    def _level(self, nodes: Iterable[Node]) -> Level:
        """What the schemas say, with all that they wrap."""
        level, seen, waiting = Level(), set[int](), list(nodes)
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if _is_marked(node):
                return Level(secret=True)
            waiting += self._unwrapped(node, level)
        return level

    def _unwrapped(self, node: Node, level: Level) -> list[Node]:
        """Add what a schema says of its parts to the level; return the schemas that it wraps."""
        kind = node["type"]
        if kind == "definition-ref":
            return [self._target(node)] if self._target(node) is not node else []
        if kind in _FIELDS:
            self._add_fields(node, level)
        elif kind in _LISTS:
            level.each += _below(node.get("items_schema"))
        elif kind == "dict":
            level.each += _below(node.get("values_schema"))
            if self._hold_secrets(_below(node.get("keys_schema"))):
                return [_SECRET]
        elif kind == "json":  # a text
            return [_SECRET] if self._hold_secrets(_below(node.get("schema"))) else []
        else:
            wrapped = [each for part in _parts(node) for each in _below(part)]
            level.plain |= not wrapped and kind not in ("none", "is-instance")
            return wrapped
        return []

    def _add_fields(self, node: Node, level: Level) -> None:
        fields = node.get("fields", {})
        named = fields.items() if isinstance(fields, dict) else [(f["name"], f) for f in fields]
        for name, each in named:
            for key, whole in _keys(name, each):
                below = each["schema"]
                if not whole:  # an alias that leads further down
                    below = _SECRET if self._hold_secrets([below]) else {"type": "any"}
                level.fields.setdefault(key, []).append(below)
        for each in node.get("computed_fields", ()):
            for key in {each["property_name"], each.get("alias") or each["property_name"]}:
                level.fields.setdefault(key, []).append(each["return_schema"])
        level.each += _below(node.get("extras_schema"))


def _is_marked(node: Node) -> bool:
    if (node.get("metadata") or {}).get(MARK):
        return True
    shown = (node.get("serialization") or {}).get("function")
    if getattr(shown, "__name__", "").startswith("_serialize_secret"):
        return True
    made = node.get("function")
    made = made.get("function") if isinstance(made, dict) else made
    return _is_of_pydantic(node.get("cls")) or _is_of_pydantic(made)


def _is_of_pydantic(made: Any) -> bool:
    """Whether a class or function is one of pydantic's secrets, or makes one."""
    if isinstance(made, type):
        return any(each.__qualname__ in _SECRETS for each in made.__mro__)
    return getattr(made, "__qualname__", "").startswith("Secret.__get_pydantic")


def _keys(name: str, node: Node) -> Iterator[tuple[str, bool]]:
    """The names under which a field may stand, and whether the whole value is the field."""
    yield name, True
    if (written := node.get("serialization_alias")) is not None:
        yield written, True
    alias = node.get("validation_alias")
    paths = [[alias]] if isinstance(alias, str) else alias or []
    if paths and not isinstance(paths[0], list):
        paths = [paths]
    for path in paths:
        yield str(path[0]), len(path) == 1


def _below(part: Any) -> list[Node]:
    """The schemas in a part of a schema: one, or several in a list, a tuple or a dict."""
    if isinstance(part, dict):
        if isinstance(part.get("type"), str):
            return [part]
        return [each for value in part.values() for each in _below(value)]
    if isinstance(part, list | tuple):
        return [each for value in part for each in _below(value)]
    return []


def _parts(node: Node) -> Iterator[Any]:
    return (part for name, part in node.items() if name not in _NO_SCHEMAS)


_SECRETS = frozenset({"SecretStr", "SecretBytes", "Secret", "_SecretBase"})
_NO_SCHEMAS = frozenset({"config", "definitions", "function", "metadata", "default"})


def _named(schema: Any) -> Iterator[tuple[str, Node]]:
    """All schemas that others refer to."""
    waiting = [schema]
    seen = set[int]()
    while waiting:
        part = waiting.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            if isinstance(part.get("ref"), str) and isinstance(part.get("type"), str):
                yield part["ref"], part
            waiting += [value for name, value in part.items() if name not in ("metadata", "config")]
        elif isinstance(part, list | tuple):
            waiting += part
