"""`taskmill limits`, `pause`, `resume` and `pauses`."""

import json
from collections.abc import Callable, Iterator

import pytest
from clouds import TENANT, submit
from typer.testing import Result

from taskmill.testing import InProcessCloud

Run = Callable[..., Result]


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["shown_limit_tasks"]) as started:
        yield started


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs command lines of the tenant whose tasks are submitted here."""
    monkeypatch.setenv("TASKMILL_TENANT", TENANT)
    return run


def lines(result: Result, begin: str) -> list[list[str]]:
    """The columns of the rows that begin with this name."""
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    return [row for row in rows if row[0] == begin]


def test_show_tells_what_is_held_and_who_waits(run: Run, cloud: InProcessCloud) -> None:
    for _ in range(5):
        submit(cloud, "limited-sync", {"customer": "c-7"})
    cloud.deliver_records()

    every, one = lines(run("limits", "show"), "limited-sync")
    assert every == ["limited-sync", "*", "2 at a time", "", "", "", "", ""]
    assert one[:5] == ["limited-sync", "c-7", "2 at a time", "2", "3"]
    assert one[5].endswith(" ago")
    (other,) = lines(run("limits", "show", "limited-sync", "--key", "c-8"), "limited-sync")
    assert other[:5] == ["limited-sync", "c-8", "2 at a time", "0", "0"]
    (mail,) = lines(run("limits", "show", "mail"), "mail")
    assert mail[2] == "60 / 60 s, burst 1"
    (shared,) = lines(run("limits", "show", "--shared"), "warehouse")
    assert shared[2] == "5 at a time"


def test_set_and_unset(run: Run) -> None:
    changed = run("limits", "set", "limited-sync", "--key", "c-7", "--concurrency", "4")
    (row,) = lines(changed, "limited-sync")
    assert row[:3] == ["limited-sync", "c-7", "4 at a time"]
    assert row[7]
    assert changed.stderr == ""
    (row,) = lines(run("limits", "unset", "limited-sync", "--key", "c-7"), "limited-sync")
    assert (row[2], row[7]) == ("2 at a time", "")
    again = run("limits", "unset", "limited-sync", "--key", "c-7")
    assert again.exit_code != 0
    assert "nothing is set for the limit 'limited-sync' for the key 'c-7'" in again.stderr

    (row,) = lines(run("limits", "set", "warehouse", "--concurrency", "7", "--shared"), "warehouse")
    assert row[2] == "7 at a time"

    shown = json.loads(run("limits", "set", "mail", "--rate", "50/1", "--json").stdout)
    assert (shown["rate"], shown["perSeconds"], shown["burst"]) == (50, 1, 50)


@pytest.mark.parametrize("rate", ["5/0", "0/1", "x", "5/", "1.5", "-1/1"])
def test_a_rate_is_units_and_seconds(run: Run, rate: str) -> None:
    refused = run("limits", "set", "mail", "--rate", rate)
    assert refused.exit_code == 2
    assert "50/1" in refused.stderr


def test_a_name_that_no_type_has_is_told(run: Run) -> None:
    assert (
        "did you mean 'limited-sync'?"
        in run("limits", "set", "limited-snc", "--concurrency", "1").stderr
    )
    (row,) = lines(run("limits", "unset", "limited-snc"), "limited-snc")
    assert row[2] == "none"
    assert "no task type 'limited-mal' is deployed" in run("pause", "limited-mal").stderr


def test_pause_resume_and_what_is_paused(run: Run, cloud: InProcessCloud) -> None:
    assert f"nothing of tenant {TENANT} is paused" in run("pauses").stderr
    assert run("pause", "limited-import").stdout == "PAUSED limited-import\n"
    submit(cloud, "limited-import", 1)
    cloud.advance(seconds=60)

    (paused,) = lines(run("pauses"), "limited-import")
    assert paused[1] == "1"
    resumed = run("resume", "limited-import")
    assert (resumed.stdout, resumed.stderr) == ("RESUMED limited-import\n", "1 task goes on\n")
    assert run("pause").stdout == f"PAUSED {TENANT}\n"
    assert lines(run("pauses"), "(all types)")
    assert json.loads(run("resume", "--json").stdout)["paused"] is False
