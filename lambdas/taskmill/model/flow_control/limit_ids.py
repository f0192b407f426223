"""Names of limits: whose they are, and where their rows are stored."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any, Self

from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import StoredKey
from taskmill.model.rows.limit_row import LIMIT_ROW

STACK = "*"  # in place of a tenant: a limit of all of them together
MAX_KEY = 200  # characters of a key
LIMIT_SHARDS = 8  # partitions for the limits of one tenant
PAUSE = "~pause"  # the name of the gates at which tasks of a paused type wait; no type has it
GATE_ROW, RATE_ROW, WAITER_ROW = "GATE", "RATE", "WAITER"


@dataclass(frozen=True, slots=True, order=True)
class LimitId:
    """One limit: of a name, for one key of one tenant.

    Attributes:
        tenant: The tenant's code, or `STACK`.
        name: Of the limit: that of the task type, if it was given none.
        key: What is counted apart, such as a customer; empty: all tasks of the name.
    """

    tenant: str
    name: str
    key: str = ""

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse what `str` gives, as rows have it.

        Raises:
            ValueError: It is something else.
        """
        tenant, name, key = text.split("#", 2)
        return cls(tenant, name, key)

    @property
    def gate(self) -> StoredKey:
        """The row that counts the slots held."""
        return StoredKey(self._partition(GATE_ROW), f"{self.name}#{self.key}")

    @property
    def rate(self) -> StoredKey:
        """The row that says when the next start is due."""
        return StoredKey(self._partition(RATE_ROW), f"{self.name}#{self.key}")

    @property
    def setting(self) -> StoredKey:
        """The row with the limit that an operator has set for this key."""
        return StoredKey(self._partition(LIMIT_ROW), f"{self.name}#{self.key}")

    @property
    def general(self) -> StoredKey:
        """The row with the limit that an operator has set for every key of the name."""
        return StoredKey(f"{LIMIT_ROW}#{self.tenant}#{_shard(self.name)}", self.name)

    @property
    def place(self) -> StoredKey:
        """The row in which just this limit is set: of its key, or of its name if it has none."""
        return self.setting if self.key else self.general

    @property
    def waiters(self) -> str:
        """The partition of those that wait for a slot."""
        return f"{WAITER_ROW}#{self}"

    def _partition(self, row: str) -> str:
        return f"{row}#{self.tenant}#{_shard(f'{self.name}#{self.key}')}"

    def __str__(self) -> str:
        return f"{self.tenant}#{self.name}#{self.key}"


def limit_partitions(row: str, tenant: str) -> list[str]:
    """All partitions of a tenant's rows of this kind (`GATE_ROW`, `RATE_ROW` or `LIMIT_ROW`)."""
    return [f"{row}#{tenant}#{shard}" for shard in range(LIMIT_SHARDS)]


def owner(scope: str, tenant: str) -> str:
    """Whose a limit of this scope is, for tasks of a tenant."""
    return STACK if scope == "stack" else tenant


def pause_id(tenant: str, task_type: str = "") -> LimitId:
    """The gate of a paused type; without a type, that of a paused tenant."""
    return LimitId(tenant, PAUSE, task_type)


def key_text(value: Any, *, field: str) -> str:
    """What a key is counted by: a text of 1 to 200 characters.

    Raises:
        InvalidRequest: It is None, empty or longer; names the field.
    """
    text = "" if value is None else str(value)
    if not 1 <= len(text) <= MAX_KEY:
        told = "nothing" if value is None else f"a text of {len(text)} characters"
        raise InvalidRequest(
            f"{field} gives {told}; 1 to {MAX_KEY} characters are accepted",
            field=field,
            limit=MAX_KEY,
        )
    return text


def _shard(text: str) -> int:
    return zlib.crc32(text.encode()) % LIMIT_SHARDS
