"""The emulator's process: what it says when it cannot start, and that it stops without a trace."""

import io
import os
import socket
import sys
import zipfile
from pathlib import Path

import psutil
import pytest

from taskmill_local import LocalCloudError
from taskmill_local.clients import aws_client
from taskmill_local.emulator import Emulator, RunningEmulator

pytestmark = pytest.mark.xdist_group("emulator")

HELLO = "def handler(event, context):\n    return 'hello'\n"


def test_a_taken_port_names_the_program_that_holds_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        with pytest.raises(LocalCloudError) as error:
            Emulator(tmp_path).start(Path(sys.executable), port=port, enforce_iam=False)

    assert f"Port {port} is taken by" in str(error.value)
    assert f"(pid {os.getpid()})" in str(error.value)
    assert "--port" in str(error.value)


def test_a_taken_port_names_the_other_local_cloud(
    emulator: Emulator, running: RunningEmulator, tmp_path: Path
) -> None:
    with pytest.raises(LocalCloudError) as error:
        Emulator(tmp_path).start(Path(sys.executable), port=running.port, enforce_iam=False)

    who = f"the local cloud of {emulator.state_dir} (pid {running.pid})"
    assert f"Port {running.port} is taken by {who}." in str(error.value)


def test_a_failed_start_shows_the_end_of_the_log(tmp_path: Path, port: int) -> None:
    without_ministack = Path(sys.executable)
    emulator = Emulator(tmp_path)

    with pytest.raises(LocalCloudError) as error:
        emulator.start(without_ministack, port=port, enforce_iam=False)

    assert "ended with code 1 as it started" in str(error.value)
    assert str(emulator.log_file) in str(error.value)
    assert "ModuleNotFoundError: No module named 'ministack'" in str(error.value)
    assert emulator.running() is None


def test_stop_leaves_no_process_and_no_temporary_file(
    emulator_python: Path, tmp_path: Path, port: int
) -> None:
    emulator = Emulator(tmp_path)
    running = emulator.start(emulator_python, port=port, enforce_iam=False)
    invoke_a_function(port)
    assert running.process is not None
    family = [running.process, *running.process.children(recursive=True)]
    assert len(family) > 1, "the function has a process of its own"

    emulator.stop()

    assert not [process for process in family if is_alive(process)]
    assert [path.name for path in tmp_path.iterdir()] == ["emulator.log"]


def test_stopping_twice_is_fine(tmp_path: Path) -> None:
    assert Emulator(tmp_path).stop() is None


def test_a_record_of_a_process_that_is_gone_counts_as_stopped(tmp_path: Path) -> None:
    record = {"pid": os.getpid(), "created": 0.0, "port": 1, "enforce_iam": False}
    (tmp_path / "emulator.json").write_text(str(record).replace("'", '"').replace("F", "f"))

    assert Emulator(tmp_path).running() is None


def test_it_listens_on_this_machine_only(running: RunningEmulator) -> None:
    assert running.process is not None
    listening = [c for c in running.process.net_connections() if c.status == psutil.CONN_LISTEN]

    assert [(c.laddr.ip, c.laddr.port) for c in listening] == [("127.0.0.1", running.port)]


def is_alive(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def invoke_a_function(port: int) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("index.py", HELLO)
    functions = aws_client("lambda", port)
    functions.create_function(
        FunctionName="hello",
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/none",
        Code={"ZipFile": code.getvalue()},
    )
    response = functions.invoke(FunctionName="hello")
    assert response["Payload"].read() == b'"hello"'
