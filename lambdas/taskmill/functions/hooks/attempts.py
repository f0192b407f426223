"""Calls the middleware around the attempts of tasks."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

from taskmill.functions.hooks.middleware import MIDDLEWARE, AttemptInfo, Middleware
from taskmill.functions.user_code import described, passes
from taskmill.model.rows.task_row import TaskRow

_WITHIN: ContextVar[object] = ContextVar("taskmill_hooks", default=None)
"""The `AttemptHooks` of the context that the task code runs in."""


class AttemptHooks:
    """The calls around one attempt: `before`, then one of `after`, `failed` and `stopped`.

    The last call is made in the context of the task code, too, unless code that was given up still
    runs there.
    """

    def __init__(self, info: AttemptInfo, logger: Any) -> None:
        self._info = info
        self._context: Context | None = None
        self._logger = logger
        self._all = tuple(MIDDLEWARE)
        self._begun: list[Middleware] = []
        self._over = False

    def before(self, context: Context) -> None:
        """Raises what a middleware raises; those after it are not called.

        Args:
            context: What the task code runs in.
        """
        self._context = context
        _WITHIN.set(self)
        for each in self._all:
            each.before_attempt(self._info)
            self._begun.append(each)

    def after(self) -> None:
        self._end(self._begun, lambda each: each.after_attempt(self._info))

    def failed(self, error: BaseException, *, is_final: bool) -> None:
        self._end(self._all, lambda each: each.failed_attempt(self._info, error, is_final=is_final))

    def stopped(self) -> None:
        self._end(self._begun, lambda each: each.stopped_attempt(self._info))

    def _end(self, told: Any, call: Callable[[Middleware], None]) -> None:
        if self._over:
            return
        self._over = True
        for each in reversed(told):
            if _WITHIN.get() is self or not self._called_in_context(each, call):
                self._call(each, call)

    def _called_in_context(
        self, middleware: Middleware, call: Callable[[Middleware], None]
    ) -> bool:
        if self._context is None:
            return False
        try:
            self._context.run(self._call, middleware, call)
        except RuntimeError:  # code that was given up still runs there
            return False
        return True

    def _call(self, middleware: Middleware, call: Callable[[Middleware], None]) -> None:
        try:
            call(middleware)
        except BaseException as error:
            if passes(error):
                raise
            fields = {"key": str(self._info.key), "middleware": type(middleware).__qualname__}
            self._logger.exception("middleware failed", **fields, error=described(error))


class NoHooks:
    """What stands for `AttemptHooks` where no middleware is registered."""

    def before(self, context: Context) -> None: ...
    def after(self) -> None: ...
    def failed(self, error: BaseException, *, is_final: bool) -> None: ...
    def stopped(self) -> None: ...


_NONE = NoHooks()


def attempt_hooks(row: TaskRow, max_attempts: int, logger: Any) -> AttemptHooks | NoHooks:
    """The calls around the attempt that a row is at."""
    if not MIDDLEWARE:
        return _NONE
    info = AttemptInfo(
        key=row.key,
        name=row.name or row.key.type,
        attempt=row.attempts,
        max_attempts=max_attempts,
        log_ids=dict(row.log_ids or {}),
        user=row.created_by,
        request_id=row.request_id,
        parent=str(row.key.parent) if row.key.index is not None else row.parent,
    )
    return AttemptHooks(info, logger)
