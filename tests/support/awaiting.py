"""An `AsyncTaskClient` for tests that are written for a `TaskClient`: they then hold for both."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

from taskmill.client import AsyncTaskClient


class Awaiting:
    """Calls the methods of an `AsyncTaskClient` on a loop of its own, and waits for each."""

    def __init__(self, client: AsyncTaskClient, runner: asyncio.Runner | None = None) -> None:
        self.client = client
        self._runner = runner or asyncio.Runner()

    @classmethod
    def made(cls, *, sleep: Any, **options: Any) -> Self:
        """With the `sleep` of a `TaskClient`."""

        async def sleep_async(seconds: float) -> Any:
            return sleep(seconds)

        return cls(AsyncTaskClient(**options, sleep=sleep_async))

    def for_tenant(self, tenant: str) -> "Awaiting":
        return Awaiting(self.client.for_tenant(tenant), self._runner)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.client, name)
        return self._called(found) if callable(found) else found

    def _called(self, method: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            given = method(*args, **kwargs)
            if inspect.isawaitable(given):
                return self._runner.run(_awaited(given))
            return self._each(given) if hasattr(given, "__anext__") else given

        return call

    def _each(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        while True:
            try:
                yield self._runner.run(_awaited(anext(items)))
            except StopAsyncIteration:
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._runner.run(self.client.close())
        self._runner.close()


async def _awaited(given: Any) -> Any:
    return await given
