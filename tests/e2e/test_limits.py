"""Limits on the deployed stack: kept, and set, shown, paused and resumed from the shell."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from deployed import ended, eventually, reaches
from typer.testing import CliRunner

from taskmill.cli.app import app
from taskmill.client import NewTask, TaskClient

LIMIT = 2  # as e2e_limits.py has it
Cli = Callable[..., Any]


@pytest.fixture
def cli(shell: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command line for the test's tenant; returns its JSON."""
    for name, value in shell.items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> Any:
        done = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return run


def most_at_a_time(spans: list[list[float]]) -> int:
    """How many of these spans of time, begin and end, overlap at most."""
    return max(sum(began <= at < end for began, end in spans) for at, _ in spans)


def test_never_more_than_the_limit_run_at_a_time_and_all_end(client: TaskClient, cli: Cli) -> None:
    tasks = client.submit_many([NewTask(task_type="e2e-limited", input=0.8) for _ in range(10)])

    def full() -> Any:
        (shown,) = cli("limits", "show", "e2e-limited")
        assert (shown["limit"], shown["held"] <= LIMIT) == (LIMIT, True)
        return shown["held"] == LIMIT and shown["waiting"]

    assert eventually(full) > 0
    spans = [client.result(ended(client, task)) for task in tasks]
    assert most_at_a_time(spans) <= LIMIT
    (rest,) = eventually(
        lambda: [each for each in cli("limits", "show", "e2e-limited") if not each["held"]]
    )
    assert (rest["held"], rest["waiting"]) == (0, 0)


def test_a_limit_that_is_set_counts_and_one_that_is_raised_lets_go_on(
    client: TaskClient, cli: Cli
) -> None:
    assert cli("limits", "set", "e2e-limited", "--concurrency", "0")["limit"] == 0
    tasks = client.submit_many([NewTask(task_type="e2e-limited", input=0.0) for _ in range(3)])
    for task in tasks:
        reaches(client, task, "PARKED")
    (shown,) = cli("limits", "show", "e2e-limited")
    assert (shown["limit"], shown["held"], shown["waiting"]) == (0, 0, 3)

    cli("limits", "set", "e2e-limited", "--concurrency", "1")

    spans = [client.result(ended(client, task)) for task in tasks]
    assert most_at_a_time(spans) == 1
    assert cli("limits", "unset", "e2e-limited")["limit"] == LIMIT


def test_a_type_that_is_paused_waits_until_it_is_resumed(client: TaskClient, cli: Cli) -> None:
    cli("pause", "e2e-limited")
    assert [each["type"] for each in cli("pauses")["items"]] == ["e2e-limited"]

    def parked() -> Any:
        """Workers hear of it within 15 seconds; what they take before that, they run."""
        task = client.submit("e2e-limited", 0.0)
        last = reaches(client, task, "PARKED", "COMPLETED")
        return task if last.status == "PARKED" else None

    task = eventually(parked, every=1.0)
    assert client.get(task).attempts == 0

    cli("resume", "e2e-limited")

    assert ended(client, task).status == "COMPLETED"
    assert cli("pauses")["items"] == []
