"""Exit codes are part of the interface; each error is one line on stderr."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from network import Network
from typer.testing import CliRunner, Result

from taskmill.cli import main
from taskmill.cli.app import app
from taskmill.client import TaskClient

Run = Callable[..., Result]


def test_0_for_a_task_that_completed(run: Run) -> None:
    result = run("submit", "double", "2", "--wait")

    assert result.exit_code == 0
    assert result.stdout.startswith("COMPLETED double ")


def test_1_for_a_task_that_failed(run: Run) -> None:
    result = (
        run("submit", "double", "-1", "--wait")
        if False
        else run("submit", "double", "--wait", "--", "-1")
    )

    assert result.exit_code == 1
    assert result.stdout.rstrip().endswith("Abort: -1 is negative")


def test_1_for_a_fan_out_with_more_failures_than_tolerated(run: Run) -> None:
    result = run("map", "double", "-", "--wait", stdin="1\n-2\n")

    assert result.exit_code == 1
    assert "1 of 2 subtasks failed" in result.stdout
    assert "taskmill subtasks double" in result.stderr


def test_1_for_a_cancelled_task(run: Run, client: TaskClient, network: Network) -> None:
    network.idle = True
    task = client.cancel(client.submit("double", 1))

    assert run("watch", "double", task.code).exit_code == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["submit"], "TYPE"),
        (["submit", "double", "{]"], "INPUT is not JSON"),
        (["submit", "double", "@missing.json"], "cannot read missing.json"),
        (["submit", "double", "@table.csv"], "table.csv is not JSON"),
        (["map", "double", "missing.csv"], "cannot read missing.csv"),
        (["map", "double", "table.csv"], "table.csv: line 2 has not as many fields"),
        (["get", "double"], "'double' is no key"),
        (["get", "double", "a b"], "code 'a b' must be 1 to 64 letters"),
        (["get", "a", "b", "c"], "'a b c' is no key"),
        (["get", "JOB#mbc", "a#b"], "not a task key"),
        (["list", "--limit", "0"], "limit"),
        (["list", "--status", "asleep"], "asleep"),
        (["list", "--profile", "nobody"], "nobody"),
        (["list", "--url", "abc.example.com"], "must begin with https://"),
        (["list", "--url", "http://a:b"], "'http://a:b' is not a URL"),
        (["list", "--tenant", "a/b"], "tenant 'a/b' must be"),
        (["no-such-command"], "no-such-command"),
    ],
    ids=" ".join,
)
def test_2_for_a_command_line_that_cannot_work(
    words: list[str], problem: str, run: Run, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1\n")

    result = run(*words)

    assert result.exit_code == 2
    assert problem in result.stderr
    assert not network.requests


def test_2_when_nothing_is_configured(network: Network) -> None:
    result = CliRunner().invoke(app, ["list"], obj=network)

    assert result.exit_code == 2
    assert result.stderr.startswith("taskmill: which API?")


@pytest.mark.parametrize("command", ["get", "watch", "result", "cancel", "retry", "subtasks"])
def test_3_for_a_task_that_is_not_there(command: str, run: Run) -> None:
    result = run(command, "double", "nowhere")

    assert result.exit_code == 3
    assert "no task double nowhere of tenant" in _one_line(result)


def test_4_when_nobody_answers(run: Run, network: Network) -> None:
    network.faults = [httpx.ConnectError("Connection refused")] * 4

    result = run("list")

    assert result.exit_code == 4
    assert "no answer from https://abc123.execute-api" in _one_line(result)


def test_4_when_the_caller_is_refused(run: Run, network: Network) -> None:
    network.faults = [httpx.Response(403, json={"message": "Forbidden"})]

    result = run("list")

    assert result.exit_code == 4
    assert "AKIAEXAMPLE" in _one_line(result)


def test_5_when_time_is_up(run: Run, network: Network) -> None:
    network.idle = True

    result = run("submit", "double", "1", "--wait", "--timeout", "0")

    assert result.exit_code == 5
    assert "still QUEUED" in result.stderr
    assert "taskmill watch double " in result.stderr


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["submit", "double", "1", "--delay", "99999999"], "delaySeconds"),
        (["submit", "double", '"seven"'], "input"),
        (["map", "double", "-", "--tolerate", "many"], "toleratedFailures"),
        (["map", "double", "-", "--batch-size", "99999999"], "batchSize"),
    ],
    ids=" ".join,
)
def test_6_for_a_field_that_the_api_refuses(words: list[str], problem: str, run: Run) -> None:
    result = run(*words, stdin="1\n")

    assert result.exit_code == 6
    assert problem in _one_line(result)


def test_6_for_a_change_that_the_status_does_not_allow(run: Run, client: TaskClient) -> None:
    code = client.submit("double", 1).code

    assert run("cancel", "double", code).exit_code == 6
    assert run("retry", "double", code).exit_code == 6


def test_70_for_a_bug_and_no_stack(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash() -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("taskmill.cli.app.app", crash)

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 70
    told = capsys.readouterr().err
    assert told == "taskmill: this is a bug: ZeroDivisionError: division by zero\n"


def _one_line(result: Result) -> str:
    assert result.stdout == ""
    assert result.stderr.startswith("taskmill: ")
    assert result.stderr.count("\n") == 1
    return result.stderr
