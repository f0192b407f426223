"""When a failed attempt is followed by another, and after how long."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Literal

from taskmill.model.errors import Abort

Errors = type[BaseException] | tuple[type[BaseException], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How a task type deals with failed attempts: exponential back-off, capped.

    Attributes:
        max_attempts: Attempts in all, the first included.
        base_seconds: Delay after the first failed attempt.
        factor: By how much each further delay grows.
        max_seconds: Upper bound of a delay, here 12 h.
        jitter: "full" draws from 0 to the delay, so that many failures do not return as one.
        on: Errors worth another attempt; one, or a tuple of them.
        never: Errors that end the task at once, although `on` names them; likewise.
    """

    max_attempts: int = 3
    base_seconds: float = 2.0
    factor: float = 2.0
    max_seconds: float = 43_200.0
    jitter: Literal["full", "none"] = "full"
    on: Errors = (Exception,)
    never: Errors = ()

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ValueError(f"max_attempts is {self.max_attempts}; at least 1")
        figures = (self.base_seconds, self.factor - 1, self.max_seconds)
        if not all(0 <= each < math.inf for each in figures):  # nor NaN
            raise ValueError("base_seconds and max_seconds are 0 or more, factor 1 or more")
        if self.jitter not in ("full", "none"):
            raise ValueError(f'jitter is {self.jitter!r}; "full" or "none"')
        _check_errors("on", self.on)
        _check_errors("never", self.never)

    def allows(self, error: BaseException, attempt: int) -> bool:
        """Whether another attempt follows attempt number `attempt`, which ended in `error`."""
        if attempt >= self.max_attempts or isinstance(error, Abort):
            return False
        return isinstance(error, self.on) and not isinstance(error, self.never)

    def delay_ms(self, attempt: int) -> int:
        """Milliseconds to wait after attempt number `attempt`, counted from 1."""
        try:
            seconds = min(self.base_seconds * self.factor ** (attempt - 1), self.max_seconds)
        except OverflowError:  # after a thousand attempts or so
            seconds = self.max_seconds if self.base_seconds else 0.0
        if self.jitter == "full":
            seconds = random.uniform(0, seconds)  # noqa: S311  # spreads load, keeps no secret
        return round(seconds * 1000)


def _check_errors(name: str, given: Errors) -> None:
    errors: tuple[object, ...] = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(each, type) and issubclass(each, BaseException) for each in errors):
        raise ValueError(f"{name} is {given!r}; it takes classes of errors")
