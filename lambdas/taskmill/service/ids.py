"""Codes for new tasks, in the scheme that `TASKMILL_IDS` names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.model.errors import InvalidRequest
from taskmill.model.new_codes import INTEGER, MAKERS, check_scheme

if TYPE_CHECKING:
    from taskmill.aws.dynamodb.counters import Counters


@dataclass(frozen=True)
class Ids:
    """Makes the codes of new tasks.

    Args:
        scheme: One of `SCHEMES`.
        counters: The counters for the scheme "integer"; the other schemes need none.
    """

    scheme: str = "ulid"
    counters: Counters | None = None

    def __post_init__(self) -> None:
        check_scheme(self.scheme)

    def new(self, tenant: str, count: int = 1) -> list[str]:
        """New codes. With "integer", they are consecutive per tenant and cost one write in all."""
        if self.scheme != INTEGER:
            return [MAKERS[self.scheme]() for _ in range(count)]
        if self.counters is None:
            raise ValueError("numbers need a table to count in")
        last = self.counters.add(tenant, count) if count else 0
        return [str(number) for number in range(last - count + 1, last + 1)]

    def check(self, code: str | None) -> None:
        """Refuse a submitter's code that this service might later assign to another task.

        Raises:
            InvalidRequest: The scheme is "integer" and the code is a number.
        """
        if self.scheme == INTEGER and code is not None and code.isdecimal():
            raise InvalidRequest(
                f"code {code!r}: tasks are numbered by the service here; a code of your own must"
                " contain a letter",
                field="code",
            )
