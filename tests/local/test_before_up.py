"""What `local up` finds out before it installs, starts or deploys anything."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from taskmill_local import LocalCloud, LocalCloudError
from taskmill_local.emulator import Emulator, RunningEmulator
from taskmill_local.locks import alone
from taskmill_local.state_folder import make_state_folder


@pytest.mark.parametrize("app", ["python app.py", "python3 infra/main.py", "python 'app.py' --x"])
def test_an_app_that_is_not_there_is_told_at_once(app: str, tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"There is no .*\.py in .*--app.*taskmill init"):
        LocalCloud(tmp_path).up(app=app)

    assert list(tmp_path.iterdir()) == []


def test_a_command_with_half_a_quote_is_none(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match="is no command: No closing quotation"):
        LocalCloud(tmp_path).up(app="python 'app.py")


def test_a_taken_port_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    steps: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(LocalCloudError, match=f"Port {port} is taken by "):
            LocalCloud(tmp_path, report=steps.append).up(port=port)

    assert steps == []
    assert not (tmp_path / ".local" / "tools").exists()


@pytest.mark.xdist_group("emulator")
def test_settings_that_the_running_one_does_not_have_are_named(
    emulator: Emulator, running: RunningEmulator, tmp_path: Path
) -> None:
    (tmp_path / "app.py").touch()

    with pytest.raises(LocalCloudError, match=f"port {running.port} .* without --enforce-iam"):
        LocalCloud(tmp_path, state_dir=emulator.state_dir).up(enforce_iam=True)


@pytest.mark.parametrize("name", [".local", "elsewhere"])
def test_git_does_not_see_the_state_of_a_local_cloud(name: str, tmp_path: Path) -> None:
    make_state_folder(tmp_path / name)

    assert (tmp_path / name / ".gitignore").read_text() == "*\n"


def test_a_folder_with_files_of_ones_own_is_not_hidden_from_git(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()

    make_state_folder(tmp_path)

    assert not (tmp_path / ".gitignore").exists()


def test_a_second_one_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    lock, told, ended = tmp_path / "up.lock", list[str](), list[str]()

    def second() -> None:
        with alone(lock, told.append):
            ended.append("second")

    with alone(lock, told.append):
        waiting = threading.Thread(target=second)
        waiting.start()
        _until(lambda: bool(told))
        ended.append("first")
    waiting.join(timeout=10)

    assert ended == ["first", "second"]
    assert told == [f"waiting for another `local up` of this folder (pid {os.getpid()})"]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is another thing there")
def test_ctrl_c_ends_it_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    state = tmp_path / ".local"
    make_state_folder(state)
    with alone(state / "up.lock", print):
        command = [sys.executable, "-m", "taskmill_local", "up"]
        waiting = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert waiting.stdout is not None
        assert "waiting for another" in waiting.stdout.readline()
        waiting.send_signal(signal.SIGINT)
        _, errors = waiting.communicate(timeout=20)

    assert (waiting.returncode, errors) == (130, "interrupted\n")


def _until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.02)
