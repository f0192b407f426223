"""When a failed attempt is followed by another, and after how long."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from taskmill.errors import Abort


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How a task type deals with failed attempts: exponential back-off, capped.

    Attributes:
        max_attempts: Attempts in all, the first included.
        base_seconds: Delay after the first failed attempt.
        factor: By how much each further delay grows.
        max_seconds: Upper bound of a delay, here 12 h.
        jitter: "full" draws from 0 to the delay, so that many failures do not return as one.
        on: Errors worth another attempt.
        never: Errors that end the task at once, although `on` names them.
    """

    max_attempts: int = 3
    base_seconds: float = 2.0
    factor: float = 2.0
    max_seconds: float = 43_200.0
    jitter: Literal["full", "none"] = "full"
    on: tuple[type[BaseException], ...] = (Exception,)
    never: tuple[type[BaseException], ...] = ()

    def __post_init__(self) -> None:
        if self.max_attempts < 1:
            raise ValueError(f"max_attempts is {self.max_attempts}; at least 1")
        if self.base_seconds < 0 or self.factor < 1 or self.max_seconds < 0:
            raise ValueError("base_seconds and max_seconds are 0 or more, factor 1 or more")

    def allows(self, error: BaseException, attempt: int) -> bool:
        """Whether another attempt follows attempt number `attempt`, which ended in `error`."""
        if attempt >= self.max_attempts or isinstance(error, (Abort, *self.never)):
            return False
        return isinstance(error, self.on)

    def delay_ms(self, attempt: int) -> int:
        """Milliseconds to wait after attempt number `attempt`, counted from 1."""
        try:
            seconds = min(self.base_seconds * self.factor ** (attempt - 1), self.max_seconds)
        except OverflowError:  # after a thousand attempts or so
            seconds = self.max_seconds if self.base_seconds else 0.0
        if self.jitter == "full":
            seconds = random.uniform(0, seconds)  # noqa: S311  # spreads load, keeps no secret
        return round(seconds * 1000)
