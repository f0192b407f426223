"""`taskmill dev` as a developer uses it: a process, its terminal, programs in the same folder."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from dev_server import Dev, running

from taskmill import TaskFailed
from taskmill.client import TaskClient

TASKS = """
import asyncio
import time

from taskmill import Retry, TaskContext, task

@task("dev-greet")
def greet(name: str, ctx: TaskContext) -> str:
    print("printed for", name)
    ctx.logger.info("logged", whom=name)
    return f"Hello, {name}!"

@task("dev-sleep")
def sleep(seconds: float, ctx: TaskContext) -> float:
    ctx.progress(1, 2)
    time.sleep(seconds)
    return seconds

@task("dev-async")
async def rest(seconds: float) -> float:
    await asyncio.sleep(seconds)
    return seconds

@task("dev-fails", retry=Retry(max_attempts=2, base_seconds=1, jitter="none"))
def fails(number: int, ctx: TaskContext) -> int:
    if ctx.attempt < number:
        raise OSError("disk full")
    return ctx.attempt

@task("dev-parent")
def parent(seconds: float, ctx: TaskContext) -> float:
    return sum(ctx.gather(sleep, [seconds] * 4))

@task("dev-large", pool="large")
def large(size: int) -> str:
    return "x" * size

@task("dev-stops", timeout_seconds=1)
def stops(number: int) -> int:
    double = 2 * number
    breakpoint()
    return double
"""


def project_in(folder: Path) -> Path:
    (folder / "tasks").mkdir()
    (folder / "tasks" / "devtasks.py").write_text(TASKS)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    with running(project_in(tmp_path_factory.mktemp("shared"))) as dev:
        dev.prints("ready in")
        yield dev


@pytest.fixture
def dev(server: Dev, monkeypatch: pytest.MonkeyPatch) -> Dev:
    """A server that the tests share, in whose folder this process is."""
    for name in ("TASKMILL_URL", "TASKMILL_TENANT", "TASKMILL_TOKEN", "TASKMILL_TABLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(server.project)
    return server


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project for a server of the test's own."""
    return project_in(tmp_path)


def test_programs_in_the_folder_find_it_and_need_no_tenant(dev: Dev) -> None:
    with TaskClient() as client:
        task = client.wait(client.submit("dev-greet", "World"))
        assert (task.tenant_code, client.result(task)) == ("default", "Hello, World!")
    printed = dev.prints(f"dev-greet {task.code}  COMPLETED  ")
    assert "printed for World" in printed
    assert "dev-greet  INFO  logged  whom=World" in printed
    assert max(map(len, printed.splitlines())) <= 80


PROGRAM = "from devtasks import greet; print(greet.submit('Ada').wait())"


def test_handles_of_a_program_find_it_as_well(dev: Dev) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": "tasks"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Hello, Ada!\n"


def test_time_is_real_and_tasks_run_side_by_side(dev: Dev) -> None:
    with TaskClient() as client:
        began = time.monotonic()
        asynchronous = client.submit("dev-async", 1.0)
        assert client.wait(client.submit("dev-parent", 1.0)).attributes["result"] == 4.0
        assert client.wait(asynchronous).status == "COMPLETED"
        assert 1.0 <= time.monotonic() - began < 3.5

        began = time.monotonic()
        later = client.submit("dev-greet", "later", delay_seconds=2)
        assert client.wait(later).status == "COMPLETED"
        assert time.monotonic() - began >= 2.0


def test_a_failed_attempt_is_told_and_the_next_one_waits(dev: Dev) -> None:
    with TaskClient() as client:
        began = time.monotonic()
        assert client.wait(client.submit("dev-fails", 2)).attempts == 2
        assert time.monotonic() - began >= 1.0
        with pytest.raises(TaskFailed, match="OSError: disk full"):
            client.wait(client.submit("dev-fails", 9))
    dev.prints("OSError: disk full\n    attempt 2 in 1 s")
    dev.prints("FAILED")
    assert 'devtasks.py", line' in dev.prints("OSError: disk full\n")


def test_fan_outs_pools_and_large_payloads_work(dev: Dev) -> None:
    with TaskClient() as client:
        fan_out = client.map("dev-greet", [f"n{each}" for each in range(250)])
        assert client.wait(fan_out).attributes["counts"]["completed"] == 250
        assert client.result(client.wait(client.submit("dev-large", 300_000))) == "x" * 300_000
        uploaded = client.map("dev-large", (1_000 for _ in range(9)), max_concurrency=2)
        assert client.wait(uploaded).status == "COMPLETED"


def test_schedules_fire_on_time(dev: Dev) -> None:
    with TaskClient() as client:
        client.put_schedule("often", "dev-greet", "cron(* * * * ? *)", "on time")
        dev.prints("printed for on time", seconds=75)
        assert time.time() % 60 < 10
        client.delete_schedule("often")


def test_a_saved_file_is_live_and_a_broken_one_is_not(dev: Dev) -> None:
    file = dev.project / "tasks" / "devtasks.py"
    with TaskClient() as client:
        running = client.submit("dev-sleep", 2.0)
        dev_saw = client.get(running)
        while dev_saw.status != "PROCESSING":
            dev_saw = client.get(running)

        began = time.monotonic()
        file.write_text(TASKS.replace("Hello", "Hullo").replace("return seconds", "return -1"))
        reloaded = dev.prints("reloaded in") + dev.prints("ms")
        assert time.monotonic() - began < 2.0  # 0.1 s on a machine at rest
        assert int(reloaded.split("reloaded in")[1].split()[0]) < 300
        assert client.result(client.wait(client.submit("dev-greet", "you"))) == "Hullo, you!"
        assert client.result(client.wait(running)) == 2.0  # it ended with the code it began with

        file.write_text(TASKS.replace("def fails(", "def fails(("))
        told = dev.prints("not reloaded: tasks go on with the old code")
        assert "tasks/devtasks.py:" in told
        assert "SyntaxError" in told
        assert client.result(client.wait(client.submit("dev-greet", "you"))) == "Hullo, you!"

        file.write_text(TASKS.replace('"dev-greet"', '"dev-salute"'))
        assert "dev-salute" in dev.prints("reloaded in") + dev.prints("dev-stops")
        with pytest.raises(TaskFailed, match="UnknownTaskType: no task function"):
            client.wait(client.submit("dev-greet", "you"))
        file.write_text(TASKS)
        dev.prints("reloaded in")


def test_a_module_that_is_broken_from_the_start_fails_only_its_tasks(project: Path) -> None:
    broken = project / "tasks" / "late.py"
    broken.write_text('import nowhere_at_all\nfrom taskmill import task\n\n@task("dev-late")\n')
    with running(project) as dev:
        told = dev.prints("ready in")
        assert "tasks/late.py:1" in told or "SyntaxError" in told
        with TaskClient(dev.url, token="any") as client:
            assert client.wait(client.submit("dev-greet", "you")).status == "COMPLETED"
            late = client.submit("dev-late", 1)
            dev.prints("dev-late")
            broken.write_text(
                'from taskmill import task\n\n@task("dev-late")\ndef late(x: int) -> int:\n'
                "    return x\n"
            )
            assert client.wait(late).status == "COMPLETED"  # its next attempt has the new code


def test_it_is_ready_within_two_seconds(project: Path) -> None:
    with running(project) as dev:
        dev.prints("ready in")
        assert _cpu_seconds(dev.process.pid) < 2.0  # what it takes on a machine at rest


def test_web_pages_of_others_cannot_reach_it(dev: Dev) -> None:
    path = f"{dev.url}/v1/tenants/default/tasks"
    port = dev.url.rpartition(":")[2]
    assert httpx.get(path).status_code == 200
    assert httpx.get(path, headers={"Origin": f"http://localhost:{port}"}).status_code == 200
    for headers in (
        {"Host": "evil.example:80"},
        {"Host": "localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert httpx.get(path, headers=headers).status_code == 403, headers
    payload = httpx.get(f"{dev.url}/_payloads/results/a.json?signature=made-up")
    assert payload.status_code == 403


def test_it_serves_the_console_whose_open_page_goes_on_after_a_restart(project: Path) -> None:
    with running(project, terminal=True) as dev:
        dev.prints("console: http")
        address, url, key = _console_of(project)
        assert (project / ".taskmill" / "dev.json").stat().st_mode & 0o77 == 0
        with httpx.Client(base_url=url, headers={"x-taskmill-key": key}, timeout=20) as page:
            about = page.get("/console.json").json()
            assert (about["url"], about["tenant"]) == (dev.url, "default")
            new = {"taskType": "dev-greet", "input": "you"}
            submitted = page.post("/v1/tenants/default/tasks", json=new).json()
            linked = f"{address}/default/tasks/dev-greet/{submitted['code']}"
            dev.prints(f"\x1b]8;;{linked}\x1b\\")
        assert httpx.get(f"{url}/v1/tenants/default/tasks").status_code == 403  # without the key
        assert httpx.get(f"{dev.url}/console.json").status_code == 404  # it is at its own port
        shown = subprocess.run(
            [sys.executable, "-m", "taskmill.cli", "console", "--print"],
            cwd=project,
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown.stdout == f"{address}\n"
        dev.types("\x03")
        assert dev.process.wait(30) == 0
    with running(project) as again:
        again.prints("console: http")
        assert _console_of(project)[2] == key


def _console_of(project: Path) -> tuple[str, str, str]:
    address = json.loads((project / ".taskmill" / "dev.json").read_text())["ConsoleUrl"]
    url, _, key = address.partition("/#k=")
    return address, url, key


def test_ctrl_c_ends_it_in_a_line_and_open_tasks_go_on_afterwards(project: Path) -> None:
    with running(project) as dev:
        dev.prints("ready in")
        with TaskClient(dev.url, token="any") as client:
            later = client.submit("dev-greet", "later", delay_seconds=4)
            running_now = client.submit("dev-sleep", 1.5)
            while client.get(running_now).status != "PROCESSING":
                time.sleep(0.05)
        assert dev.stop() == 0
        assert "stopped; 2 open tasks, kept for the next start" in dev.printed
        assert "Traceback" not in dev.printed
        assert not (project / ".taskmill" / "dev.json").exists()

    with running(project) as again:
        assert "2 open tasks of the last run" in again.prints("ready in")
        with TaskClient(again.url, token="any") as client:
            assert client.wait(later).status == "COMPLETED"
            assert client.wait(running_now).status == "COMPLETED"


def test_a_second_one_and_a_taken_port_are_told(dev: Dev, tmp_path: Path) -> None:
    with running(dev.project) as second:
        assert second.process.wait(30) == 4
        told = second.prints(f"taskmill dev runs here already: {dev.url} (pid {dev.process.pid})")
        assert "Traceback" not in told
    port = dev.url.rpartition(":")[2]
    (tmp_path / "elsewhere" / "tasks").mkdir(parents=True)
    with running(tmp_path / "elsewhere", "--port", port) as other:
        assert other.process.wait(30) == 4
        other.prints(f"port {port} is in use by ")
        other.prints(f"(pid {dev.process.pid})")
        other.prints(f"taskmill dev --port {int(port) + 1}")


def test_it_sleeps_while_there_is_nothing_to_do(dev: Dev) -> None:
    with TaskClient() as client:
        client.wait(client.submit("dev-greet", "you"))
        client.submit("dev-greet", "later", delay_seconds=600)
    time.sleep(1)
    before = _cpu_seconds(dev.process.pid)
    time.sleep(3)
    assert _cpu_seconds(dev.process.pid) - before < 0.15


def test_a_breakpoint_stops_in_the_terminal_and_so_does_the_time(project: Path) -> None:
    with running(project, terminal=True) as dev:
        dev.prints("ready in")
        with TaskClient(dev.url, token="any") as client:
            task = client.submit("dev-stops", 21)
            dev.prints("(Pdb) ")
            dev.types("p double\n")
            dev.prints("42")
            time.sleep(2.5)  # its time limit is a second
            dev.types("c\n")
            assert client.wait(task).status == "COMPLETED"
        dev.types("\x03")
        dev.prints("stopped;")
        assert dev.process.wait(30) == 0


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with running(tmp_path, "--folder", "jobs") as dev:
        assert dev.process.wait(30) == 2
        dev.prints("--folder is 'jobs': there is no folder")


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
