"""`taskmill list` and the other lists: what they show first, and how that fits a terminal."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from network import Network
from rich.cells import cell_len
from typer.testing import Result

from taskmill.cli.tables import cut, fitted
from taskmill.cli.tasks import newest
from taskmill.cli.tasks.show import age_text
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

Run = Callable[..., Result]
Listed = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of the usual width, without colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def listed(run: Run) -> Listed:
    """Type and code of the tasks that `taskmill list` prints."""

    def listed(*words: str) -> list[tuple[str, str]]:
        found: list[dict[str, Any]] = json.loads(run("list", "--json", *words).stdout)
        return [(each["type"], each["code"]) for each in found]

    return listed


@pytest.fixture
def submitted(client: TaskClient, cloud: InProcessCloud, network: Network) -> Callable[..., str]:
    """Submits a task a second after the one before; returns its code."""
    network.idle = True

    def submitted(task_type: str, code: str | None = None) -> str:
        cloud.advance(seconds=1)
        return client.submit(task_type, 1, code=code).code

    return submitted


def test_the_newest_task_is_first_whatever_its_type(
    listed: Listed, submitted: Callable[..., str]
) -> None:
    for _ in range(5):
        submitted("zzz")
    first, second = submitted("double"), submitted("other")

    assert listed("--limit", "2") == [("other", second), ("double", first)]


def test_limit_counts_rows_of_both_kinds_together(
    listed: Listed, submitted: Callable[..., str], client: TaskClient
) -> None:
    submitted("double")
    client.map("double", [1], code="fan-out")
    newest_code = submitted("double")

    assert len(listed("--limit", "2")) == 2
    assert listed("--limit", "1") == [("double", newest_code)]


@pytest.mark.parametrize("own", ["invoice-1", "0017", "0100", "Z9", "1"])
def test_codes_of_ones_own_are_sorted_by_time_too(
    own: str, listed: Listed, submitted: Callable[..., str]
) -> None:
    submitted("double", own)
    later = [submitted("double") for _ in range(4)]

    assert listed("--limit", "2") == [("double", later[3]), ("double", later[2])]
    assert listed("--limit", "5")[-1] == ("double", own)

    assert listed("--limit", "1", "--order", "asc") == [("double", own)]


@pytest.mark.parametrize("own", ["invoice-1", "0017", "0100", "Z9", "1"])
def test_a_new_code_of_ones_own_is_not_behind_old_ulids(
    own: str, listed: Listed, submitted: Callable[..., str]
) -> None:
    older = [submitted("double") for _ in range(4)]
    submitted("double", own)

    assert listed("--limit", "2") == [("double", own), ("double", older[3])]
    assert listed("--limit", "2", "--order", "asc") == [("double", older[0]), ("double", older[1])]


def test_many_types_cost_few_requests(
    listed: Listed, submitted: Callable[..., str], network: Network
) -> None:
    for task_type in ("a", "b", "c", "d"):
        submitted(task_type)
    network.requests.clear()

    listed("--limit", "50")

    assert len(network.requests) == 2  # one of each kind


def test_that_not_all_were_looked_at_is_said(
    run: Run, submitted: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newest, "OTHER_CODES", 2)
    monkeypatch.setattr("taskmill.cli.tasks.listing.OTHER_CODES", 2)
    for code in ("a", "b", "c"):
        submitted("double", code)

    result = run("list", "--limit", "2")

    assert "of double, only 2 tasks were looked at" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list"], "no tasks of tenant mbc"),
        (["list", "--tenant", "nobody"], "no tasks of tenant nobody"),
        (["list", "--type", "double", "--status", "failed"], "no FAILED double tasks of tenant"),
        (["list", "--kind", "sfn_task"], "no step function tasks of tenant mbc"),
        (["schedules", "list"], "no schedules of tenant mbc"),
        (["callbacks", "list", "--type", "double"], "no callbacks of type double of tenant mbc"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_an_empty_list_says_whose_it_is(words: list[str], told: str, run: Run) -> None:
    result = run(*words)

    assert told in result.stderr
    assert result.stdout == ""
    assert (run(*words, "--json").stdout, result.exit_code) == ("[]\n", 0)


def test_a_task_without_children_or_matching_subtasks_says_so(run: Run, client: TaskClient) -> None:
    client.map("double", [1], code="f")

    assert run("children", "double", "f").stderr == "no children of double f\n"
    assert run("subtasks", "double", "f", "--status", "failed").stderr == (
        "no FAILED subtasks of double f\n"
    )


@pytest.mark.usefixtures("screen")
@pytest.mark.parametrize("words", [["list"], ["subtasks", "double", "f"], ["schedules", "list"]])
def test_a_list_fits_80_characters_a_line_each(
    words: list[str], run: Run, client: TaskClient
) -> None:
    client.submit("double", -1, code="a-code-of-26-characters-xx")
    client.map("double", [1, -1], code="f")
    client.put_schedule("every-morning-at-six", "double", "cron(0 6 ? * MON-FRI *)", 1)

    lines = run(*words).stdout.splitlines()

    assert max(map(cell_len, lines)) <= 80
    assert len(lines) == {"list": 3, "subtasks": 3, "schedules": 2}[words[0]]


@pytest.mark.usefixtures("screen")
def test_a_task_can_be_copied_from_a_list_and_its_age_be_read(run: Run, client: TaskClient) -> None:
    code = client.submit("double", -1_000_000_000).code

    (header, line) = run("list").stdout.splitlines()

    assert header.split() == ["STATUS", "TYPE", "CODE", "CREATED", "NOTE"]
    assert f"double  {code}  " in line
    assert " s ago " in line
    assert line.endswith("…")


@pytest.mark.usefixtures("screen")
def test_wide_cuts_nothing(run: Run, client: TaskClient) -> None:
    client.submit("double", -1)

    shown = run("list", "--wide").stdout

    assert "Abort: -1 is negative" in shown
    assert shown.startswith("KIND")


def test_a_table_cuts_its_last_column_first_and_then_the_widest() -> None:
    rows = [("A", "B", "NOTE"), ("a" * 30, "b", "n" * 30)]

    assert [len("  ".join(row)) for row in fitted(rows, 50)] == [39, 50]
    assert [len("  ".join(row)) for row in fitted(rows, 30)][1] == 30
    assert fitted(rows, None)[1] == ["a" * 30, "b", "n" * 30]


def test_wide_characters_count_twice() -> None:
    assert cell_len(cut("数据导出数据导出", 8)) <= 8
    assert cut("short", 8) == "short"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s ago"),
        (59, "59 s ago"),
        (60, "1 min ago"),
        (3_599, "59 min ago"),
        (3_600, "1 h ago"),
        (47 * 3_600, "47 h ago"),
        (3 * 86_400, "3 d ago"),
    ],
)
def test_ages(seconds: int, text: str) -> None:
    now = datetime(2026, 5, 1, tzinfo=UTC)

    assert age_text(now - timedelta(seconds=seconds), now=now) == text
    assert age_text(None) == ""


def test_what_is_older_than_a_month_has_a_date() -> None:
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    assert age_text(now - timedelta(days=60), now=now) == "2026-03-02"
