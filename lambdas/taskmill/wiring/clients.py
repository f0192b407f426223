"""AWS clients (botocore): made once per process and service, at first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

ClientMaker = Callable[[str], Any]


class LazyClient:
    """An AWS client that is made at its first call, as most invocations call few services."""

    def __init__(self, make: ClientMaker, service: str) -> None:
        self._make = make
        self._service = service

    @cached_property
    def _client(self) -> Any:
        return self._make(self._service)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def client_maker(
    *,
    session: Any = None,
    endpoint_url: str | None = None,
    connections: int = 20,
    made: Callable[[Any], None] = lambda _: None,
) -> ClientMaker:
    """A thread-safe function that returns the client of a service, the same one each time.

    Args:
        session: A boto3 session. Default: a botocore session with AWS's default configuration;
            without boto3, a function's cold start takes a fifth less time.
        endpoint_url: The URL of a local cloud; None: AWS.
        connections: Size of the connection pool per service. The splitter uses 16 threads.
        made: Called with each new client.
    """
    from botocore.config import Config

    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        max_pool_connections=connections,
        parameter_validation=False,  # AWS validates too; here it takes half of a batch call's CPU
        user_agent="taskmill",  # botocore builds its own for each call: 1/8 of the call's CPU
    )
    # Signature version 4 also signs the headers of presigned URLs, among them the one that keeps an
    # upload from being overwritten.
    signed = config.merge(Config(signature_version="s3v4"))
    # DynamoDB answers within milliseconds. On a dead connection, 5 tries of 60 s (as botocore would
    # wait) would outlast every lease.
    quick = config.merge(Config(connect_timeout=5, read_timeout=20, tcp_keepalive=True))
    chosen = {"s3": signed, "dynamodb": quick}
    make = session.client if session else _new_session().create_client
    one_at_a_time = threading.Lock()  # clients are thread-safe, but making them is not

    @cache
    def client(service: str) -> Any:
        with one_at_a_time:
            new = make(service, config=chosen.get(service, config), endpoint_url=endpoint_url)
            made(new)
            return new

    return client


def _new_session() -> Any:
    """A new botocore session with its own credentials; service models are shared per process."""
    from botocore.session import get_session

    session = get_session()
    session.register_component("data_loader", _service_models())
    return session


@cache
def _service_models() -> Any:
    from botocore.session import get_session

    return get_session().get_component("data_loader")
