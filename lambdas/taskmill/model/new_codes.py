"""Codes of new tasks, by scheme: ULIDs, UUIDs, or numbers that the service gives."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Mapping

import ulid

INTEGER = "integer"


def new_code() -> str:
    """A ULID: 26 characters that sort by time."""
    return str(ulid.ULID())


def renew() -> None:
    """Forget the last code: the next does not follow from it, not even in the same millisecond."""
    ulid.default_generator = ulid.ULIDGenerator()


def uuid7() -> str:
    """A UUID that sorts by time (RFC 9562, 5.7): milliseconds since 1970, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76  # version
    value = value & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(uuid.UUID(int=value))


MAKERS: Mapping[str, Callable[[], str]] = {
    "ulid": new_code,
    "uuid4": lambda: str(uuid.uuid4()),
    "uuid7": uuid7,
}
SCHEMES = (*MAKERS, INTEGER)


def check_scheme(scheme: str) -> str:
    """`scheme`, if there is such a one.

    Raises:
        ValueError: There is none.
    """
    if scheme not in SCHEMES:
        known = ", ".join(SCHEMES)
        raise ValueError(f"there are no ids of the kind {scheme!r}: TASKMILL_IDS is one of {known}")
    return scheme


def made_here(scheme: str) -> str | None:
    """A new code, where whoever submits can make one: numbers are given by the service."""
    return None if scheme == INTEGER else MAKERS[scheme]()
