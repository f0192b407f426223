"""Chooses the backend that this process submits tasks to: its own table, or an API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from taskmill.functions.backends import CHOSEN_EVERYWHERE, CHOSEN_HERE, FINDERS, Backend
from taskmill.wiring.process import current, settings
from taskmill.wiring.settings import Settings

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.service.task_service import TaskService

_SHARED: dict[tuple[str, object], TaskClient] = {}


def connect(to: TaskClient | TaskService | None) -> None:
    """Submit through this client or service from now on, in all threads of the process.

    Needed only if the environment does not choose the backend. By default, tasks go to the table
    that this process is wired to (`TASKMILL_TABLE`, or a running `InProcessCloud`), else to the
    API that `TASKMILL_URL` or the local cloud of this folder names.

    Args:
        to: The client or service; None: back to the default.
    """
    CHOSEN_EVERYWHERE[:] = [] if to is None else [_backend(to, settings())]


@contextmanager
def connected(to: TaskClient | TaskService) -> Iterator[None]:
    """Submit through this client or service within a `with` block.

    Applies to this thread or asyncio task only, so a program can use several services at the same
    time. A handle keeps using the service that it came from.
    """
    token = CHOSEN_HERE.set(_backend(to, settings()))
    try:
        yield
    finally:
        CHOSEN_HERE.reset(token)


def find_backend(tenant: str | None) -> Backend:
    """The backend that the environment names: this process's own table, or an API.

    Args:
        tenant: The tenant of the tasks; None: as the settings of the client say.

    Raises:
        NotConfigured: No API URL or no tenant is configured.
    """
    here = settings()
    if here.table is None:
        return _backend(_shared_client(tenant), here)
    return _backend(current().service, here)


def forget() -> None:
    """Drop the cached API clients, with their connections."""
    _SHARED.clear()


def _backend(to: TaskClient | TaskService, here: Settings) -> Backend:
    if hasattr(to, "create_task"):
        from taskmill.service.backend import ServiceBackend

        return ServiceBackend(cast("TaskService", to), here.tenant)
    from taskmill.client.backend import ClientBackend

    return ClientBackend(to, executes_now=lambda: settings().execute_now)


def _shared_client(tenant: str | None) -> TaskClient:
    """The API client for the present environment; clients are cached by URL and token."""
    from taskmill.client.client import TaskClient
    from taskmill.client.outputs import api_outputs
    from taskmill.client.settings import find_settings

    settings = find_settings(
        url=None, tenant=tenant, region=None, session=None, token=None, outputs=api_outputs()
    )
    known = _SHARED.get((settings.url, settings.token))
    if known is None:
        known = _SHARED[settings.url, settings.token] = TaskClient(tenant=settings.tenant)
    return known.for_tenant(settings.tenant)


FINDERS.append(find_backend)
