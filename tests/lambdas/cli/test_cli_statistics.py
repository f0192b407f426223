import json
from collections.abc import Callable

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def mark(run: Run) -> str:
    """The fingerprint of the one error that has occurred."""
    run("submit", "fails", "1", "--wait")
    (group,) = json.loads(run("errors", "--json").stdout)
    return str(group["fingerprint"])


def test_stats_counts_tasks_by_type_and_status(run: Run) -> None:
    run("submit", "double", "2", "--wait")

    assert "double\t0\t0\t1\t0\t0" in run("stats").stdout
    (found,) = json.loads(run("stats", "--type", "double", "--json").stdout)["types"]
    assert found["counts"] == {"COMPLETED": 1}


def test_stats_tells_what_happened_by_hour_and_by_day(run: Run) -> None:
    run("submit", "double", "2", "--wait")

    assert "\tdouble\t1\t1\t0\t" in run("stats", "--history").stdout
    buckets = json.loads(run("stats", "--days", "--json").stdout)["buckets"]
    assert [each["completed"] for each in buckets] == [1]


def test_errors_lists_groups_and_shows_one_with_its_stack(run: Run, mark: str) -> None:
    assert f"{mark}\t" in run("errors").stdout
    shown = run("errors", mark).stdout
    assert "1 times, 1 of them still FAILED" in shown
    assert "Traceback" in shown


@pytest.mark.parametrize(
    ("option", "state"), [("--resolve", "resolved"), ("--ignore", "ignored"), ("--reopen", "open")]
)
def test_errors_changes_the_state_of_a_group(run: Run, mark: str, option: str, state: str) -> None:
    assert json.loads(run("errors", mark, option, "--json").stdout)["state"] == state


def test_a_change_needs_one_group_and_one_state(run: Run) -> None:
    assert run("errors", "--resolve").exit_code == 2
    assert run("errors", "0123456789ab", "--resolve", "--ignore").exit_code == 2
