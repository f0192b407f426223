"""Codes for new tasks, by scheme: ULIDs, UUIDs, or numbers that the service assigns."""

from __future__ import annotations

import os
import secrets
import time
import uuid
from collections.abc import Callable, Mapping

import ulid

INTEGER = "integer"


def new_code() -> str:
    """A new ULID: 26 characters that sort by time."""
    return str(ulid.ULID())


def renew() -> None:
    """Reset the ULID generator, so that the next code does not continue from the last one.

    Called in a forked process, and in one restored from a snapshot: others continue from the same
    last code. (`secrets` and `uuid` keep no state, and Python seeds `random` anew after a fork.)
    """
    ulid.default_generator = ulid.ULIDGenerator()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=renew)


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
    """Return `scheme` if it is one of `SCHEMES`.

    Raises:
        ValueError: It is not.
    """
    if scheme not in SCHEMES:
        known = ", ".join(SCHEMES)
        raise ValueError(f"unknown kind of ids {scheme!r}: TASKMILL_IDS is one of {known}")
    return scheme


def made_here(scheme: str) -> str | None:
    """A new code of this scheme; None for numbers, which only the service can assign."""
    return None if scheme == INTEGER else MAKERS[scheme]()
