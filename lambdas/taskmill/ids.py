"""Codes of new tasks, by the scheme that is configured."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ulid

from taskmill.errors import InvalidRequest

if TYPE_CHECKING:
    from taskmill.store.counters import Counters

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


_MAKERS: Mapping[str, Callable[[], str]] = {
    "ulid": new_code,
    "uuid4": lambda: str(uuid.uuid4()),
    "uuid7": uuid7,
}
SCHEMES = (*_MAKERS, INTEGER)


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
    return None if scheme == INTEGER else _MAKERS[scheme]()


@dataclass(frozen=True)
class Ids:
    """Gives new tasks their codes.

    Args:
        scheme: One of `SCHEMES`.
        counters: Where the numbers of the scheme "integer" come from.
    """

    scheme: str = "ulid"
    counters: Counters | None = None

    def __post_init__(self) -> None:
        check_scheme(self.scheme)

    def new(self, tenant: str, count: int = 1) -> list[str]:
        """So many new codes; numbers of a tenant follow each other and are taken in one write."""
        if self.scheme != INTEGER:
            return [_MAKERS[self.scheme]() for _ in range(count)]
        if self.counters is None:
            raise ValueError("numbers need a table to count in")
        last = self.counters.add(tenant, count) if count else 0
        return [str(number) for number in range(last - count + 1, last + 1)]

    def check(self, code: str | None) -> None:
        """Refuse a code of a submitter's own that a later task would be given.

        Raises:
            InvalidRequest: It is a number, and numbers are given by the service.
        """
        if self.scheme == INTEGER and code is not None and code.isdecimal():
            raise InvalidRequest(
                f"code {code!r}: tasks are numbered by the service here; a code of your own has"
                " a letter in it",
                field="code",
            )
