"""`local up --watch`: what starts a deploy, and what does not."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskmill_local import LocalCloudError
from taskmill_local.watching import watch

SECONDS = 20  # on a busy machine; a change is seen within a quarter of a second


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[list[str]]:
    """What a watch of the folder tells and does; the second call fails, the third stops it."""
    told: list[str] = []
    for folder in ("tasks", ".local", "cdk.out"):
        (tmp_path / folder).mkdir()

    def again() -> None:
        told.append("again")
        if told.count("again") == 2:
            raise LocalCloudError("tasks/orders.py:3: SyntaxError")
        if told.count("again") == 3:
            raise KeyboardInterrupt

    def run() -> None:
        with pytest.raises(KeyboardInterrupt):
            watch(tmp_path, again, told.append)

    thread = threading.Thread(target=run)
    thread.start()
    until(lambda: bool(told))
    time.sleep(0.5)  # the watch is told of before it begins
    yield told
    while thread.is_alive():
        (tmp_path / "tasks" / f"end-{time.monotonic()}.py").touch()
        time.sleep(0.3)
    thread.join(SECONDS)


def test_a_changed_file_starts_a_deploy_and_an_error_does_not_end_the_watch(
    watched: list[str], tmp_path: Path
) -> None:
    (tmp_path / "tasks" / "orders.py").write_text("@task")
    until(lambda: "again" in watched)
    (tmp_path / "tasks" / "orders.py").write_text("@task(")
    until(lambda: watched[-1].endswith("SyntaxError"))

    assert watched[0].startswith("watching for changes")


def test_what_a_deploy_writes_starts_none(watched: list[str], tmp_path: Path) -> None:
    (tmp_path / ".local" / "outputs.json").write_text("{}")
    (tmp_path / "cdk.out" / "manifest.json").write_text("{}")
    time.sleep(1)

    assert "again" not in watched


def until(seen: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.02)
