import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from taskmill_local import CloudStatus, LocalCloud, LocalCloudError

Run = Callable[..., Result]
OUTPUTS = {"ApiUrl": "http://localhost:4566/api", "EndpointUrl": "http://localhost:4566"}


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """How often, and how, a local cloud was started."""
    calls: list[dict[str, Any]] = []

    def up(cloud: LocalCloud, **options: Any) -> dict[str, str]:
        cloud._report("starting")
        calls.append(options)
        return OUTPUTS

    monkeypatch.setattr(LocalCloud, "up", up)
    return calls


def test_up_prints_the_address_and_tells_its_steps_on_stderr(
    run: Run, started: list[dict[str, Any]]
) -> None:
    result = run("local", "up", "--port", "4999")

    assert result.stdout == "http://localhost:4566/api\n"
    assert "starting" in result.stderr
    assert started == [{"app": "python app.py", "port": 4999, "stack": None, "full": False}]


@pytest.mark.usefixtures("started")
def test_up_gives_all_outputs_as_json(run: Run) -> None:
    assert json.loads(run("local", "up", "--json").stdout) == OUTPUTS


def test_a_start_that_fails_says_why(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def up(_: LocalCloud, **__: Any) -> None:
        raise LocalCloudError("port 4566 is taken")

    monkeypatch.setattr(LocalCloud, "up", up)

    result = run("local", "up")

    assert result.exit_code == 4
    assert result.stderr == "taskmill: port 4566 is taken\n"


def test_down_is_content_when_nothing_runs(run: Run) -> None:
    result = run("local", "down")

    assert result.exit_code == 0
    assert result.stdout == "no local cloud runs here\n"


def test_status_exits_with_3_when_nothing_runs(run: Run) -> None:
    assert run("local", "status").exit_code == 3
    assert json.loads(run("local", "status", "--json").stdout)["running"] is False


def test_status_tells_where_it_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    running = CloudStatus(running=True, pid=7, port=4566, outputs=OUTPUTS, state_dir=tmp_path)
    monkeypatch.setattr(LocalCloud, "status", lambda _: running)

    result = run("local", "status")

    assert result.exit_code == 0
    assert "runs on port 4566, pid 7" in result.stdout
    assert OUTPUTS["ApiUrl"] in result.stdout


def test_without_the_local_cloud_installed_the_way_to_it_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "taskmill_local", None)

    result = run("local", "status")

    assert result.exit_code == 2
    assert re.search(r"pip install .*\[local,cdk\]", result.stderr)


def test_watch_deploys_again_and_prints_the_address_each_time(
    run: Run, started: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def watch(_: LocalCloud, up: Callable[[], object]) -> None:
        up()
        up()
        raise KeyboardInterrupt

    monkeypatch.setattr(LocalCloud, "watch", watch)

    result = run("local", "up", "--watch")

    assert len(started) == 2
    assert result.stdout == "http://localhost:4566/api\n" * 2
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (130, "taskmill: interrupted")


@pytest.mark.usefixtures("started")
def test_up_ends_with_where_the_logs_are(run: Run) -> None:
    assert run("local", "up").stderr.endswith("logs: taskmill logs --follow\n")
