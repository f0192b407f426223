"""Public keys and stored keys, and the conversion between them.

Every API takes and returns public keys (`TASK#mbc` + `data-export#01J…`). Stored keys, the `pk` and
`sk` in DynamoDB, spread the load: one partition takes about 1,000 writes a second.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, Self

from taskmill.model.errors import InvalidKey

DEFAULT_TENANT = "default"  # of a developer alone: on this machine and in tests
SHARDS = 8  # partitions for the tasks of one tenant and kind
CHUNK = 500  # subtasks per partition
BATCH_SHARDS = 16  # partitions for the batch rows of one fan-out
ATTENTION_SHARDS = 8  # keys of the index of failed rows, for one tenant
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
MAPPING_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}~[A-Za-z0-9][A-Za-z0-9._~-]{0,79}$"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_THREE_NAMES = re.compile("#".join([_NAME.pattern] * 3))
_INDEX = re.compile(r"0|[1-9][0-9]{0,7}")


class Kind(StrEnum):
    """The kind of task that a key names; a subtask has the kind of its parent."""

    TASK = "TASK"
    SFN_TASK = "SFN_TASK"


class StoredKey(NamedTuple):
    """`pk` and `sk` as they are in the table."""

    pk: str
    sk: str

    @property
    def tenant(self) -> str:
        """The tenant whose row it is; empty for a row of no tenant."""
        return [*self.pk.split("#"), ""][1]


@dataclass(frozen=True, slots=True, order=True)
class TaskKey:
    """The key of a task, of a step function task or, with `index`, of one of its subtasks.

    Raises:
        InvalidKey: A part is not a valid name, or a single task has an `index`.
    """

    kind: Kind
    tenant: str
    type: str
    code: str
    index: int | None = None

    def __post_init__(self) -> None:
        whole = "#".join((self.tenant, self.type, self.code))  # noqa: FLY002  # fails if not text
        if not _THREE_NAMES.fullmatch(whole):
            for field in ("tenant", "type", "code"):
                check_name(field, getattr(self, field))
        if self.index is not None and self.kind is not Kind.SFN_TASK:
            raise InvalidKey("only step function tasks have subtasks", field="sk")

    @classmethod
    def parse(cls, pk: object, sk: object) -> TaskKey:
        """Parse a public key.

        Raises:
            InvalidKey: It does not have the documented form.
        """
        if not isinstance(pk, str) or not isinstance(sk, str):  # from a message, for example
            raise InvalidKey(f"pk and sk are text, not {pk!r}, {sk!r}", field="key")
        return _parsed(pk, sk)

    @classmethod
    def of(cls, key: TaskKey | Mapping[str, str]) -> TaskKey:
        """Convert a mapping with `pk` and `sk` (a message, an event) to a key; a key stays as is.

        Raises:
            InvalidKey: `pk` or `sk` is missing, or does not have the documented form.
        """
        if isinstance(key, TaskKey):
            return key
        try:
            return cls.parse(key["pk"], key["sk"])
        except KeyError as missing:
            raise InvalidKey(f"a key needs {missing}", field="key") from missing

    @classmethod
    def from_text(cls, text: str) -> TaskKey:
        """Parse the text that `str(key)` gives, as in a row's `parent` and `root`."""
        pk, _, sk = text.partition("/")
        return cls.parse(pk, sk)

    @classmethod
    def from_stored(cls, pk: str, sk: str) -> TaskKey:
        """Convert the stored key of a task, step function task or subtask."""
        parts = pk.split("#")
        if len(parts) == 3:
            return cls.parse(f"{parts[0]}#{parts[1]}", sk)
        kind, tenant, type_, code, _chunk = parts
        return cls(Kind(kind), tenant, type_, code, int(sk))

    @classmethod
    def known(cls, stored: StoredKey) -> TaskKey | None:
        """As `from_stored`; None: the key of a row that taskmill did not write."""
        with suppress(InvalidKey, ValueError):
            return cls.from_stored(*stored)
        return None

    @property
    def pk(self) -> str:
        return f"{self.kind}#{self.tenant}"

    @property
    def sk(self) -> str:
        whole = f"{self.type}#{self.code}"
        return whole if self.index is None else f"{whole}#{self.index}"

    @property
    def stored(self) -> StoredKey:
        if self.index is None:
            return StoredKey(f"{self.pk}#{zlib.crc32(self.sk.encode()) % SHARDS}", self.sk)
        chunk = self.index // CHUNK
        return StoredKey(f"{self.pk}#{self.type}#{self.code}#{chunk}", f"{self.index:08}")

    @property
    def parent(self) -> TaskKey:
        """For a subtask, the key of its step function task; any other key itself."""
        return replace(self, index=None)

    def subtask(self, index: int) -> TaskKey:
        return replace(self, index=index)

    def as_dict(self) -> dict[str, str]:
        return {"pk": self.pk, "sk": self.sk}

    @property
    def label(self) -> str:
        """The key in the words of a person who asked for it: type, code, and index of a subtask."""
        task = f"{self.type} {self.code}"
        return task if self.index is None else f"subtask {self.index} of {task}"

    def __str__(self) -> str:
        return f"{self.pk}/{self.sk}"


@dataclass(frozen=True, slots=True)
class BatchKey:
    """The key of the row of one batch of a step function task; batches count from 0.

    The rows of a fan-out are spread over 16 partitions, unless it is of the first layout (see
    `model/subtask_layout.py`), which has one for all of them.
    """

    parent: TaskKey
    number: int
    spread: bool = True

    @classmethod
    def from_stored(cls, pk: str, sk: str) -> Self:
        _, tenant, type_, code, *shard = pk.split("#")
        return cls(TaskKey(Kind.SFN_TASK, tenant, type_, code), int(sk), bool(shard))

    @property
    def stored(self) -> StoredKey:
        whole = batch_partition(self.parent)
        shard = f"#{self.number % BATCH_SHARDS}" if self.spread else ""
        return StoredKey(f"{whole}{shard}", f"{self.number:08}")


def batch_partition(parent: TaskKey) -> str:
    """The stored `pk` of all batch rows of a fan-out of the first layout; else its beginning."""
    return f"BATCH#{parent.tenant}#{parent.type}#{parent.code}"


def attention_of(key: TaskKey) -> str:
    """The key of a failed row in the index `attention`, where a tenant has eight."""
    return f"FAILED#{key.tenant}#{zlib.crc32(str(key).encode()) % ATTENTION_SHARDS}"


def attention_keys(tenant: str) -> list[str]:
    """All keys of a tenant's failed rows in the index; the first is that of earlier versions."""
    return [f"FAILED#{tenant}", *(f"FAILED#{tenant}#{each}" for each in range(ATTENTION_SHARDS))]


def shard_partitions(kind: Kind, tenant: str) -> list[str]:
    """The 8 stored `pk`s of a tenant's tasks of one kind."""
    check_name("tenant", tenant)
    return [f"{kind}#{tenant}#{shard}" for shard in range(SHARDS)]


def idempotency_key(tenant: str, key: str) -> StoredKey:
    return StoredKey(f"IDEMPOTENCY#{tenant}#{key}", "-")


def payload_key(tenant: str, task_type: str, name: str) -> StoredKey:
    """The key of a payload row, which has a partition to itself."""
    return StoredKey(f"PAYLOAD#{tenant}#{task_type}#{name}", "-")


def counter_key(tenant: str) -> StoredKey:
    return StoredKey(f"COUNTER#{tenant}", "-")


def sweep_key() -> StoredKey:
    """The key of the one row that says where an unfinished sweep continues."""
    return StoredKey("SWEEP", "-")


def mapping_counter_key(tenant: str) -> StoredKey:
    return StoredKey(f"COUNTER#{check_name('tenant', tenant)}", "mappings")


def schedule_key(tenant: str, name: str) -> StoredKey:
    return StoredKey(schedule_partition(tenant), check_name("name", name))


def schedule_partition(tenant: str) -> str:
    """The stored `pk` of all schedules of a tenant."""
    return f"SCHEDULE#{check_name('tenant', tenant)}"


def callback_key(tenant: str, mapping: str) -> StoredKey:
    """The key of the callback mapping with this id."""
    return StoredKey(callback_partition(tenant, mapped_type(mapping)), mapping.partition("~")[2])


def callback_partition(tenant: str, task_type: str) -> str:
    """The stored `pk` of all callback mappings of a task type."""
    return f"CALLBACK#{check_name('tenant', tenant)}#{check_name('type', task_type)}"


def mapping_id(task_type: str, event: str, callback_type: str) -> str:
    """The default id of a callback mapping."""
    return f"{task_type}~{event}~{callback_type}"


def mapped_type(mapping: object) -> str:
    """The task type in a mapping's id: the type whose tasks trigger the callback.

    Raises:
        InvalidKey: `mapping` does not have the form of an id.
    """
    if not isinstance(mapping, str) or not re.fullmatch(MAPPING_PATTERN[1:-1], mapping):
        raise InvalidKey(
            f"id {mapping!r} must be a task type, '~' and up to 80 letters, digits, '.', '_', '-'"
            " or '~'",
            field="id",
        )
    return mapping.partition("~")[0]


def check_name(field: str, value: object) -> str:
    """Return `value` if it may be part of a key: 1 to 64 letters, digits, '.', '_' or '-'.

    Raises:
        InvalidKey: It may not; the message names `field`.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidKey(
            f"{field} {value!r} must be 1 to 64 letters, digits, '.', '_' or '-', "
            "and begin with a letter or digit",
            field=field,
        )
    return value


@lru_cache(maxsize=64)  # the key of one message or row is parsed several times
def _parsed(pk: str, sk: str) -> TaskKey:
    kind, _, tenant = pk.partition("#")
    parts = sk.split("#")
    if kind not in Kind.__members__ or len(parts) not in (2, 3):
        raise InvalidKey(f"not a task key: {pk!r}, {sk!r}", field="key")
    index = _parse_index(parts[2]) if len(parts) == 3 else None
    return TaskKey(Kind[kind], tenant, parts[0], parts[1], index)


def _parse_index(text: str) -> int:
    if not _INDEX.fullmatch(text):
        raise InvalidKey(f"not a subtask index: {text!r}", field="sk")
    return int(text)
