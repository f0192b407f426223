"""Where the tasks of a program go."""

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import botocore.session
import pytest
from gateway import gateway
from handle_tasks import untyped
from network import URL, Network

from taskmill import TaskHandle, connect, connected, current_service
from taskmill.client import TaskClient
from taskmill.client.errors import NotConfigured
from taskmill.errors import InvalidRequest
from taskmill.testing import InProcessCloud

ROOT = Path(__file__).parents[3]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[InProcessCloud]:
    monkeypatch.chdir(tmp_path)
    for name in ("TASKMILL_URL", "TASKMILL_TENANT", "TASKMILL_TABLE"):
        monkeypatch.delenv(name, raising=False)
    with InProcessCloud(["handle_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def network(cloud: InProcessCloud) -> Network:
    return Network(cloud)


@pytest.fixture
def client(network: Network) -> Iterator[TaskClient]:
    session = botocore.session.Session()
    session.set_credentials("AKIAEXAMPLE", "secret")
    with TaskClient(URL, tenant="mbc", session=session, transport=network) as client:
        yield client


@pytest.fixture(autouse=True)
def _disconnected() -> Iterator[None]:
    yield
    connect(None)


def test_a_wired_process_needs_no_http(cloud: InProcessCloud, network: Network) -> None:
    assert untyped.submit(1, tenant="mbc").wait() == 1
    assert network.requests == []


def test_a_connected_client_comes_first(
    cloud: InProcessCloud, client: TaskClient, network: Network
) -> None:
    connect(client)

    assert untyped.submit(1).wait() == 1
    assert len(network.requests) == 2

    connect(None)
    untyped.submit(1, tenant="mbc")
    assert len(network.requests) == 2


def test_a_client_serves_every_tenant(client: TaskClient, network: Network) -> None:
    connect(client)

    handle = untyped.submit(1, tenant="other")

    assert handle.key.tenant == "other"
    assert handle.wait() == 1
    assert untyped.submit(1).key.tenant == "mbc"


def test_a_service_may_be_connected_too(cloud: InProcessCloud) -> None:
    with InProcessCloud(["handle_tasks"]) as other:
        connect(cloud.service)
        handle = untyped.submit(1, tenant="mbc")

        assert other.service.list_items_by_pk(tenant_code="mbc").items == ()
    cloud.run()
    assert handle.result() == 1
    assert current_service() is cloud.service


def test_a_block_connects_its_own_thread_only(cloud: InProcessCloud, client: TaskClient) -> None:
    found: list[TaskHandle] = []

    def submit() -> None:
        found.append(untyped.submit("elsewhere", tenant="other"))

    with InProcessCloud(["handle_tasks"]) as other:
        with connected(cloud.service):
            thread = threading.Thread(target=submit)
            thread.start()
            thread.join()
            here = untyped.submit("here", tenant="mbc")
        after = untyped.submit("after", tenant="mbc")

        assert {each.code for each in other.service.list_items_by_pk(tenant_code="mbc").items} == {
            after.key.code
        }
        assert found[0].task().input == "elsewhere"
    assert here.task().input == "here"
    assert cloud.service.list_items_by_pk(tenant_code="other").items == ()


def test_blocks_lie_within_each_other(client: TaskClient, cloud: InProcessCloud) -> None:
    with connected(client):
        with connected(cloud.service), pytest.raises(InvalidRequest):
            untyped.submit(1)  # a service has no tenant of its own
        assert untyped.submit(1).key.tenant == "mbc"


def test_without_a_tenant_the_argument_is_named(cloud: InProcessCloud) -> None:
    with pytest.raises(InvalidRequest, match=r'Give tenant="\.\.\." or set TASKMILL_TENANT'):
        untyped.submit(1)
    with pytest.raises(InvalidRequest, match="TASKMILL_TENANT"):
        untyped.map([1])


def test_running_here_needs_the_table(client: TaskClient, cloud: InProcessCloud) -> None:
    with connected(client), pytest.raises(InvalidRequest, match="Set TASKMILL_TABLE"):
        untyped.submit(1, execute_now=True)
    with (
        InProcessCloud(environment={"TASKMILL_EXECUTE_NOW": "true"}),
        connected(client),
        pytest.raises(InvalidRequest, match="only reaches an API over HTTP"),
    ):
        untyped.submit(1)


PROGRAM = """
    import sys
    from handle_tasks import Invoice, Order, bill
    from taskmill import TaskHandle

    handle = bill.submit(Order(number=7))
    bill.submit(Order(number=7), tenant="other")
    assert handle.wait(timeout_seconds=20) == Invoice(7, 700)
    assert TaskHandle.of(str(handle)).wait() == Invoice(7, 700)
    print(handle)
"""


def test_a_program_without_a_table_goes_over_http(cloud: InProcessCloud, tmp_path: Path) -> None:
    class Handler(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

    def serve(environ: object, start: object) -> object:
        answer = gateway(environ, start)  # type: ignore[arg-type]
        cloud.run()
        return answer

    with make_server("127.0.0.1", 0, serve, handler_class=Handler) as server:  # type: ignore[arg-type]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        done = _run(
            PROGRAM,
            tmp_path,
            TASKMILL_URL=f"http://127.0.0.1:{server.server_port}",
            TASKMILL_TENANT="mbc",
            AWS_ACCESS_KEY_ID="AKIAEXAMPLE",
            AWS_SECRET_ACCESS_KEY="secret",
            AWS_REGION="eu-west-1",
        )
        server.shutdown()

    assert done.returncode == 0, done.stderr
    (task,) = cloud.service.list_items_by_pk(tenant_code="mbc").items
    assert done.stdout.strip() == str(task.key)
    assert len(cloud.service.list_items_by_pk(tenant_code="other").items) == 1


def test_a_program_that_knows_no_api_is_told_what_to_set(tmp_path: Path) -> None:
    done = _run(PROGRAM, tmp_path, TASKMILL_TENANT="mbc")

    assert NotConfigured.__name__ in done.stderr
    assert "set TASKMILL_URL" in done.stderr


def test_importing_taskmill_loads_nothing_heavy(tmp_path: Path) -> None:
    program = """
        import sys
        import taskmill
        heavy = ("asyncio", "boto3", "botocore", "httpx", "pydantic", "aws_lambda_powertools")
        print([name for name in heavy if name in sys.modules])
    """

    assert _run(program, tmp_path).stdout.strip() == "[]"


def _run(program: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own that has these settings only."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "tests" / "support"),
        "HOME": str(folder),
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=environment,
        timeout=60,
    )
