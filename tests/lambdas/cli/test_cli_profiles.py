"""`taskmill use`: profiles that are kept, chosen and overridden."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from network import URL, Network
from typer.testing import Result

Run = Callable[..., Result]
OTHER = "https://xyz789.execute-api.eu-north-1.amazonaws.com"


@pytest.fixture
def shell(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A shell whose environment names no API."""
    monkeypatch.delenv("TASKMILL_URL")
    monkeypatch.delenv("TASKMILL_TENANT")
    return run


def asked(network: Network) -> set[tuple[str, str]]:
    """The origin and the path of what was requested."""
    return {(f"https://{each.url.host}", each.url.path) for each in network.requests}


def test_a_profile_gives_what_options_and_environment_leave_out(
    shell: Run, network: Network
) -> None:
    shell("use", "prod", "--url", URL, "--tenant", "acme")
    shell("use", "test", "--url", OTHER, "--tenant", "probe")
    shell("use", "prod")

    assert shell("list", "--kind", "task").exit_code == 0

    assert asked(network) == {(URL, "/v1/tenants/acme/tasks")}


def test_options_and_environment_win(
    shell: Run, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("use", "prod", "--url", URL, "--tenant", "acme")

    shell("list", "--kind", "task", "--tenant", "other")
    monkeypatch.setenv("TASKMILL_TENANT", "of-the-shell")
    shell("list", "--kind", "task")

    paths = {path for _, path in asked(network)}
    assert paths == {"/v1/tenants/other/tasks", "/v1/tenants/of-the-shell/tasks"}


def test_with_a_url_of_its_own_a_command_takes_nothing_of_the_profile(shell: Run) -> None:
    shell("use", "prod", "--url", URL, "--tenant", "acme")

    result = shell("list", "--url", OTHER)

    assert result.exit_code == 2
    assert "whose tasks?" in result.stderr


def test_the_environment_chooses_a_profile_for_a_shell(
    shell: Run, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("use", "test", "--url", OTHER, "--tenant", "probe")
    shell("use", "prod", "--url", URL, "--tenant", "acme")
    monkeypatch.setenv("TASKMILL_PROFILE", "test")

    shell("list", "--kind", "task")

    assert asked(network) == {(OTHER, "/v1/tenants/probe/tasks")}


def test_an_error_says_which_profile_is_in_use(shell: Run) -> None:
    shell("use", "prod", "--url", URL, "--tenant", "acme")

    lines = shell("get", "double", "nosuch").stderr.splitlines()

    assert lines == [
        "taskmill: no task double nosuch of tenant acme",
        "profile in use: prod (taskmill use lists them)",
    ]


def test_commands_to_copy_need_no_options_that_the_profile_has(shell: Run) -> None:
    shell("use", "prod", "--url", URL, "--tenant", "acme")

    hint = shell("submit", "double", "1", "--code", "d-1").stderr

    assert hint.endswith("follow it: taskmill watch double d-1\n")


def test_profiles_are_listed_changed_and_deleted(shell: Run) -> None:
    shell("use", "prod", "--url", URL, "--tenant", "acme", "--profile", "p")
    shell("use", "prod", "--region", "eu-north-1")

    found = json.loads(shell("use", "--json").stdout)
    assert found["current"] == "prod"
    assert found["profiles"]["prod"] == {
        "url": URL,
        "tenant": "acme",
        "aws_profile": "p",
        "region": "eu-north-1",
        "stack": None,
    }
    assert shell("use").stdout == f"*\tprod\tacme\t{URL}\n"

    shell("use", "local")
    assert "no profile is used" in shell("use").stderr
    shell("use", "prod", "--delete")
    assert shell("use").stdout == ""


def test_the_environment_of_a_shell_is_not_kept_in_a_profile(run: Run) -> None:
    result = run("use", "prod")  # TASKMILL_URL is set

    assert result.exit_code == 2
    assert result.stderr.startswith("taskmill: no profile prod; there are: none. Make it:")
    assert "needs the --url of its API" in run("use", "prod", "--tenant", "acme").stderr


def test_a_file_that_cannot_be_read_is_named(
    shell: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "taskmill").mkdir()
    (tmp_path / "taskmill" / "profiles.json").write_text("{")

    result = shell("list")

    assert result.exit_code == 2
    assert f"cannot read the profiles in {tmp_path}" in result.stderr


def test_only_the_user_may_read_the_file(
    shell: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    shell("use", "prod", "--url", URL)

    assert (tmp_path / "taskmill" / "profiles.json").stat().st_mode & 0o077 == 0
