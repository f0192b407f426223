"""Retry policy: whether a failed attempt is followed by another, and after what delay."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from taskmill.model.error_members import members_with_groups
from taskmill.model.errors import Abort, WrongOptionType
from taskmill.model.limits import MAX_DELAY_SECONDS
from taskmill.model.options import check_choice, check_number, check_whole, suggests

MAX_ATTEMPTS = 1_000_000  # as good as no limit
_FIGURES = "base_seconds and max_seconds are 0 or more, factor 1 or more, all finite"
Errors = type[BaseException] | tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The retry policy of a task type: exponential backoff with a cap.

    Attributes:
        max_attempts: Total number of attempts, including the first; up to a million.
        base_seconds: Delay after the first failed attempt.
        factor: Each further delay is the previous one times this.
        max_seconds: Upper bound of a delay, at most a year; 12 h by default.
        jitter: "full" picks a random time from 0 to the delay, to spread simultaneous retries.
        on: Exception class, or a tuple of them, to retry.
        never: Exception class, or a tuple of them, not to retry even if `on` matches.

    An exception group, as `asyncio.TaskGroup` raises it, is judged by the errors in it.
    """

    max_attempts: int = 3
    base_seconds: float = 2.0
    factor: float = 2.0
    max_seconds: float = 43_200.0
    jitter: Literal["full", "none"] = "full"
    on: Errors = (Exception,)
    never: Errors = ()

    def __post_init__(self) -> None:
        check_whole("max_attempts", self.max_attempts, least=1, most=MAX_ATTEMPTS)
        check_number("base_seconds", self.base_seconds, unit="seconds", rule=_FIGURES)
        check_number("factor", self.factor, least=1, rule=_FIGURES)
        check_number("max_seconds", self.max_seconds, most=MAX_DELAY_SECONDS, rule=_FIGURES)
        check_choice("jitter", self.jitter, ("full", "none"))
        _check_errors("on", self.on)
        _check_errors("never", self.never)

    def allows(self, error: BaseException, attempt: int) -> bool:
        """Whether to retry after attempt number `attempt` (from 1) raised `error`.

        An exception group is retried if every error in it would be.
        """
        return attempt < self.max_attempts and self.obstacle(error) is None

    def obstacle(self, error: BaseException) -> BaseException | None:
        """The error that rules out a retry, however many attempts are left; None: there is none.

        That is `error` itself or, of a group, an `Abort`, else the first member not to be retried.
        A member is what `on` and `never` name if it or a group around it is of such a class.
        """
        given = list(members_with_groups(error))
        aborts = [member for member, _ in given if isinstance(member, Abort)]
        return next(iter(aborts), None) or next(
            (member for member, groups in given if not self._retries((member, *groups))), None
        )

    def _retries(self, classes_of: tuple[BaseException, ...]) -> bool:
        retried = any(isinstance(each, self.on) for each in classes_of)
        return retried and not any(isinstance(each, self.never) for each in classes_of)

    def delay_ms(self, attempt: int) -> int:
        """Milliseconds to wait after attempt number `attempt` (from 1), jitter included."""
        try:
            seconds = min(self.base_seconds * self.factor ** (attempt - 1), self.max_seconds)
        except OverflowError:  # after a thousand attempts or so
            seconds = self.max_seconds if self.base_seconds else 0.0
        if self.jitter == "full":
            seconds = random.uniform(0, seconds)  # noqa: S311  # jitter, not a secret
        return round(seconds * 1000)


def _check_errors(name: str, given: Errors) -> None:
    errors: tuple[object, ...] = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(each, type) and issubclass(each, BaseException) for each in errors):
        raise WrongOptionType(
            f"{name} is {given!r}; it takes classes of errors: one, or a tuple", field=name
        )


# An unknown option is refused with the one that was meant.
Retry.__init__ = suggests(Retry.__init__)  # type: ignore[method-assign]
