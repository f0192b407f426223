"""Clients of an in-process cloud."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from taskmill.client.async_client import AsyncTaskClient
from taskmill.client.client import TaskClient
from taskmill.testing.over_http.transport import InProcessTransport

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud

_URL, _TOKEN = "http://in-process", "in-process"


def client_of(cloud: InProcessCloud, tenant: str) -> TaskClient:
    """A client whose waits let the cloud do its work."""
    transport = InProcessTransport(cloud)
    return TaskClient(_URL, tenant=tenant, token=_TOKEN, transport=transport, sleep=cloud.wait)


def async_client_of(cloud: InProcessCloud, tenant: str) -> AsyncTaskClient:
    """The same for an event loop; the cloud works in threads."""

    async def sleep(seconds: float) -> bool:
        return await asyncio.to_thread(cloud.wait, seconds)

    transport = InProcessTransport(cloud)
    return AsyncTaskClient(_URL, tenant=tenant, token=_TOKEN, transport=transport, sleep=sleep)
