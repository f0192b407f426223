"""Client and command line against the real API handler, over moto, without a network."""

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import httpx
import pytest
from typer.testing import CliRunner, Result

from taskmill.cli.app import app
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

URL = "https://abc123.execute-api.eu-west-1.amazonaws.com"
Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Network(httpx.BaseTransport):
    """API Gateway and S3, and whatever a test puts before them.

    Attributes:
        requests: All that were sent.
        faults: Answers to the next requests, instead of the real ones; an exception is raised.
        idle: The cloud does nothing; else it does all its work after each request.
    """

    cloud: InProcessCloud
    requests: list[httpx.Request] = field(default_factory=list)
    faults: list[httpx.Response | Exception | None] = field(default_factory=list)
    idle: bool = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, Exception):
            raise fault
        if fault is not None:
            return fault
        answer = self._s3(request) if "s3" in request.url.host else self._api(request)
        if not self.idle:
            self.cloud.run()
        return answer

    def lost_answer(self) -> None:
        """The next request arrives, its answer does not."""
        real = self._api

        def lose(request: httpx.Request) -> httpx.Response:
            self._api = real  # type: ignore[method-assign]
            real(request)
            raise httpx.ReadTimeout("lost", request=request)

        self._api = lose  # type: ignore[method-assign]

    def _api(self, request: httpx.Request) -> httpx.Response:
        from taskmill.handlers import api

        if "authorization" not in request.headers:
            return httpx.Response(403, json={"message": "Forbidden"})
        answer = self.cloud.invoke(api.handler, _event(request))
        return httpx.Response(
            answer["statusCode"], headers=answer.get("headers"), content=answer["body"]
        )

    def _s3(self, request: httpx.Request) -> httpx.Response:
        s3, key = self.cloud.wiring.client("s3"), request.url.path.lstrip("/")
        if request.method == "PUT":
            assert "authorization" not in request.headers
            s3.put_object(Bucket="payloads", Key=key, Body=request.content)
            return httpx.Response(200)
        return httpx.Response(200, content=s3.get_object(Bucket="payloads", Key=key)["Body"].read())


def _event(request: httpx.Request) -> dict[str, Any]:
    """Payload format 2.0."""
    path = request.url.path
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": request.url.query.decode(),
        "queryStringParameters": dict(request.url.params) or None,
        "headers": dict(request.headers),
        "body": request.content.decode() or None,
        "isBase64Encoded": False,
        "requestContext": {
            "authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/somebody"}},
            "http": {"method": request.method, "path": path, "sourceIp": "192.0.2.7"},
            "requestId": "request-1",
            "stage": "$default",
        },
    }


@pytest.fixture(autouse=True)
def _desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a local cloud, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "TENANT", "TOKEN"):
        monkeypatch.delenv(f"TASKMILL_{name}", raising=False)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.syspath_prepend(Path(__file__).parent)


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["task_functions"]) as cloud:
        yield cloud


@pytest.fixture
def network(cloud: InProcessCloud) -> Network:
    return Network(cloud)


@pytest.fixture
def connect(network: Network) -> Callable[..., TaskClient]:
    """Makes clients, which do not sleep."""
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "secret", "session-token")
    defaults = {
        "url": URL,
        "tenant": "mbc",
        "session": session,
        "transport": network,
        "sleep": lambda _: None,
    }
    return lambda **options: TaskClient(**{**defaults, **options})


@pytest.fixture
def client(connect: Callable[..., TaskClient]) -> Iterator[TaskClient]:
    with connect() as client:
        yield client


Run = Callable[..., Result]


@pytest.fixture
def run(network: Network, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("TASKMILL_URL", URL)
    monkeypatch.setenv("TASKMILL_TENANT", "mbc")
    runner = CliRunner()
    return functools.partial(_run, runner, network)


def _run(runner: CliRunner, network: Network, *words: str, stdin: str | None = None) -> Result:
    return runner.invoke(app, list(words), input=stdin, obj=network, catch_exceptions=False)


@pytest.fixture
def json_of() -> Callable[[Result], Any]:
    """The one JSON document on stdout."""
    return lambda result: json.loads(result.stdout)
