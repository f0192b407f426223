"""The client class of the task API for event loops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from taskmill.client.access import Access
from taskmill.client.bulk import Bulks
from taskmill.client.callbacks import Callbacks
from taskmill.client.calls.awaited import AwaitedCalls
from taskmill.client.changes import Changes
from taskmill.client.connection import Connection
from taskmill.client.limits import LimitCalls
from taskmill.client.overviews import Overviews
from taskmill.client.read import Key, Reads
from taskmill.client.schedules import Schedules
from taskmill.client.statistics import StatisticsCalls
from taskmill.client.submit import Submits
from taskmill.functions.polling import CAP_SECONDS, looks_async
from taskmill.model.api.views import Task
from taskmill.model.options import suggests

if TYPE_CHECKING:
    import httpx

    from taskmill.client.auth import GivenToken
    from taskmill.client.calls.awaited import AsyncSleep
    from taskmill.client.outputs import Outputs


class AwaitedConnection(Connection):
    """The connection of an `AsyncTaskClient`."""

    IS_ASYNC = True
    _calls: AwaitedCalls

    @suggests
    def __init__(
        self,
        url: str | None = None,
        *,
        tenant: str | None = None,
        region: str | None = None,
        session: Any = None,
        token: GivenToken | None = None,
        ids: str | None = None,
        timeout_seconds: float = 35.0,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: AsyncSleep = asyncio.sleep,
        outputs: Outputs | None = None,
    ) -> None:
        target = self._configure(
            url,
            tenant=tenant,
            region=region,
            session=session,
            token=token,
            ids=ids,
            timeout_seconds=timeout_seconds,
            outputs=outputs,
        )
        self._calls = AwaitedCalls(target, transport=transport, sleep=sleep)

    async def close(self) -> None:
        """Close the connections of this event loop; further requests are refused."""
        await self._calls.close()

    aclose = close  # the name that `contextlib.aclosing` calls

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


class AsyncTaskClient(
    Submits,
    Reads,
    Overviews,
    Changes,
    Schedules,
    Callbacks,
    Access,
    Bulks,
    StatisticsCalls,
    LimitCalls,
    AwaitedConnection,
):
    """A `TaskClient` for an event loop: it has the same methods, to be awaited.

    Lists (`list`, `subtasks`, `children`, `failures`, `schedules`, `callbacks`, `bulks`) and
    `updates` are async iterators. Close it, or use it in an `async with` statement. Any number of
    coroutines may share a client; a cancelled call leaves it as it was, but a submit may have
    arrived by then.

    Each event loop and each forked process has connections of its own, so a client may be made at
    import, before there is a loop. Credentials that have to be fetched are, in a thread.

    The arguments are those of `TaskClient`, except:

    Args:
        token: The function may also be an async one.
        transport: An `httpx.AsyncBaseTransport`.
        sleep: Replaces `asyncio.sleep`, for tests.
    """

    @suggests
    def updates(
        self, key: Key, *, timeout_seconds: float | None = None, cap_seconds: float = CAP_SECONDS
    ) -> AsyncIterator[Task]:
        """Read the task repeatedly until it has ended, and yield it each time.

        Args:
            timeout_seconds: None waits without a limit.
            cap_seconds: Longest time between two reads, plus or minus 20 % at random.

        Raises:
            WaitTimeout: The task has not ended in time.
        """
        pace = self._pace_of(timeout_seconds, cap_seconds)
        return looks_async(lambda: self.get(key), pace, timeout_seconds=timeout_seconds)
