"""`RetryAfter`: task code asks for another attempt later, which does not count."""

from __future__ import annotations

from taskmill.model.errors import TaskmillError, WrongOptionType
from taskmill.model.flow_control.declared_limits import RateLimit
from taskmill.model.limits import MAX_DELAY_SECONDS
from taskmill.model.options import check_number


class RetryAfter(TaskmillError):
    """Raise it in a task function: the attempt does not count, and is made again later.

    After a 429 of another service, give the rate limit, too: then no task of its key starts until
    that time. A task may give back 100 attempts; those after that count.

    Attributes:
        seconds: After how many seconds; 0 to a year.
        limit: The rate limit to pause; None: this task alone waits.

    Raises:
        InvalidOption: `seconds` is out of range, or `limit` is no `RateLimit`.
    """

    code = "retry_after"

    def __init__(self, seconds: float, *, limit: RateLimit | None = None) -> None:
        self.seconds = check_number("seconds", seconds, most=MAX_DELAY_SECONDS, unit="seconds")
        if limit is not None and not isinstance(limit, RateLimit):
            raise WrongOptionType(f"limit is {limit!r}; give a RateLimit", field="limit")
        self.limit = limit
        super().__init__(f"to be tried again after {self.seconds:g} s")
