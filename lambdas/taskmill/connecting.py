"""Which task service the tasks of this process go to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, cast

from taskmill import wiring
from taskmill.backends import Backend, ClientBackend, ServiceBackend

if TYPE_CHECKING:
    from taskmill.client import TaskClient
    from taskmill.service import TaskService

_HERE: ContextVar[Backend | None] = ContextVar("taskmill_backend", default=None)
_EVERYWHERE: list[Backend] = []  # none or one
_SHARED: dict[tuple[str, str | None], TaskClient] = {}


def connect(to: TaskClient | TaskService | None) -> None:
    """From now on, submit through this client or service, in all threads of the process.

    Needed only where the environment does not say it: without a connection, tasks go to the table
    that this process is wired to (`TASKMILL_TABLE`, or a running `InProcessCloud`), else to the
    API that `TASKMILL_URL` or the local cloud of this folder names.

    Args:
        to: None goes back to what the environment says.
    """
    _EVERYWHERE[:] = [] if to is None else [_backend(to)]


@contextmanager
def connected(to: TaskClient | TaskService) -> Iterator[None]:
    """Submit through this client or service within a `with` block.

    It holds for this thread or asyncio task only, so a program can speak to several services at
    once. A handle stays with the service it came from.
    """
    token = _HERE.set(_backend(to))
    try:
        yield
    finally:
        _HERE.reset(token)


def current_backend(tenant: str | None = None) -> Backend:
    """What to submit through: the connected one, this process's own, or the API that is known.

    Args:
        tenant: Whose tasks, as far as it is known.

    Raises:
        NotConfigured: Nobody says where the API is, or whose tasks are meant.
    """
    chosen = _HERE.get() or next(iter(_EVERYWHERE), None)
    if chosen is not None:
        return chosen
    if wiring.is_wired():
        return _backend(wiring.current().service)
    return ClientBackend(_shared_client(tenant))


def forget() -> None:
    """Drop the clients of what the environment names, with their connections."""
    _SHARED.clear()


def _backend(to: TaskClient | TaskService) -> Backend:
    if hasattr(to, "create_task"):
        return ServiceBackend(cast("TaskService", to), wiring.setting("TASKMILL_TENANT"))
    return ClientBackend(to)


def _shared_client(tenant: str | None) -> TaskClient:
    """The client of what the environment names now; its connections are kept."""
    from taskmill.client import TaskClient
    from taskmill.client.outputs import local_outputs
    from taskmill.client.settings import find_settings

    settings = find_settings(
        url=None, tenant=tenant, region=None, session=None, token=None, outputs=local_outputs()
    )
    known = _SHARED.get((settings.url, settings.token))
    if known is None:
        known = _SHARED[settings.url, settings.token] = TaskClient(tenant=settings.tenant)
    return known.for_tenant(settings.tenant)
