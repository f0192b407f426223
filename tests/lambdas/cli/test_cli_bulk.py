"""`taskmill bulk`: counts first, asks, and submits."""

import json
from collections.abc import Callable, Iterator

import bulk_tasks
import pytest
from network import Network
from typer.testing import Result

from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

Run = Callable[..., Result]
FAILS = "bulk-fails"


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    bulk_tasks.BROKEN.clear()
    with InProcessCloud(modules=["bulk_tasks"]) as cloud:
        yield cloud


@pytest.fixture
def broken(run: Run, cloud: InProcessCloud) -> Iterator[Callable[[int], None]]:
    """Makes tasks that have failed, and mends what failed them."""

    def fail(count: int) -> None:
        bulk_tasks.BROKEN.add(FAILS)
        for number in range(count):
            run("submit", FAILS, str(number))
        bulk_tasks.BROKEN.clear()
        cloud.advance(seconds=1)

    yield fail
    bulk_tasks.BROKEN.clear()


def test_a_dry_run_only_counts(run: Run, broken: Callable[[int], None]) -> None:
    broken(3)

    counted = run("bulk", "retry", "--type", FAILS, "--dry-run")
    assert counted.stdout == "3\n"
    assert counted.stderr.count(f"{FAILS}#") == 3
    as_json = json.loads(run("bulk", "retry", "--type", FAILS, "--dry-run", "--json").stdout)
    assert (as_json["count"], as_json["exact"]) == (3, True)
    assert run("bulk", "list").stdout == ""


def test_it_asks_and_acts_on_all_that_match(run: Run, broken: Callable[[int], None]) -> None:
    broken(3)

    refused = run("bulk", "retry", "--type", FAILS, stdin="n\n")
    assert refused.exit_code == 1
    done = run("bulk", "retry", "--type", FAILS, "--reason", "fixed", stdin="y\n")

    assert done.exit_code == 0
    assert "retry 3 tasks of tenant mbc?" in done.stderr
    key = done.stdout.splitlines()[-1]  # the line before is what was typed
    assert json.loads(run("result", key).stdout) == {"acted": 3, "skipped": {}}
    assert len(run("list", "--status", "COMPLETED", "--type", FAILS).stdout.splitlines()) == 3
    (listed,) = run("bulk", "list").stdout.splitlines()
    assert "3 of 3" in listed
    assert "fixed" in listed


def test_above_a_hundred_the_number_is_to_be_typed(
    run: Run, broken: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.cli.bulk.asking.FEW", 2)
    broken(3)

    assert run("bulk", "retry", "--type", FAILS, stdin="y\n").exit_code == 1
    assert run("bulk", "retry", "--type", FAILS, stdin="3\n").exit_code == 0


def test_production_is_asked_for_twice(
    run: Run, broken: Callable[[int], None], cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(1)
    monkeypatch.setattr("taskmill.cli.bulk.asking.production", lambda *_: "prod")

    assert run("bulk", "retry", "--type", FAILS, stdin="y\n").exit_code == 1
    assert run("bulk", "retry", "--type", FAILS, stdin="y\nprod\n").exit_code == 0


def test_yes_does_not_answer_for_production(
    run: Run, broken: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(1)
    monkeypatch.setattr("taskmill.cli.bulk.asking.production", lambda *_: "prod")
    retry = ("bulk", "retry", "--type", FAILS, "--yes")

    unanswered = run(*retry, stdin="")
    assert unanswered.exit_code == 1
    assert "--environment prod" in unanswered.stderr
    assert run(*retry, "--environment", "prod-eu").exit_code == 2
    assert run("bulk", "list").stdout == ""

    assert run(*retry, "--environment", "prod").exit_code == 0
    assert "1 of 1" in run("bulk", "list").stdout


def test_nothing_that_matches_is_nothing_done(run: Run) -> None:
    assert run("bulk", "cancel", "--type", FAILS).stdout == "0\n"


def test_what_waits_is_cancelled_without_a_question(run: Run, network: Network) -> None:
    network.idle = True
    run("submit", FAILS, "1")

    bulk = run("bulk", "cancel", "--since", "1h", "--yes", "--json")

    assert json.loads(bulk.stdout)["type"] == "taskmill.bulk"


def test_a_time_that_is_none_is_refused(run: Run) -> None:
    assert run("bulk", "cancel", "--since", "soon").exit_code == 2


def test_the_client_counts_and_lists(broken: Callable[[int], None], client: TaskClient) -> None:
    broken(2)

    counted = client.count_bulk("retry", task_type=FAILS)
    assert counted.count == 2
    task = client.bulk("retry", keys=[key.key for key in counted.sample])

    assert [each.code for each in client.bulks()] == [task.code]


def test_health_shows_the_queues(run: Run) -> None:
    assert "dead letters\t0\t" in run("health").stdout
    assert json.loads(run("health", "--json").stdout)["parkedChanges"] == 0


def test_dead_changes_are_redriven_when_somebody_says_yes(run: Run, cloud: InProcessCloud) -> None:
    cloud.queues.put("failures-dead-letters", "{}", 0)
    assert "dead changes\t1\t\t\tfind the cause" in run("health").stdout
    assert "workflow events\t0\t\t\t\n" in run("health").stdout

    assert run("redrive", stdin="n\n").exit_code == 1
    assert len(cloud.queues.queues["failures-dead-letters"]) == 1
    cloud.queues.moves.at_once = 0
    begun = run("redrive", stdin="y\n")
    assert begun.exit_code == 0
    assert begun.stdout.endswith("redrive RUNNING, 0 of 1 moved\n")
    assert "dead changes\t1\t\t\tredrive RUNNING, 0 of 1 moved" in run("health").stdout
    assert run("redrive", "--cancel").stdout == "redrive CANCELLED, 0 of 1 moved\n"

    cloud.queues.moves.at_once = None
    assert json.loads(run("redrive", "--yes", "--json").stdout)["status"] == "COMPLETED"
    assert run("redrive", "workflow-events", "--yes").exit_code == 6
