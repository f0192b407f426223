"""Failures of attempts: the error as it is stored, and whether another attempt follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.functions.user_code import passes
from taskmill.model.error_details import describe_error
from taskmill.model.error_members import members
from taskmill.model.errors import Abort
from taskmill.model.flow_control.retry_after import RetryAfter
from taskmill.model.retry import Retry
from taskmill.work.patience import OutOfPatience

MOST_RETURNED = 100  # attempts that a task may give back


@dataclass(frozen=True, slots=True)
class Failure:
    """How an attempt failed.

    Attributes:
        error: `{type, message, stack}` to store.
        retry_in_ms: Milliseconds until the next attempt; None: the task has failed.
        after: What the task code asked for by `RetryAfter`, which gives the attempt back.
    """

    error: Mapping[str, Any]
    retry_in_ms: int | None
    after: RetryAfter | None = None


@dataclass(frozen=True, kw_only=True)
class Judge:
    """Judges what the task code of one attempt raised.

    An exception group is judged by its members. What ends the attempt without an outcome of its own
    goes first. Then an error that rules out another attempt decides, and is the one described: an
    `Abort`, the failure of a child, or what the retry policy excludes, in this order.

    Attributes:
        attempt: Its number, from 1.
        returned: How many attempts `RetryAfter` has given back.
        is_final: Whether an error, which is no group, is the failure of a child.
        stops: Returns the errors that told the attempt that it may write nothing more.
    """

    retry: Retry
    attempt: int
    returned: int = 0
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

    def _asked_for(self, error: BaseException) -> RetryAfter | None:
        """The longest `RetryAfter` that was raised, if all that was raised is one."""
        asked = [each for each in members(error) if isinstance(each, RetryAfter)]
        if len(asked) < len(list(members(error))) or self.returned >= MOST_RETURNED:
            return None
        return max(asked, key=lambda each: each.seconds)

    def _judged(self, error: BaseException) -> Failure:
        if (after := self._asked_for(error)) is not None:
            return Failure(describe_error(error), round(after.seconds * 1000), after)
        finals = [each for each in members(error) if self.is_final(each)]
        decides = self.retry.obstacle(error)
        if finals and not isinstance(decides, Abort):
            decides = finals[0]
        again = not finals and self.retry.allows(error, self.attempt)
        delay_ms = self.retry.delay_ms(self.attempt) if again else None
        return Failure(describe_error(error, decides), delay_ms)
