import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from taskmill_local.emulator import Emulator, RunningEmulator
from taskmill_local.python_env import ensure_python_env

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def emulator_python() -> Path:
    return ensure_python_env(ROOT / ".local" / "tools", print)


@pytest.fixture(scope="session")
def emulator(emulator_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for all tests that only look at it."""
    emulator = Emulator(tmp_path_factory.mktemp("shared"))
    emulator.start(emulator_python, port=free_port(), enforce_iam=False)
    yield emulator
    emulator.stop()


@pytest.fixture
def running(emulator: Emulator) -> RunningEmulator:
    running = emulator.running()
    assert running is not None
    return running


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def port() -> int:
    return free_port()
