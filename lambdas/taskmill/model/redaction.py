"""Masks fields by their names, and secret texts within other texts."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

MASK = "***"
SHORTEST = 4  # characters of a text that is looked for within others; shorter ones are everywhere
_CUTS = re.compile(r"(\n|\.{3}|…)")
_BETWEEN = re.compile(r"[_\-\s]")


@dataclass(frozen=True)
class RedactedNames:
    """Names of fields whose values are masked, wherever they stand.

    "apiKey" also means `api_key`, `API-KEY` and `apikey`.
    """

    names: tuple[str, ...] = ()

    def masked_parts(self, value: Any, parts: Iterable[str]) -> Any:
        """A JSON object of ours, masked only below these of its fields."""
        if not self.names or not isinstance(value, dict):
            return value
        masked = {name: self.masked(value[name]) for name in parts if name in value}
        return {**value, **masked}

    def masked(self, value: Any) -> Any:
        """A JSON value with `"***"` in place of what has one of the names; nulls stay."""
        if not self.names:
            return value
        if isinstance(value, dict):
            return {name: self._of(name, each) for name, each in value.items()}
        return [self.masked(each) for each in value] if isinstance(value, list) else value

    def values(self, value: Any) -> Iterable[Any]:
        """What is masked."""
        if isinstance(value, dict):
            for name, each in value.items():
                if self.covers(name):
                    yield each
                else:
                    yield from self.values(each)
        elif isinstance(value, list):
            for each in value:
                yield from self.values(each)

    def covers(self, name: str) -> bool:
        """Whether a field of this name is masked."""
        return _plain(name) in self._known

    def _of(self, name: str, value: Any) -> Any:
        if self.covers(name):
            return None if value is None else MASK
        return self.masked(value)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(map(_plain, self.names))


def holds_mask(value: Any) -> bool:
    """Whether something in a JSON value is masked, or looks as if it were."""
    if isinstance(value, dict):
        return any(map(holds_mask, value.values()))
    return any(map(holds_mask, value)) if isinstance(value, list) else bool(value == MASK)


def texts_in(values: Iterable[Any]) -> frozenset[str]:
    """The texts and numbers in secret values, in the forms in which messages quote them.

    Short ones are left out: to look for "ab" would mask parts of other words.
    """
    found = set[str]()
    waiting = list(values)
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            found |= {value, repr(value)[1:-1], json.dumps(value)[1:-1], *value.splitlines()}
        elif value is not None and not isinstance(value, bool):
            found.add(str(value))
    return frozenset(each for each in found if len(each) >= SHORTEST)


def scrubbed(text: str, secrets: frozenset[str]) -> str:
    """A text without the secrets in it, also where one is cut off.

    That is at either end of a line, and where something is left out, as pydantic does it in the
    midst of long values: `'sk_live_51...8Qz'`.
    """
    possible = _possible(text, secrets)
    if not possible:
        return text
    for each in sorted(possible, key=len, reverse=True):
        text = text.replace(each, MASK)
    forth, back = sorted(possible), sorted(each[::-1] for each in possible)
    return "".join(
        _end_scrubbed(_end_scrubbed(part, forth)[::-1], back)[::-1] if at % 2 == 0 else part
        for at, part in enumerate(_CUTS.split(text))
    )


def _possible(text: str, secrets: frozenset[str]) -> list[str]:
    """Those secrets of which the beginning or the end stands in a text: of many, only a few."""
    if not secrets:
        return []
    there = {text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1)}
    return [each for each in secrets if each[:SHORTEST] in there or each[-SHORTEST:] in there]


def _end_scrubbed(part: str, secrets: Sequence[str]) -> str:
    """A text without the beginning of a secret at its end; the secrets are sorted."""
    for at in range(len(part) - SHORTEST + 1):
        place = bisect_left(secrets, part[at:])
        if place < len(secrets) and secrets[place].startswith(part[at:]):
            return part[:at] + MASK
    return part


def scrubbed_json(value: Any, secrets: frozenset[str]) -> Any:
    """A JSON value without the secrets in its texts."""
    if isinstance(value, str):
        return scrubbed(value, secrets)
    if isinstance(value, dict):
        return {name: scrubbed_json(each, secrets) for name, each in value.items()}
    return [scrubbed_json(each, secrets) for each in value] if isinstance(value, list) else value


def _plain(name: str) -> str:
    return _BETWEEN.sub("", name).casefold()
