"""Log entries: read from events of CloudWatch Logs, and told of which task they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import TaskKey

# Lines of Lambda itself, as text and as JSON.
_PLATFORM = re.compile(r'(START|END|REPORT|INIT_START|XRAY) |\{"time":"[^"]*","type":"platform\.')
ENDED = "ended"  # the message of the last line of an attempt


@dataclass(frozen=True)
class Entry:
    """One line of a log.

    Attributes:
        fields: Of a JSON line; empty for one that `print` has written.
        key: Of the task that it is about; None: it does not say.
        stream: Log group and stream, which is one process of a function.
        stored_ms: The event's own time, epoch ms; one for several lines where they come together.
    """

    id: str
    at: datetime
    text: str
    stream: tuple[str, str]
    stored_ms: int
    fields: Mapping[str, Any] = field(default_factory=dict)
    key: TaskKey | None = None

    @property
    def is_platform(self) -> bool:
        """Whether Lambda wrote it, and not a function."""
        return bool(_PLATFORM.match(self.text))

    @classmethod
    def of(cls, event: Mapping[str, Any], group: str, stream: str) -> Entry:
        """The entry of an event."""
        text = event["message"].rstrip("\n")
        fields = _fields(text)
        at = datetime.fromtimestamp(event["timestamp"] / 1_000, UTC)
        return cls(
            id=str(event.get("eventId") or f"{stream} {event['timestamp']} {text}"),
            at=_logged_at(fields) or at,
            text=text,
            stream=(group, stream),
            stored_ms=event["timestamp"],
            fields=fields,
            key=_key(fields.get("key")),
        )


@dataclass(frozen=True)
class Wanted:
    """Which entries are asked for.

    Attributes:
        code: None: those of all tasks of the type.
        index: None: with those of all subtasks.
    """

    tenant: str
    type: str
    code: str | None = None
    index: int | None = None

    @property
    def pattern(self) -> str:
        """A filter pattern of CloudWatch Logs that all these entries match, and few others."""
        begin = f"#{self.tenant}/{self.type}#"
        if self.code is None:
            return f'{{ $.key = "TASK{begin}*" || $.key = "SFN_TASK{begin}*" }}'
        if self.index is not None:
            return f'{{ $.key = "SFN_TASK{begin}{self.code}#{self.index}" }}'
        return f'{{ $.key = "TASK{begin}{self.code}" || $.key = "SFN_TASK{begin}{self.code}*" }}'

    def has(self, key: TaskKey | None) -> bool:
        if key is None or (key.tenant, key.type) != (self.tenant, self.type):
            return False
        return self.code in (None, key.code) and self.index in (None, key.index)


def in_order(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries of one stream; what was stored with the line before has the time of that."""
    before: Entry | None = None
    for each in entries:
        joined = before and not each.fields and each.stored_ms == before.stored_ms
        before = replace(each, at=before.at) if before and joined else each
        yield before


def with_prints(entries: Iterable[Entry], wanted: Wanted) -> Iterator[Entry]:
    """Of the entries of one stream, in their order, those of the wanted tasks.

    What `print` writes has no key: it counts for the task whose line came before it.
    """
    inside = False
    for entry in entries:
        if entry.key is not None:
            inside = wanted.has(entry.key)
            if inside:
                yield entry
            inside = inside and entry.fields.get("message") != ENDED
        elif entry.is_platform:
            inside = False
        elif inside and not entry.fields:
            yield entry


def _fields(text: str) -> dict[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _key(text: object) -> TaskKey | None:
    try:
        return TaskKey.from_text(text) if isinstance(text, str) else None
    except InvalidKey:
        return None


def _logged_at(fields: Mapping[str, Any]) -> datetime | None:
    """The time that the function gave the line, which is more exact than the event's."""
    text = fields.get("timestamp")
    if not isinstance(text, str):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S,%f%z")
    except ValueError:
        return None
