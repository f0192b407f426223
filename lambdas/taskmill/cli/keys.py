"""Keys as people write them: `TYPE CODE`, `type#code`, or `pk sk`; an index names a subtask."""

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
    """What a key on the command line names. Without `kind` both kinds of task are meant."""

    type: str
    code: str
    index: int | None = None
    kind: Kind | None = None
    tenant: str | None = None

    def find(self, client: TaskClient) -> Task:
        """The task.

        Raises:
            TaskNotFound: There is none.
        """
        if self.kind is None:
            return client.get(self.type, self.code, index=self.index)
        tenant = self.tenant or client.tenant
        return client.get(TaskKey(self.kind, tenant, self.type, self.code, self.index))


def parse_key(words: Sequence[str]) -> Reference:
    """A reference from the words of a command line.

    Raises:
        InvalidKey: They are of none of the forms.
    """
    if len(words) == 1 and "/" in words[0]:  # as messages print a key
        words = words[0].split("/", 1)
    if len(words) == 2 and "#" in words[0]:
        key = TaskKey.parse(*words)
        return Reference(key.type, key.code, key.index, key.kind, key.tenant)
    parts = [part for word in words for part in word.split("#")]
    if len(parts) not in (2, 3) or (len(parts) == 3 and not _is_index(parts[2])):
        raise InvalidKey(f"{' '.join(words)!r} is no key: give TYPE CODE, type#code or pk sk")
    return Reference(parts[0], parts[1], int(parts[2]) if len(parts) == 3 else None)


def parse_keys(words: Sequence[str]) -> list[Reference]:
    """References from words that name one task after the other; an index goes by type#code#index.

    Raises:
        InvalidKey: Some of them are of none of the forms.
    """
    found: list[Reference] = []
    while words:
        length = _length(words)
        found.append(parse_key(words[:length]))
        words = words[length:]
    return found


def _length(words: Sequence[str]) -> int:
    """How many words the first key takes."""
    first = words[0]
    if "/" in first or ("#" in first and first.partition("#")[0] not in Kind.__members__):
        return 1
    return 2  # TYPE CODE, or pk sk


def in_words(key: TaskKey) -> str:
    """A key as a command line takes it, without quotes in any shell."""
    index = "" if key.index is None else f" {key.index}"
    return f"{key.type} {key.code}{index}"


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit()
