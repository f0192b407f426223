"""`taskmill result` and `map --out` of fan-outs; what `get` and `watch` tell of children."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from network import Network
from typer.testing import Result

from taskmill.cli.tasks import fan_out_results
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

Run = Callable[..., Result]


def test_the_results_of_a_fan_out_are_json_lines_in_the_order_of_its_inputs(
    run: Run, client: TaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out_results, "PAGE_SIZE", 3)
    client.map("double", range(10), code="f")

    result = run("result", "double", "f")

    assert [json.loads(line) for line in result.stdout.splitlines()] == [2 * n for n in range(10)]
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_subtask_without_a_result_has_null_and_is_told(run: Run, client: TaskClient) -> None:
    client.map("double", [1, -2, 3], code="f", tolerated_failures=1)

    result = run("result", "double", "f")

    assert result.stdout == "2\nnull\n6\n"
    assert result.exit_code == 0
    assert result.stderr == (
        "1 subtask has no result, and null in its line:"
        " taskmill subtasks double f --status failed\n"
    )


def test_with_json_each_line_says_how_its_subtask_ended(run: Run, client: TaskClient) -> None:
    client.map("double", [1, -2], code="f", tolerated_failures=1)

    first, second = map(json.loads, run("result", "double", "f", "--json").stdout.splitlines())

    assert first == {"index": 0, "status": "COMPLETED", "result": 2}
    assert (second["index"], second["status"]) == (1, "FAILED")
    assert second["error"]["message"] == "-2 is negative"


def test_a_failed_fan_out_still_gives_the_results_that_it_has(run: Run, client: TaskClient) -> None:
    client.map("double", [1, -2], code="f")

    result = run("result", "double", "f")

    assert (result.stdout, result.exit_code) == ("2\nnull\n", 1)


def test_a_fan_out_that_runs_has_no_results_yet(
    run: Run, client: TaskClient, network: Network
) -> None:
    network.idle = True
    client.map("double", [1], code="f")

    result = run("result", "double", "f")

    assert (result.stdout, result.exit_code) == ("", 6)
    assert "it has no result" in result.stderr


def test_large_results_are_downloaded_one_by_one(run: Run, client: TaskClient) -> None:
    client.map("repeat", [1, 300_000], code="f")

    lines = run("result", "repeat", "f").stdout.splitlines()

    assert [len(json.loads(line)) for line in lines] == [1, 300_000]


def test_map_writes_the_results_to_a_file(run: Run, tmp_path: Path) -> None:
    result = run("map", "double", "-", "--code", "f", "--out", "results.jsonl", stdin="1\n2\n")

    assert (tmp_path / "results.jsonl").read_text() == "2\n4\n"
    assert result.stdout.startswith("COMPLETED double f")
    assert result.stderr.endswith("results: results.jsonl\n")


def test_map_writes_what_there_is_after_failures_and_exits_with_1(run: Run, tmp_path: Path) -> None:
    result = run("map", "double", "-", "--out", "results.jsonl", stdin="1\n-2\n")

    assert (tmp_path / "results.jsonl").read_text() == "2\nnull\n"
    assert result.exit_code == 1


def test_a_file_that_cannot_be_written_is_told_before_anything_is_submitted(
    run: Run, network: Network
) -> None:
    result = run("map", "double", "-", "--out", "nowhere/results.jsonl", stdin="1\n")

    assert "cannot write nowhere/results.jsonl" in result.stderr
    assert (result.exit_code, network.requests) == (2, [])


def test_children_and_parent_are_shown(run: Run, client: TaskClient) -> None:
    client.submit("double-all", [1, 2], code="d-1")

    listed = [
        line.split("\t")[:2] for line in run("children", "double-all", "d-1").stdout.splitlines()
    ]
    assert sorted(listed) == [["SFN_TASK", "double"], ["TASK", "double"]]

    child = next(iter(client.children(client.get("double-all", "d-1"))))
    facts = dict(
        line.split(maxsplit=1) for line in run("get", "double", child.code).stdout.splitlines()
    )
    assert facts["parent"] == "double-all d-1"
    assert "logs: taskmill logs double-all d-1" in run("get", "double-all", "d-1").stderr
    assert "children: taskmill children double-all d-1" in run("get", "double-all", "d-1").stderr


def test_watch_tells_how_far_the_children_are(
    run: Run, client: TaskClient, network: Network, cloud: InProcessCloud
) -> None:
    network.idle = True
    client.submit("double-all", [1, 2, 3], code="d-1")
    while client.get("double-all", "d-1").status != "WAITING":
        cloud.step()

    waiting = run("watch", "double-all", "d-1", "--timeout", "0").stderr

    assert "WAITING  waits: " in waiting
    assert "of 1 children" in waiting or "of 3 subtasks" in waiting
