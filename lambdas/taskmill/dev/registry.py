"""The task code of `taskmill dev`: it can be imported anew, and its time limits can be off."""

from __future__ import annotations

import sys

from taskmill.functions.registry import Registry
from taskmill.model.pools import Pools
from taskmill.model.retry import Retry

NO_LIMIT_SECONDS = 365 * 86_400.0


class DevRegistry(Registry):
    """Task functions that a `Reloader` imports.

    Attributes:
        failure: What importing a module raised that could not be imported so far; tasks of types
            that nobody declares end with it.
        no_timeouts: Task code may run for as long as it likes.
    """

    def __init__(
        self,
        pools: Pools | None = None,
        *,
        factory: str | None = None,
        no_timeouts: bool = False,
    ) -> None:
        super().__init__(factory=factory, pools=pools)
        self.failure: BaseException | None = None
        self.no_timeouts = no_timeouts

    def policy(self, task_type: str) -> tuple[Retry, float]:
        """As in a function, but without a time limit while a debugger is attached."""
        retry, seconds = super().policy(task_type)
        unlimited = self.no_timeouts or is_debugged()
        return retry, NO_LIMIT_SECONDS if unlimited else seconds

    def renew(self, failure: BaseException | None, pools: Pools) -> None:
        """The modules were imported anew."""
        self.failure, self.pools = failure, pools
        self.__dict__.pop("_made_transformer", None)  # the factory may be in one of them

    def _load_for(self, task_type: str) -> BaseException | None:
        return None if self._knows(task_type) else self.failure


def is_debugged() -> bool:
    """Whether a debugger watches this process: debugpy, PyCharm's, or one that traces."""
    if "pydevd" in sys.modules:  # of both VS Code's debugpy and PyCharm
        return True
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None and monitoring.get_tool(monitoring.DEBUGGER_ID) is not None:
        return True
    trace = sys.gettrace()
    return trace is not None and "coverage" not in type(trace).__module__
