"""Parses task keys of a command line: `TYPE CODE`, `type#code`, or `pk sk`.

An index at the end names a subtask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.model.errors import InvalidKey
from taskmill.model.keys import Kind, TaskKey

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task


@dataclass(frozen=True)
class Reference:
    """A parsed task key.

    Attributes:
        kind: None if the key does not say it: both kinds of task are searched.
        tenant: None if the key does not say it.
    """

    type: str
    code: str
    index: int | None = None
    kind: Kind | None = None
    tenant: str | None = None

    def find(self, client: TaskClient) -> Task:
        """Get the task.

        Raises:
            TaskNotFound: No task has this key.
        """
        if self.kind is None:
            return client.get(self.type, self.code, index=self.index)
        tenant = self.tenant or client.tenant
        return client.get(TaskKey(self.kind, tenant, self.type, self.code, self.index))


def parse_key(words: Sequence[str]) -> Reference:
    """Parse the arguments that name one task.

    Raises:
        InvalidKey: They have none of the forms above.
    """
    if len(words) == 1 and "/" in words[0]:  # pk/sk, as in messages
        words = words[0].split("/", 1)
    if len(words) == 2 and "#" in words[0]:
        key = TaskKey.parse(*words)
        return Reference(key.type, key.code, key.index, key.kind, key.tenant)
    parts = [part for word in words for part in word.split("#")]
    if len(parts) not in (2, 3) or (len(parts) == 3 and not _is_index(parts[2])):
        raise InvalidKey(f"{' '.join(words)!r} is no key: give TYPE CODE, type#code or pk sk")
    return Reference(parts[0], parts[1], int(parts[2]) if len(parts) == 3 else None)


def parse_keys(words: Sequence[str]) -> list[Reference]:
    """Parse the arguments that name several tasks; subtasks must be `type#code#index` or `pk sk`.

    Raises:
        InvalidKey: Some of them have none of the forms above.
    """
    found: list[Reference] = []
    while words:
        length = _length(words)
        found.append(parse_key(words[:length]))
        words = words[length:]
    return found


def _length(words: Sequence[str]) -> int:
    """How many arguments the first key consists of."""
    first = words[0]
    if "/" in first or ("#" in first and first.partition("#")[0] not in Kind.__members__):
        return 1
    return 2  # TYPE CODE, or pk sk


def in_words(key: TaskKey) -> str:
    """A key as arguments of a command line, which need no quotes in any shell."""
    index = "" if key.index is None else f" {key.index}"
    return f"{key.type} {key.code}{index}"


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit()
