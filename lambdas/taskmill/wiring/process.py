"""The wiring and the settings of this process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from taskmill.aws.server_clock import ServerClock
from taskmill.wiring.clients import client_maker
from taskmill.wiring.settings import Settings
from taskmill.wiring.wiring import Wiring

_IN_USE: list[Wiring] = []


def current() -> Wiring:
    """The wiring of this process: made from its environment, unless `use` replaces it."""
    return _IN_USE[-1] if _IN_USE else _from_environment()


def settings() -> Settings:
    """The present settings of this process, without making its wiring."""
    return _IN_USE[-1].settings if _IN_USE else Settings.of(os.environ)


@contextmanager
def use(wiring: Wiring) -> Iterator[None]:
    """Use this wiring as the current one within a `with` block; for tests and the local cloud."""
    _IN_USE.append(wiring)
    try:
        yield
    finally:
        _IN_USE.remove(wiring)


def forget() -> None:
    """Drop this process's wiring with all its clients; the next `current()` makes a new one."""
    _from_environment.cache_clear()


def wired(
    environment: Mapping[str, str],
    *,
    session: Any = None,
    endpoint_url: str | None = None,
    connections: int = 20,
    log_stream: Any = None,
) -> Wiring:
    """A wiring whose clients call AWS, or a local cloud; its clock is that of their answers.

    Args:
        environment: The settings, as environment variables.
        session: See `client_maker`, also for `endpoint_url` and `connections`.
        log_stream: See `Stores`.
    """
    clock = ServerClock()
    client = client_maker(
        session=session, endpoint_url=endpoint_url, connections=connections, made=clock.listen
    )
    return Wiring(environment, client, clock, log_stream=log_stream)


@cache
def _from_environment() -> Wiring:
    return wired(os.environ)


if hasattr(os, "register_at_fork"):  # a thread that is gone may hold a lock of the inherited one
    os.register_at_fork(after_in_child=forget)
