"""Queues and topics of the user's whose messages start tasks, as the stack names them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the messages of one queue or topic start.

    Attributes:
        kind: "queue" or "topic".
        name: Of the queue or of the topic.
        tenant, code: A name, or a path into the message such as `$.tenant`; without a code, the
            message's id is the code.
        url: Of the queue; None for a topic.
    """

    kind: str
    name: str
    tenant: str
    type: str
    code: str | None = None
    url: str | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        source = cls(**given)
        check_name("type", source.type)
        return source


def sources(text: str) -> tuple[Source, ...]:
    """The sources in a JSON list of objects.

    Raises:
        ValueError: It is none.
    """
    try:
        return tuple(Source.of(each) for each in json.loads(text))
    except (ValueError, TypeError, InvalidKey) as wrong:
        raise ValueError(f"give a JSON list of sources: {wrong}") from None


def by_name(kind: str, known: Iterable[Source]) -> dict[str, Source]:
    return {each.name: each for each in known if each.kind == kind}
