"""Fixtures: client and command line against the real API function, in one process."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from awaiting import Awaiting
from network import URL, Network
from typer.testing import CliRunner, Result

from taskmill.cli.app import app
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud


@pytest.fixture(autouse=True)
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a local cloud, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "TENANT", "TOKEN", "IDS", "STACK", "PROFILE"):
        monkeypatch.delenv(f"TASKMILL_{name}", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-profiles"))
    for name in ("PROFILE", "REGION", "DEFAULT_REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.delenv(f"AWS_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["client_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def network(cloud: InProcessCloud) -> Network:
    return Network(cloud)


@pytest.fixture(params=[TaskClient, Awaiting.made], ids=["TaskClient", "AsyncTaskClient"])
def connect(network: Network, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Makes clients, which do not sleep. Each test runs with both kinds."""
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "secret", "session-token")
    defaults = {
        "url": URL,
        "tenant": "mbc",
        "session": session,
        "transport": network,
        "sleep": lambda _: None,
    }
    return lambda **options: request.param(**{**defaults, **options})


@pytest.fixture
def client(connect: Callable[..., TaskClient]) -> Iterator[TaskClient]:
    with connect() as client:
        yield client


@pytest.fixture
def run(network: Network, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command line, its words one by one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("TASKMILL_URL", URL)
    monkeypatch.setenv("TASKMILL_TENANT", "mbc")

    def run(*words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, words, input=stdin, obj=network, catch_exceptions=False)

    return run
