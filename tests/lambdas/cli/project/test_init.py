"""`taskmill init`: each template makes a project whose tests pass in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from taskmill.cli.app import app
from taskmill.cli.project.templates import TEMPLATES


def init(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["init", *words], catch_exceptions=False)
    return done.exit_code, done.output


def python(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=project,
        env=kept,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_project_is_tested_and_tidy(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert init("shop", "--template", template)[0] == 0
    project = tmp_path / "shop"

    tested = python(project, "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout
    for check in (("check", "."), ("format", "--check", ".")):
        tidy = python(project, "ruff", *check)
        assert tidy.returncode == 0, tidy.stdout
    kept = [file for file in project.rglob("*") if "@" in file.name]
    assert kept == []
    for name in ("app.py", "README.md", ".gitignore", ".github/workflows/test.yml", "cdk.json"):
        assert "@NAME@" not in (project / name).read_text()


def test_the_next_commands_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    _, told = init("shop")

    assert [line.split()[0] for line in told.splitlines()] == [
        *("made", "cd", "pip", "pytest", "taskmill", "taskmill")
    ]


def test_nothing_is_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "notes.txt").write_text("mine")

    code, told = init("shop")

    assert code == 2
    assert "exists already and is not empty" in told
    assert [each.name for each in (tmp_path / "shop").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["../shop"], "'../shop' is no name for a project"),
        (["1shop"], "a letter first"),
        (["shop", "--template", "flask"], "--template is 'flask'; there are default, fastapi"),
    ],
)
def test_what_was_typed_is_named(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    code, answer = init(*words)

    assert code == 2
    assert told in answer
    assert list(tmp_path.iterdir()) == []
