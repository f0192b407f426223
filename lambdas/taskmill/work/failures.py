"""Failures of attempts: the error as it is stored, and whether another attempt follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.functions.user_code import passes
from taskmill.model.error_details import describe_error
from taskmill.model.error_members import members
from taskmill.model.errors import Abort
from taskmill.model.retry import Retry
from taskmill.work.patience import OutOfPatience


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt failed.

    Attributes:
        error: `{type, message, stack}` to store.
        retry_in_ms: Milliseconds until the next attempt; None: the task has failed.
    """

    error: Mapping[str, Any]
    retry_in_ms: int | None


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Judges what the task code of one attempt raised.

    An exception group is judged by its members. What ends the attempt without an outcome of its own
    goes first. Then an error that rules out another attempt decides, and is the one described: an
    `Abort`, the failure of a child, or what the retry policy excludes, in this order.

    Attributes:
        attempt: Its number, from 1.
        is_final: Whether an error, which is no group, is the failure of a child.
        stops: Returns the errors that told the attempt that it may write nothing more.
    """

    retry: Retry
    attempt: int
    is_final: Callable[[BaseException], bool]
    stops: Callable[[], Sequence[BaseException | None]]

    def failure(self, error: BaseException) -> Failure:
        """The failure that an error is.

        Raises:
            BaseException: What is no error of the task code: an interruption, a Ctrl-C, one of
                `stops`, or that AWS could not be reached; also if it is in a group.
        """
        stops = self.stops()
        for each in members(error):
            if passes(each) or isinstance(each, OutOfPatience) or any(each is s for s in stops):
                raise each
        try:
            return self._judged(error)
        except BaseException as broken:  # the policy is user code if it is a subclass of `Retry`
            if passes(broken):
                raise
            return Failure(describe_error(error), retry_in_ms=None)

    def _judged(self, error: BaseException) -> Failure:
        finals = [each for each in members(error) if self.is_final(each)]
        decides = self.retry.obstacle(error)
        if finals and not isinstance(decides, Abort):
            decides = finals[0]
        again = not finals and self.retry.allows(error, self.attempt)
        delay_ms = self.retry.delay_ms(self.attempt) if again else None
        return Failure(describe_error(error, decides), delay_ms)
