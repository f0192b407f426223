import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from network import URL

from taskmill.client import NotConfigured, TaskClient
from taskmill.errors import InvalidKey

LOCAL = {
    "ApiUrl": "http://localhost:4599/_aws/execute-api/abc/$default",
    "EndpointUrl": "http://localhost:4599",
    "Region": "us-east-1",
    "AccessKeyId": "local-key",
    "SecretAccessKey": "local-secret",
}


@pytest.fixture
def local_cloud(tmp_path: Path) -> Path:
    outputs = tmp_path / ".local" / "outputs.json"
    outputs.parent.mkdir()
    outputs.write_text(json.dumps(LOCAL))
    return outputs


def test_the_environment_says_where_and_for_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMILL_URL", f"{URL}/")
    monkeypatch.setenv("TASKMILL_TENANT", "mbc")

    with TaskClient.from_environment() as client:
        assert (client.url, client.tenant) == (URL, "mbc")


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMILL_URL", URL)
    monkeypatch.setenv("TASKMILL_TENANT", "mbc")

    with TaskClient.from_environment(tenant="other") as client:
        assert client.tenant == "other"


@pytest.mark.usefixtures("local_cloud")
def test_the_local_cloud_of_a_folder_above_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")

    with TaskClient(tenant="mbc") as client:
        assert client.url == LOCAL["ApiUrl"]


@pytest.mark.usefixtures("local_cloud")
def test_real_credentials_never_go_to_the_local_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    assert "Credential=local-key/" in _authorization_sent()


@pytest.mark.usefixtures("local_cloud")
def test_made_up_credentials_never_go_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")

    assert "Credential=AKIAREAL/" in _authorization_sent(URL)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_local_cloud_may_be_named_by_its_file(local_cloud: Path, kind: type[str | Path]) -> None:
    with TaskClient.from_outputs(kind(local_cloud), tenant="mbc") as client:
        assert client.url == LOCAL["ApiUrl"]


def test_an_outputs_file_without_an_api_is_no_use(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text("{}")

    with pytest.raises(NotConfigured, match="names no ApiUrl"):
        TaskClient.from_outputs(tmp_path / "outputs.json", tenant="mbc")


def test_a_domain_of_ones_own_needs_a_region(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotConfigured, match="which AWS region"):
        TaskClient("https://tasks.example.com", tenant="mbc")

    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    TaskClient("https://tasks.example.com", tenant="mbc").close()


def test_nothing_configured_is_told_with_all_ways_out() -> None:
    with pytest.raises(NotConfigured, match=r"TASKMILL_URL.*`taskmill local up`"):
        TaskClient(tenant="mbc")
    with pytest.raises(NotConfigured, match="TASKMILL_TENANT"):
        TaskClient(URL)
    with pytest.raises(NotConfigured, match="https://"):
        TaskClient("abc.example.com", tenant="mbc")
    with pytest.raises(InvalidKey, match="tenant"):
        TaskClient(URL, tenant="a/b")


def _authorization_sent(url: str | None = None) -> str:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"items": []})

    with TaskClient(url, tenant="mbc", transport=httpx.MockTransport(answer)) as client:
        list(client.list())
    return str(sent[0].headers["authorization"])


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def dev(tmp_path: Path, listener: socket.socket) -> dict[str, str]:
    """What a running `taskmill dev` announces; the listener plays it."""
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    found = {"ApiUrl": url, "EndpointUrl": url, "Token": "dev", "Pid": "1"}
    (tmp_path / ".taskmill").mkdir()
    (tmp_path / ".taskmill" / "dev.json").write_text(json.dumps(found))
    return found


@pytest.mark.usefixtures("local_cloud")
def test_a_running_dev_goes_before_the_local_cloud(
    dev: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")

    with TaskClient() as client:
        assert (client.url, client.tenant) == (dev["ApiUrl"], "default")
    assert _authorization_sent() == "Bearer dev"


@pytest.mark.usefixtures("local_cloud", "dev")
def test_a_dev_that_was_killed_is_not_taken_for_a_running_one(listener: socket.socket) -> None:
    listener.close()

    with TaskClient() as client:
        assert client.url == LOCAL["ApiUrl"]


@pytest.mark.usefixtures("local_cloud", "dev")
def test_a_stack_that_is_named_is_one_of_the_local_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMILL_STACK", "Other")

    with pytest.raises(NotConfigured, match="which stack of the local cloud"):
        TaskClient(tenant="mbc")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_on_this_machine_a_tenant_need_not_be_named(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with TaskClient(f"http://{host}:4640", token="any") as client:
        assert client.tenant == "default"
    monkeypatch.setenv("TASKMILL_TENANT", "mbc")
    with TaskClient(f"http://{host}:4640", token="any") as client:
        assert client.tenant == "mbc"


@pytest.mark.parametrize("url", ["https://localhost.example.com", "http://192.0.2.1:4640"])
def test_elsewhere_it_must_be(url: str) -> None:
    with pytest.raises(NotConfigured, match="whose tasks"):
        TaskClient(url, token="any")
