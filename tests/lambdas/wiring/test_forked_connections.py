"""A forked process has connections of its own: it is never given the answers of another process.

The service is played by a server that says who it has answered: the key it was asked for.
"""

import asyncio
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import boto3
import pytest
from builders import any_key, any_row

from taskmill import TaskHandle, connected
from taskmill.cli.stop_signals import StopSignals
from taskmill.client import TaskClient
from taskmill.model import new_codes
from taskmill.model.keys import TaskKey
from taskmill.model.per_process import PerProcess, ProcessLock
from taskmill.models import Task
from taskmill.wiring import current, forget, wired

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),  # threads and forks: the point
]
CHILDREN, ASKED = 4, 25


class Service(BaseHTTPRequestHandler):
    """Answers as the API, or as DynamoDB, with the row that was asked for."""

    protocol_version = "HTTP/1.1"  # connections are kept
    connections: ClassVar[set[Any]] = set()

    def do_GET(self) -> None:
        *_, task_type, code = self.path.split("?")[0].split("/")
        row = any_row(key=any_key(tenant="mbc", type=task_type, code=code))
        self._answer(json.loads(Task.from_row(row).model_dump_json(by_alias=True)))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer({"Item": asked["Key"]})

    def _answer(self, body: Any) -> None:
        self.connections.add(self.client_address)
        time.sleep(0.0005 * (len(self.path) % 3))
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(url: str) -> TaskClient:
    return TaskClient(url, tenant="mbc", token="made-up", outputs={})


def in_children(check: Callable[[int], bool]) -> list[int]:
    """Fork several processes that call `check` with their number; their exit codes: 0 is well."""
    children = []
    for number in range(CHILDREN):
        if child := os.fork():
            children.append(child)
            continue
        code = 2
        try:
            code = 0 if check(number) else 1
        finally:
            os._exit(code)
    return [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children]


WELL = [0] * CHILDREN


def key_of(number: int, position: int) -> TaskKey:
    return any_key(tenant="mbc", code=f"c-{number}-{position}")


def test_a_client_gives_each_forked_process_its_own_tasks(client: TaskClient) -> None:
    client.get(key_of(99, 0))  # the connection that would be shared

    def check(number: int) -> bool:
        keys = [key_of(number, each) for each in range(ASKED)]
        return all(client.get(each).key == each for each in keys)

    assert in_children(check) == WELL
    assert client.get(key_of(99, 1)).code == "c-99-1"  # the parent's own still stands


def test_so_does_a_handle(client: TaskClient) -> None:
    with connected(client):
        handles = {n: TaskHandle.of(key_of(n, 0)) for n in (*range(CHILDREN), 99)}
        for each in handles.values():
            each.task()

        assert (
            in_children(
                lambda number: all(
                    handles[number].task().code == f"c-{number}-0" for _ in range(ASKED)
                )
            )
            == WELL
        )


def test_a_client_that_is_closed_in_a_forked_process_is_not_in_its_parent(
    client: TaskClient,
) -> None:
    client.get(key_of(99, 0))

    def check(_: int) -> bool:
        client.close()
        return True

    assert in_children(check) == WELL
    assert client.get(key_of(99, 1)).code == "c-99-1"


def test_a_client_that_was_closed_before_is_closed_in_a_forked_process(client: TaskClient) -> None:
    client.close()

    def check(_: int) -> bool:
        with pytest.raises(RuntimeError, match="closed"):
            client.get(key_of(0, 0))
        return True

    assert in_children(check) == WELL


def test_an_aws_client_gives_each_forked_process_its_own_rows(url: str) -> None:
    session = boto3.Session("made-up", "made-up", region_name="us-east-1")
    environment = {"TASKMILL_TABLE": "tasks", "TASKMILL_BUCKET": "payloads"}
    wiring = wired(environment, session=session, endpoint_url=url)
    table = wiring.table  # made before the fork, with its client
    table.get(any_key().stored)

    def check(number: int) -> bool:
        stored = [key_of(number, each).stored for each in range(ASKED)]
        return all(table.get(each) == {"pk": each.pk, "sk": each.sk} for each in stored)

    assert in_children(check) == WELL
    assert table.get(any_key(code="mine").stored)


def test_a_forked_process_connects_anew_and_the_parent_stays_connected(client: TaskClient) -> None:
    Service.connections.clear()
    client.get(key_of(99, 0))
    in_children(lambda number: bool(client.get(key_of(number, 0))))
    client.get(key_of(99, 1))

    assert len(Service.connections) == 1 + CHILDREN


def test_the_wiring_of_a_forked_process_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASKMILL_TABLE", "tasks")
    forget()
    before = current()
    try:
        assert in_children(lambda _: current() is not before) == WELL
        assert current() is before
    finally:
        forget()


def test_forked_processes_make_different_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_790_000_000_000_000_000)  # one millisecond
    new_codes.new_code()
    made = []
    for _ in range(CHILDREN):
        read, write = os.pipe()
        if not (child := os.fork()):
            os.write(write, f"{new_codes.new_code()} {random.random()}".encode())  # noqa: S311  # as jitter
            os._exit(0)
        os.waitpid(child, 0)
        made.append(os.read(read, 1_000).decode())
        os.close(read)
        os.close(write)
    made.append(f"{new_codes.new_code()} {random.random()}")  # noqa: S311

    codes, chances = zip(*(each.split() for each in made), strict=True)
    assert len(set(codes)) == len(set(chances)) == CHILDREN + 1


def test_a_value_is_made_once_in_each_process() -> None:
    made: list[int] = []
    value = PerProcess(lambda: made.append(os.getpid()) or os.getpid())  # type: ignore[func-returns-value]
    assert value() == value() == os.getpid()

    def check(_: int) -> bool:
        nothing_yet = value.made() is None
        return nothing_yet and value() == value() == value.made() == os.getpid() and len(made) == 2

    assert in_children(check) == WELL
    assert made == [os.getpid()]


def test_a_lock_that_another_thread_holds_does_not_hold_up_a_forked_process() -> None:
    lock, held, over = ProcessLock(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            over.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(20)

    def check(_: int) -> bool:
        with lock, lock:  # reentrant
            return True

    try:
        assert in_children(check) == WELL
    finally:
        over.set()
        thread.join()


def test_threads_share_a_client(client: TaskClient) -> None:
    keys = [key_of(0, each) for each in range(200)]

    with ThreadPoolExecutor(8) as threads:
        assert [each.key for each in threads.map(client.get, keys)] == keys


def test_event_loops_share_a_client(client: TaskClient) -> None:
    async def read(number: int) -> list[TaskKey]:
        handles = [TaskHandle.of(key_of(number, each)) for each in range(10)]
        tasks = await asyncio.gather(*(asyncio.to_thread(each.task) for each in handles))
        return [each.key for each in tasks]

    with connected(client):
        for number in range(3):  # a loop each, one after the other
            assert asyncio.run(read(number)) == [key_of(number, each) for each in range(10)]


def test_a_process_that_a_consumer_s_task_forked_dies_of_signals_as_usual() -> None:
    class Stoppable:
        stopped = 0

        def stop(self) -> None:
            self.stopped += 1

    consumer: Any = Stoppable()
    with StopSignals(consumer):
        ready, tell = os.pipe()
        child = os.fork()
        if not child:
            os.write(tell, b"ready")
            time.sleep(20)
            os._exit(0)
        os.read(ready, 10)
        os.kill(child, signal.SIGTERM)
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM
    assert not consumer.stopped
