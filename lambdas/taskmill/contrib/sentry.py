"""Sentry: the errors of attempts as events, with the task as tags. Needs `sentry-sdk`.

```python
import sentry_sdk

import taskmill
from taskmill.contrib.sentry import SentryMiddleware

sentry_sdk.init(dsn="https://...")
taskmill.middleware(SentryMiddleware())
```
"""

from __future__ import annotations

import sentry_sdk

from taskmill.functions.hooks.middleware import AttemptInfo, Middleware

_FLUSH_SECONDS = 2.0


class SentryMiddleware(Middleware):
    """Reports failed attempts to Sentry, and tags whatever the task code itself reports.

    Tags: `taskmill.type`, `taskmill.tenant`, `taskmill.code`, `taskmill.index` of a subtask, and
    `taskmill.attempt`. The log ids of the task are in the context "taskmill".

    Args:
        each_attempt: Report attempts that are retried, too, not only the one that fails the task.
        flush_seconds: How long to wait for an event to be sent. A Lambda process may be frozen
            right after a task, so what is not sent by then is sent with the next task, or lost.
    """

    def __init__(
        self, *, each_attempt: bool = False, flush_seconds: float = _FLUSH_SECONDS
    ) -> None:
        self._each_attempt = each_attempt
        self._flush_seconds = flush_seconds

    def before_attempt(self, attempt: AttemptInfo) -> None:
        scope = sentry_sdk.isolation_scope()
        _describe(scope.__enter__(), attempt)
        attempt.state[self] = scope

    def after_attempt(self, attempt: AttemptInfo) -> None:
        self._leave(attempt)

    def stopped_attempt(self, attempt: AttemptInfo) -> None:
        self._leave(attempt)

    def failed_attempt(self, attempt: AttemptInfo, error: BaseException, *, is_final: bool) -> None:
        try:
            if is_final or self._each_attempt:
                with sentry_sdk.isolation_scope() as scope:
                    _describe(scope, attempt)
                    sentry_sdk.capture_exception(error)
                sentry_sdk.flush(self._flush_seconds)
        finally:
            self._leave(attempt)

    def _leave(self, attempt: AttemptInfo) -> None:
        if (scope := attempt.state.pop(self, None)) is not None:
            scope.__exit__(None, None, None)


def _describe(scope: sentry_sdk.Scope, attempt: AttemptInfo) -> None:
    scope.set_tag("taskmill.type", attempt.type)
    scope.set_tag("taskmill.tenant", attempt.tenant)
    scope.set_tag("taskmill.code", attempt.key.code)
    scope.set_tag("taskmill.attempt", attempt.attempt)
    if attempt.key.index is not None:
        scope.set_tag("taskmill.index", attempt.key.index)
    scope.set_context("taskmill", {"key": str(attempt.key), **attempt.log_ids})
