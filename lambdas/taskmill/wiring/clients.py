"""Clients of AWS: made once a process and service, when first used."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

ClientMaker = Callable[[str], Any]


class LazyClient:
    """A boto3 client made at its first call: most invocations need one or two of five."""

    def __init__(self, make: ClientMaker, service: str) -> None:
        self._make = make
        self._service = service

    @cached_property
    def _client(self) -> Any:
        return self._make(self._service)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def client_maker(
    *, session: Any = None, endpoint_url: str | None = None, connections: int = 20
) -> ClientMaker:
    """Makes one client of each service; from any thread.

    Args:
        session: A boto3 session; by default one of botocore, as AWS's own settings say: without
            boto3 around it, a function starts a fifth sooner.
        endpoint_url: Of a local cloud.
        connections: Kept to each service; 20 serve the splitter's threads.
    """
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=connections,
        parameter_validation=False,  # AWS checks as well; of a batch it is half of a call's CPU
        user_agent="taskmill",  # botocore's own is put together anew for each call: an eighth of it
    )
    # Without this, presigned addresses leave their headers unsigned: an upload could change.
    signed = config.merge(Config(signature_version="s3v4"))
    make = session.client if session else _new_session().create_client
    one_at_a_time = threading.Lock()  # clients may be used by many threads, but made by one only

    @cache
    def client(service: str) -> Any:
        with one_at_a_time:
            chosen = signed if service == "s3" else config
            return make(service, config=chosen, endpoint_url=endpoint_url)

    return client


def _new_session() -> Any:
    """A session of botocore with credentials of its own; service models are read once a process."""
    from botocore.session import get_session

    session = get_session()
    session.register_component("data_loader", _service_models())
    return session


@cache
def _service_models() -> Any:
    from botocore.session import get_session

    return get_session().get_component("data_loader")
