"""Codes of new tasks, by the scheme that is configured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.model.errors import InvalidRequest
from taskmill.model.new_codes import INTEGER, MAKERS, check_scheme

if TYPE_CHECKING:
    from taskmill.aws.dynamodb.counters import Counters


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
            return [MAKERS[self.scheme]() for _ in range(count)]
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
