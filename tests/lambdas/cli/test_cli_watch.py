from collections.abc import Callable

import httpx
import pytest
from network import Network
from typer.testing import CliRunner, Result

from taskmill.cli.app import app
from taskmill.cli.output import Output
from taskmill.cli.tasks.live import display
from taskmill.client import Task, TaskClient

Run = Callable[..., Result]


def test_watch_tells_each_status_on_its_line_and_the_end_on_stdout(
    run: Run, network: Network, client: TaskClient
) -> None:
    network.idle = True
    code = client.submit("double", 1).code
    looks = iter([True, True, True, False])
    passed_on = network.handle_request

    def work_later(request: httpx.Request) -> httpx.Response:
        network.idle = next(looks, False)
        return passed_on(request)

    network.handle_request = work_later  # type: ignore[method-assign]

    result = run("watch", "double", code)

    statuses = [line.split()[2] for line in result.stderr.splitlines()]
    assert statuses == ["QUEUED", "COMPLETED"]
    assert result.stdout.startswith(f"COMPLETED double {code}")


def test_ctrl_c_stops_the_watching_and_says_how_to_resume(
    run: Run, network: Network, client: TaskClient
) -> None:
    code = client.submit("double", 1).code
    network.faults = [None, KeyboardInterrupt()]

    result = run("watch", "double", code)

    assert result.exit_code == 130
    assert f"the task goes on. Watch it again: taskmill watch double {code}" in result.stderr


def test_ctrl_c_elsewhere_ends_quietly(run: Run, network: Network) -> None:
    network.faults = [KeyboardInterrupt()]

    result = run("list")

    assert result.exit_code == 130
    assert result.stderr == "taskmill: interrupted\n"


def test_a_terminal_shows_a_bar(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    task = _fan_out(completed=300, failed=12)

    with display(Output(), task) as show_update:
        show_update(task)

    shown = capsys.readouterr().err
    assert "300 completed, 12 failed of 1,000" in shown
    assert "━" in shown


def test_elsewhere_a_line_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    task = _fan_out(completed=300, failed=12)

    with display(Output(), task) as show_update:
        show_update(task)
        show_update(task)

    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert shown.endswith("PROCESSING  300 completed, 12 failed of 1,000\n")


def test_progress_of_a_single_task_is_told_in_its_own_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = {"done": 3, "total": 50, "message": "states"}
    task = _task(kind="TASK", pk="TASK#mbc", attributes={"progress": progress})

    with display(Output(), task) as show_update:
        show_update(task)

    assert capsys.readouterr().err.endswith("PROCESSING  3 of 50, states\n")


def test_watching_survives_a_gateway_that_stumbles(network: Network, client: TaskClient) -> None:
    code = client.submit("double", 1).code
    network.faults = [httpx.Response(503), httpx.ReadTimeout("slow")]
    words = ["watch", "double", code, "--url", client.url, "--tenant", "mbc"]
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}

    assert CliRunner(env=keys).invoke(app, words, obj=network).exit_code == 0


def _fan_out(**counts: int) -> Task:
    return _task(kind="SFN_TASK", pk="SFN_TASK#mbc", childCount=1000, attributes={"counts": counts})


def _task(**fields: object) -> Task:
    known = {"sk": "double#1", "tenantCode": "mbc", "type": "double", "code": "1"}
    return Task.model_validate({**known, "status": "PROCESSING", **fields})
