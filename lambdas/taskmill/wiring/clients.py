"""AWS clients (botocore): made once per process and service; a forked process makes its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, cached_property, partial
from typing import Any

from taskmill.model.per_process import PerProcess

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


class ProcessClient:
    """An AWS client whose connections are those of the process that uses it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._own = PerProcess(make)
        self._own()  # made ahead: `LazyClient` is for later

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own(), name)


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
    maker = PerProcess(lambda: session.client if session else _new_session().create_client)
    one_at_a_time = PerProcess(threading.Lock)  # clients are thread-safe, but making them is not

    # DynamoDB answers within milliseconds. On a dead connection, 5 tries of 60 s (as botocore would
    # wait) would outlast every lease.
    quick = config.merge(Config(connect_timeout=5, read_timeout=20, tcp_keepalive=True))

    def make(service: str) -> Any:
        with one_at_a_time():
            if service == "s3":
                new = _s3_client(maker(), config, endpoint_url)
            else:
                chosen = quick if service == "dynamodb" else config
                new = maker()(service, config=chosen, endpoint_url=endpoint_url)
            made(new)
            return new

    @cache
    def client(service: str) -> ProcessClient:
        return ProcessClient(partial(make, service))

    return client


def _s3_client(make: Callable[..., Any], config: Any, endpoint_url: str | None) -> Any:
    """An S3 client whose presigned URLs name the bucket's region.

    botocore presigns for the global `BUCKET.s3.amazonaws.com` by default, whatever the region
    (`botocore.signers._should_use_global_endpoint`). Elsewhere than in us-east-1 S3 answers that
    with a 307 for up to 24 hours after the bucket was made, and with a 400, always, in regions
    launched after 20 March 2019 (S3 guide, "Virtual hosting of buckets"). The Host is signed, so
    nobody can follow a redirect.
    """
    from botocore.config import Config

    # Signature version 4 also signs the headers of presigned URLs, among them the one that keeps an
    # upload from being overwritten.
    signed = config.merge(Config(signature_version="s3v4"))
    regional = signed.merge(
        Config(s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"})
    )
    client = make("s3", config=regional, endpoint_url=endpoint_url)
    if _is_aws(client.meta.endpoint_url):
        return client
    # A local cloud or an interface endpoint, from an argument, the environment or the profile:
    # the bucket's name goes into the path, as `BUCKET.localhost` is no host.
    return make("s3", config=signed, endpoint_url=endpoint_url)


def _is_aws(endpoint_url: str) -> bool:
    """Whether a URL is that of S3 itself, as in `https://s3.eu-west-1.amazonaws.com`."""
    return endpoint_url.startswith("https://s3") and ".amazonaws.com" in endpoint_url


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
