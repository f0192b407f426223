"""Clients that live long: forks, idle connections that the server closes, changed clocks."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import botocore.credentials
import botocore.session
import httpx
import pytest

from taskmill.client import AsyncTaskClient, Forbidden, Task, TaskClient

ANSWER = b'{"pk":"TASK#mbc","sk":"double#1","kind":"TASK","tenantCode":"mbc","type":"double",'
ANSWER += b'"code":"1","status":"COMPLETED","attributes":{},"name":"double"}'
OPTIONS: dict[str, Any] = {"tenant": "mbc", "token": "made-up"}


class Server:
    """An HTTP server that tells which connection each request came by.

    Attributes:
        requests: `(connection, request line)` of each.
        hangs_up: Connections that are closed when the next request arrives on them: a server that
            closes an idle connection just as a request is under way.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[int, str]] = []
        self.hangs_up: set[int] = set()
        self.connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            number = len(self.connections) - 1
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        text = b""
        while received := connection.recv(65_536):
            text += received
            if b"\r\n\r\n" not in text:
                continue
            head, _, body = text.partition(b"\r\n\r\n")
            length = [
                int(each.split(b":")[1])
                for each in head.lower().split(b"\r\n")
                if each.startswith(b"content-length")
            ]
            if len(body) < sum(length):
                continue
            text = b""
            if number in self.hangs_up:
                break
            self.requests.append((number, head.split(b"\r\n")[0].decode()))
            connection.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(ANSWER), ANSWER)
            )
        connection.close()

    def close_idle(self) -> None:
        """Close all connections, as a server does after a while."""
        for each in self.connections:
            each.shutdown(socket.SHUT_RDWR)
        time.sleep(0.05)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


Ask = Callable[..., Task]


@pytest.fixture(params=["TaskClient", "AsyncTaskClient"])
def ask(request: pytest.FixtureRequest, server: Server) -> Iterator[Ask]:
    """Calls a method of one client, again and again."""
    if request.param == "TaskClient":
        with TaskClient(server.url, **OPTIONS, sleep=lambda _: None) as client:
            yield lambda method, *args: getattr(client, method)(*args)
        return

    async def at_once(_: float) -> None:
        pass

    client = AsyncTaskClient(server.url, **OPTIONS, sleep=at_once)
    with asyncio.Runner() as runner:
        yield lambda method, *args: runner.run(getattr(client, method)(*args))
        runner.run(client.close())


def test_connections_are_used_again(ask: Ask, server: Server) -> None:
    for _ in range(3):
        ask("get", "double", "1")

    assert [connection for connection, _ in server.requests] == [0, 0, 0]


@pytest.mark.parametrize("method", ["get", "submit", "cancel"])
def test_idle_connections_that_the_server_closed_do_no_harm(
    ask: Ask, server: Server, method: str
) -> None:
    ask("get", "double", "1")
    server.close_idle()

    task = {"pk": "TASK#mbc", "sk": "double#1"}
    ask(method, task if method == "cancel" else "double", *(["1"] if method != "cancel" else []))

    assert [connection for connection, _ in server.requests] == [0, 1]


@pytest.mark.parametrize("method", ["get", "submit"])
def test_a_connection_that_closes_under_a_request_is_followed_by_a_fresh_one(
    ask: Ask, server: Server, method: str
) -> None:
    ask("get", "double", "1")
    server.hangs_up.add(0)

    ask(method, "double", "1")

    assert [connection for connection, _ in server.requests] == [0, 1]


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
forks = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # threads and forks


def in_a_fork(call: Callable[[], Any]) -> int:
    """The exit code of a forked process that makes a call: 0 if it raised nothing."""
    pid = os.fork()
    if pid == 0:
        try:
            call()
        except BaseException:  # noqa: BLE001  # the exit code tells
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@needs_fork
@forks
def test_a_forked_process_has_connections_of_its_own(server: Server) -> None:
    with TaskClient(server.url, **OPTIONS) as client:
        client.get("double", "1")
        assert in_a_fork(lambda: client.get("double", "1")) == 0
        client.get("double", "1")

    assert [connection for connection, _ in server.requests] == [0, 1, 0]


@needs_fork
@forks
def test_a_forked_process_may_close_its_client(server: Server) -> None:
    with TaskClient(server.url, **OPTIONS) as client:
        client.get("double", "1")
        assert in_a_fork(client.close) == 0
        client.get("double", "1")

    assert [connection for connection, _ in server.requests] == [0, 0]


@needs_fork
@forks
def test_an_async_client_may_be_made_before_a_fork(server: Server) -> None:
    """As gunicorn does with `--preload`: the app is imported once, its workers are forked."""
    client = AsyncTaskClient(server.url, **OPTIONS)

    async def worker() -> None:
        for _ in range(2):
            await client.get("double", "1")

    asyncio.run(worker())
    assert in_a_fork(lambda: asyncio.run(worker())) == 0
    asyncio.run(worker())

    connections = [connection for connection, _ in server.requests]
    assert connections == [0, 0, 1, 1, 2, 2]  # one for each loop


class Renewed(botocore.credentials.RefreshableCredentials):
    """Temporary credentials of a role, as botocore renews them."""


def credentials_of_a_role(renewals: list[float], lifetime_seconds: float) -> Any:
    def fetch() -> dict[str, str]:
        renewals.append(time.time())
        expires = time.gmtime(time.time() + lifetime_seconds)
        return {
            "access_key": f"AKIA{len(renewals)}",
            "secret_key": "secret",
            "token": "token",
            "expiry_time": time.strftime("%Y-%m-%dT%H:%M:%SZ", expires),
        }

    return Renewed.create_from_metadata(fetch(), refresh_using=fetch, method="a role")


def test_credentials_that_expire_are_renewed(server: Server) -> None:
    renewals: list[float] = []
    session = botocore.session.Session()
    session._credentials = credentials_of_a_role(renewals, lifetime_seconds=60)  # too short

    with TaskClient(server.url, tenant="mbc", session=session, region="eu-west-1") as client:
        client.get("double", "1")
        client.get("double", "1")

    assert len(renewals) == 3  # made once, and renewed before each request


@pytest.mark.parametrize(
    "message",
    [
        "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z",
        "Signature not yet current: 20260101T001000Z is still later than 20260101T000500Z",
    ],
)
def test_a_clock_that_is_wrong_is_told(message: str) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(403, json={"message": message}))
    url = "https://abc123.execute-api.eu-west-1.amazonaws.com"
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "secret")

    with (
        TaskClient(url, tenant="mbc", session=session, transport=transport) as client,
        pytest.raises(Forbidden, match="set the clock of this machine"),
    ):
        client.get("double", "1")
