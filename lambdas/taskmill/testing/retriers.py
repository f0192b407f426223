"""The retriers of a fan-out's states, as the stack's state machine has them, and their counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from taskmill.testing.clients import Crash

EVERYTHING = "States.ALL"
_SERVICE_ERRORS = (
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
)


class TooManyRequestsException(Exception):
    """Lambda does not run the function: all of the account's concurrency is in use."""


@dataclass(frozen=True)
class Retrier:
    """How often and how soon a state is tried again after certain errors."""

    errors: tuple[str, ...]
    max_attempts: int
    interval_seconds: int = 1
    max_delay_seconds: int = 60

    @classmethod
    def of(cls, retry: Mapping[str, Any]) -> Self:
        """A retrier of a state machine's definition; back-offs there double, with full jitter."""
        return cls(
            tuple(retry["ErrorEquals"]),
            retry["MaxAttempts"],
            retry.get("IntervalSeconds", 1),
            retry.get("MaxDelaySeconds", 60),
        )

    def matches(self, error: str) -> bool:
        """Whether it is for an error of this name."""
        return error in self.errors or EVERYTHING in self.errors

    def back_off_ms(self, attempt: int) -> int:
        """The longest pause before an attempt, counted from 0."""
        return min(self.interval_seconds << min(attempt, 30), self.max_delay_seconds) * 1_000


_STEP = (
    Retrier(_SERVICE_ERRORS, 4_000, interval_seconds=2),
    Retrier((EVERYTHING,), 20, interval_seconds=2),
)
RETRIERS: Mapping[str, tuple[Retrier, ...]] = {  # a test compares them with the stack's
    "split": _STEP,
    "batch": (
        Retrier(("SubtasksDueLater",), 0),
        Retrier(_SERVICE_ERRORS, 5_000),
        Retrier(("SubtasksRemain",), 2_000, max_delay_seconds=10),
        Retrier((EVERYTHING,), 20),
    ),
    "finish": _STEP,
}


@dataclass
class Retries:
    """The tries of one state; they start over whenever the state is entered anew."""

    retriers: Sequence[Retrier]
    _made: Counter[Retrier] = field(default_factory=Counter)

    @property
    def made(self) -> int:
        """How often it was tried again: Step Functions' `$$.State.RetryCount`."""
        return self._made.total()

    def after(self, error: BaseException) -> int | None:
        """Milliseconds until the state is tried again; None: it is given up.

        The first retrier that matches decides, by its own count.
        """
        name = _name_of(error)
        for retrier in self.retriers:
            if retrier.matches(name):
                attempt = self._made[retrier]
                if attempt >= retrier.max_attempts:
                    return None
                self._made[retrier] += 1
                return retrier.back_off_ms(attempt)
        return None


def _name_of(error: BaseException) -> str:
    """What Step Functions calls an error: an exception of a function by its class."""
    if isinstance(error, TooManyRequestsException):
        return "Lambda.TooManyRequestsException"
    return "Lambda.Unknown" if isinstance(error, Crash) else type(error).__name__
