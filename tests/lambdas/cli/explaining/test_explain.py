"""`taskmill explain`, and the pages that it shows: one for each code, each with its facts right."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

import taskmill
from taskmill.cli.app import app as command_line
from taskmill.cli.exits import _BY_CODE, Exit, exit_of
from taskmill.cli.explaining.pages_of_errors import all_pages, classes_of
from taskmill.model.errors import TaskmillError
from taskmill.model.time_bounds import OutOfTime


def every_error() -> Iterator[type[TaskmillError]]:
    """The errors of all modules of the package."""
    for module in pkgutil.walk_packages(taskmill.__path__, "taskmill."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    remaining = [TaskmillError]
    while remaining:
        kind = remaining.pop()
        remaining += kind.__subclasses__()
        if kind is not OutOfTime and kind.__module__.startswith("taskmill."):
            yield kind  # OutOfTime: raised as one of its two subclasses only


ERRORS = sorted(set(every_error()), key=lambda kind: kind.__name__)
PAGES = all_pages()


def explain(*words: str) -> Any:
    return CliRunner().invoke(command_line, ["explain", *words], catch_exceptions=False)


def test_each_code_has_a_page_and_each_page_a_code() -> None:
    assert set(PAGES) == {kind.code for kind in ERRORS}


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_the_page_of_an_error_names_its_class_and_its_status(kind: type[TaskmillError]) -> None:
    page = PAGES[kind.code]
    told = re.search(r"^- HTTP status: (.*)$", page, re.MULTILINE)
    statuses = told[1].split(", ") if told else []

    assert kind.__name__ in classes_of(page)
    assert kind.http_status == 500 or str(kind.http_status) in statuses


@pytest.mark.parametrize("code", sorted(PAGES))
def test_a_page_names_no_class_of_another_code(code: str) -> None:
    assert set(classes_of(PAGES[code])) == {kind.__name__ for kind in ERRORS if kind.code == code}


@pytest.mark.parametrize("code", sorted(PAGES))
def test_the_exit_code_is_the_one_that_the_command_line_gives(code: str) -> None:
    kind = next(kind for kind in ERRORS if kind.code == code)
    told = re.search(r"^- Exit code of `taskmill`: (\d+)$", PAGES[code], re.MULTILINE)

    assert told is not None or code not in _BY_CODE
    assert told is None or int(told[1]) == exit_of(kind.__new__(kind))


@pytest.mark.parametrize("code", sorted(PAGES))
def test_a_page_has_a_meaning_a_cause_and_an_advice(code: str) -> None:
    title, meaning, *_ = PAGES[code].split("\n\n")

    assert title == f"# {code}"
    assert meaning.endswith(".")
    assert re.findall(r"^## (.*)$", PAGES[code], re.MULTILINE) == ["Cause", "What to do"]
    assert all(
        len(part.split()) >= 4 for part in re.split(r"^## .*$", PAGES[code], flags=re.MULTILINE)[1:]
    )


@pytest.mark.parametrize("asked", ["too_large", "LimitExceeded", "taskmill.errors.LimitExceeded"])
def test_an_error_is_explained_by_its_code_and_by_its_class(asked: str) -> None:
    answer = explain(asked)

    assert answer.exit_code == Exit.OK
    assert "larger than the documented limit" in answer.stdout
    assert "](" not in answer.stdout  # no links to pages that a terminal has not


def test_without_an_error_all_are_listed() -> None:
    answer = explain()

    assert [line.split()[0] for line in answer.stdout.splitlines()] == sorted(PAGES)


def test_an_error_that_does_not_exist_is_refused_with_the_nearest() -> None:
    answer = explain("to_large")

    assert answer.exit_code == Exit.REFUSED
    assert "Did you mean 'too_large'?" in answer.stderr


def test_programs_get_json() -> None:
    answer = json.loads(explain("--json", "timeout").stdout)

    assert set(answer) == {"meaning", "cause", "whatToDo"}
    assert answer["meaning"] == "The attempt took longer than `timeout_seconds`."
    assert set(json.loads(explain("--json").stdout)) == set(PAGES)
