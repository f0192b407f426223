"""The wiring of this process, and what its environment says of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from taskmill.wiring.clients import client_maker
from taskmill.wiring.settings import Settings
from taskmill.wiring.wiring import Wiring

_IN_USE: list[Wiring] = []


def current() -> Wiring:
    """The wiring of this process: from its environment, unless a test put another in use."""
    return _IN_USE[-1] if _IN_USE else _from_environment()


def settings() -> Settings:
    """The settings of this process as they are now, without making a wiring for it."""
    return _IN_USE[-1].settings if _IN_USE else Settings.of(os.environ)


@contextmanager
def use(wiring: Wiring) -> Iterator[None]:
    """Let handlers work with this wiring for a while."""
    _IN_USE.append(wiring)
    try:
        yield
    finally:
        _IN_USE.remove(wiring)


def forget() -> None:
    """Drop this process's wiring, with all its clients; what asks for it next gets a new one."""
    _from_environment.cache_clear()


def wired(
    environment: Mapping[str, str],
    *,
    session: Any = None,
    endpoint_url: str | None = None,
    connections: int = 20,
    log_stream: Any = None,
) -> Wiring:
    """A wiring to AWS.

    Args:
        session: See `client_maker`, as for the next two.
        log_stream: See `Wiring`.
    """
    client = client_maker(session=session, endpoint_url=endpoint_url, connections=connections)
    return Wiring(environment, client, log_stream=log_stream)


@cache
def _from_environment() -> Wiring:
    return wired(os.environ)
