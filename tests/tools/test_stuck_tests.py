"""A test that never ends fails; those after it run."""

import subprocess
import sys
from pathlib import Path

import stuck_tests

SUPPORT = Path(stuck_tests.__file__).parent
CONFTEST = """\
from stuck_tests import StuckTests

def pytest_configure(config):
    config.pluginmanager.register(StuckTests(1))
"""
PROGRAM = """\
import queue, time, pytest

@pytest.fixture
def slow():
    time.sleep(600)

@pytest.fixture
def slow_to_end():
    yield
    time.sleep(600)

def test_waits(): queue.Queue().get()

def test_suppresses():
    try:
        queue.Queue().get()
    except Exception:
        pass

def test_has_a_fixture(slow): pass

def test_has_a_fixture_that_does_not_end(slow_to_end): pass

def test_of_no_time(): pass
"""


def test_it_tells_where_each_stood_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_some.py").write_text(PROGRAM)

    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", f"pythonpath={SUPPORT}"],
        check=False,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout

    assert "2 failed, 2 passed, 2 errors" in told
    assert told.count("Failed: stuck: it has run for over 1 s") >= 4
    for line in (5, 10, 12, 16):  # of the stacks
        assert f'test_some.py", line {line} in' in told
