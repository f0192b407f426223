"""`taskmill deploy`, `diff`, `destroy` and `bootstrap`: what they ask, and what the CDK gets."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

import taskmill_local
from taskmill_local import LocalCloudError, run_cdk
from taskmill_local.node import CDK_CLI_VERSION

Run = Callable[..., Result]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An AWS profile with the name p."""
    config = tmp_path / "config"
    keys = "region = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    config.write_text(f"[profile p]\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that the CDK got; each ends with 0."""
    lines: list[list[str]] = []

    def run_cdk(_: Path, arguments: list[str], **options: Any) -> int:
        lines.append([*arguments, *options["environment"].values()])
        return 0

    monkeypatch.setattr(taskmill_local, "run_cdk", run_cdk, raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    return lines


@pytest.mark.usefixtures("profile")
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["deploy"], ["deploy", "--all"]),
        (["deploy", "Shop"], ["deploy", "Shop"]),
        (["deploy", "--stack", "Shop"], ["deploy", "Shop"]),
        (
            ["deploy", "--require-approval", "never"],
            ["deploy", "--require-approval", "never", "--all"],
        ),
        (["deploy", "-c", "stage=prod", "-e"], ["deploy", "-c", "stage=prod", "-e", "--all"]),
        (["deploy", "--profile", "p"], ["deploy", "--all", "--profile", "p"]),
        (["diff", "--strict"], ["diff", "--strict"]),
        (["bootstrap"], ["bootstrap"]),
        (["destroy", "--force"], ["destroy", "--force", "--all"]),
        (["bootstrap", "--region", "eu-north-1"], ["bootstrap", "eu-north-1", "eu-north-1"]),
    ],
    ids=" ".join,
)
def test_arguments_go_to_the_cdk(
    words: list[str], line: list[str], run: Run, runs: list[list[str]]
) -> None:
    result = run(*words)

    assert (runs, result.exit_code) == ([line], 0)


def test_destroy_asks_and_says_where(run: Run, runs: list[list[str]]) -> None:
    refused = run("destroy", "Shop", stdin="n\n")

    assert (runs, refused.exit_code) == ([], 1)
    assert "Delete Shop of this app in eu-west-1?" in refused.stderr

    run("destroy", stdin="y\n")
    assert runs == [["destroy", "--all", "--force"]]


@pytest.mark.parametrize("command", ["deploy", "diff", "destroy", "bootstrap"])
def test_without_region_or_credentials_the_cdk_is_not_asked(
    command: str, run: Run, runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    assert run(command).stderr == "taskmill: which AWS region? Give --region or set AWS_REGION\n"

    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    result = run(command, "--region", "eu-west-1")
    assert "no AWS credentials: log in with `aws sso login`" in result.stderr
    assert (result.exit_code, runs) == (2, [])


def test_what_is_not_installed_is_told_with_the_way_to_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "taskmill_local", None)

    result = run("deploy")

    assert result.exit_code == 2
    assert "pip install" in result.stderr
    assert "[cdk]" in result.stderr


def test_the_exit_code_is_that_of_the_cdk(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setattr(taskmill_local, "run_cdk", lambda *_, **__: 7, raising=False)

    assert run("deploy").exit_code == 7


def test_it_is_the_pinned_command_line(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_cdk(ROOT, ["--version"]) == 0

    assert CDK_CLI_VERSION in capfd.readouterr().out


def test_a_folder_without_an_app_is_told_before_anything_is_installed(tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=r"There is no app\.py"):
        run_cdk(tmp_path, ["deploy", "--all"])

    assert list(tmp_path.iterdir()) == []
