"""Which task service the tasks of this process go to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from taskmill.functions.backends import CHOSEN_EVERYWHERE, CHOSEN_HERE, FINDERS, Backend
from taskmill.wiring.process import current, settings

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.service.task_service import TaskService

_SHARED: dict[tuple[str, str | None], TaskClient] = {}


def connect(to: TaskClient | TaskService | None) -> None:
    """From now on, submit through this client or service, in all threads of the process.

    Needed only where the environment does not say it: without a connection, tasks go to the table
    that this process is wired to (`TASKMILL_TABLE`, or a running `InProcessCloud`), else to the
    API that `TASKMILL_URL` or the local cloud of this folder names.

    Args:
        to: None goes back to what the environment says.
    """
    CHOSEN_EVERYWHERE[:] = [] if to is None else [_backend(to)]


@contextmanager
def connected(to: TaskClient | TaskService) -> Iterator[None]:
    """Submit through this client or service within a `with` block.

    It holds for this thread or asyncio task only, so a program can speak to several services at
    once. A handle stays with the service it came from.
    """
    token = CHOSEN_HERE.set(_backend(to))
    try:
        yield
    finally:
        CHOSEN_HERE.reset(token)


def find_backend(tenant: str | None) -> Backend:
    """The backend that the environment names: this process's own table, or an API.

    Args:
        tenant: Whose tasks, as far as it is known.

    Raises:
        NotConfigured: Nobody says where the API is, or whose tasks are meant.
    """
    if settings().table is not None:
        return _backend(current().service)
    return _backend(_shared_client(tenant))


def forget() -> None:
    """Drop the clients of what the environment names, with their connections."""
    _SHARED.clear()


def _backend(to: TaskClient | TaskService) -> Backend:
    if hasattr(to, "create_task"):
        from taskmill.service.backend import ServiceBackend

        return ServiceBackend(cast("TaskService", to), settings().tenant)
    from taskmill.client.backend import ClientBackend

    return ClientBackend(to, executes_now=lambda: settings().execute_now)


def _shared_client(tenant: str | None) -> TaskClient:
    """The client of what the environment names now; its connections are kept."""
    from taskmill.client.client import TaskClient
    from taskmill.client.outputs import local_outputs
    from taskmill.client.settings import find_settings

    settings = find_settings(
        url=None, tenant=tenant, region=None, session=None, token=None, outputs=local_outputs()
    )
    known = _SHARED.get((settings.url, settings.token))
    if known is None:
        known = _SHARED[settings.url, settings.token] = TaskClient(tenant=settings.tenant)
    return known.for_tenant(settings.tenant)


FINDERS.append(find_backend)
