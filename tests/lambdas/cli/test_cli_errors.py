"""What a person is told who asks for something that cannot be: their own words, and what to do."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from network import Network
from typer.testing import Result

from taskmill.cli.output import Output
from taskmill.cli.workers.module_folders import find_modules
from taskmill.client import TaskClient

Run = Callable[..., Result]


def told(result: Result) -> str:
    """The one line on stderr."""
    assert result.exit_code != 0
    (line,) = result.stderr.splitlines()
    return line.removeprefix("taskmill: ")


@pytest.mark.parametrize("command", ["get", "watch", "result", "cancel", "retry", "subtasks"])
def test_a_task_that_is_not_there_is_named_as_it_was_asked_for(command: str, run: Run) -> None:
    assert told(run(command, "double", "nosuch")) == "no task double nosuch of tenant mbc"
    assert told(run(command, "double#nosuch", "--tenant", "b")) == (
        "no task double nosuch of tenant b"
    )


def test_a_subtask_that_is_not_there_is_named_as_well(run: Run, client: TaskClient) -> None:
    client.map("double", [1], code="f")

    assert told(run("get", "double", "f", "7")) == "no subtask 7 of double f of tenant mbc"


def test_what_can_be_retried_and_cancelled_is_told(run: Run, client: TaskClient) -> None:
    client.submit("double", 1, code="d-1")

    assert told(run("retry", "double", "d-1")) == (
        "only FAILED or CANCELLED tasks can be retried; double d-1 is COMPLETED"
    )
    assert told(run("cancel", "double", "d-1")) == (
        "only tasks that have not ended can be cancelled; double d-1 is COMPLETED"
    )


def test_the_result_of_a_failed_task_is_refused_with_its_error(
    run: Run, client: TaskClient
) -> None:
    client.submit("double", -1, code="d-1")

    assert told(run("result", "double", "d-1")) == (
        "double d-1 is FAILED with Abort: -1 is negative: it has no result"
    )


def test_who_gives_no_input_is_told_what_the_task_takes(run: Run) -> None:
    assert told(run("submit", "double")) == "double takes an input (int); none was given"


def test_a_wrong_input_is_still_told_by_its_field(run: Run) -> None:
    assert told(run("submit", "double", '"x"')).startswith("input: Input should be a valid integer")


def test_a_code_that_is_taken_says_by_what_it_differs(run: Run) -> None:
    run("submit", "double", "1", "--code", "d-1")

    assert told(run("submit", "double", "2", "--code", "d-1")) == (
        "double d-1 exists already, with another input"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["submit", "double", "1", "--log-id", "=x"],
        ["submit", "double", "1", "--on-success", "no name"],
        ["schedules", "put", "s", "double", "rate(1 day)", "1", "--priority", "foo"],
        ["schedules", "put", "s", "double", "rate(0 days)", "1"],
        ["map", "double", "-", "--tolerate", "lots"],
        ["callbacks", "add", "double", "--on", "success", "--run", "double", "--id", "x"],
    ],
    ids=" ".join,
)
def test_no_message_shows_how_it_was_found(words: list[str], run: Run) -> None:
    result = run(*words, stdin="1\n")

    assert result.exit_code in (2, 6)
    assert "Value error" not in result.output
    assert "validation error" not in result.output


def test_modules_are_found_in_a_folder_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "found_in_tasks.py").touch()

    find_modules(Output(), ["found_in_tasks.deeper", "json", "nowhere_at_all"])

    assert sys.path[0] == str(tmp_path / "tasks")
    assert capsys.readouterr().err == "found the module found_in_tasks in tasks/\n"


def test_which_of_two_folders_has_the_module_is_not_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = list(sys.path)
    for folder in ("tasks", "copies"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "found_twice.py").touch()

    find_modules(Output(), ["found_twice"])

    assert sys.path == before


def test_a_wait_that_is_over_names_the_task_in_the_same_words(
    run: Run, client: TaskClient, network: Network
) -> None:
    network.idle = True
    client.submit("double", 1, code="d-1")

    assert "double d-1 is still QUEUED" in run("watch", "double", "d-1", "--timeout", "0").stderr
