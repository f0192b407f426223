"""`taskmill failures`, `tree` and `batches`, and the filters of `taskmill list`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from network import Network
from typer.testing import Result

from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

Run = Callable[..., Result]


def of(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_failures_are_listed_with_their_error(run: Run, client: TaskClient) -> None:
    for number in range(3):
        client.submit("fails", number, code=f"f-{number}")

    text, found = run("failures"), of(run("failures", "--json"))

    assert {each["code"] for each in found} == {"f-0", "f-1", "f-2"}
    line = text.stdout.splitlines()[0]
    assert found[0]["fingerprint"] in line
    assert found[0]["errorText"] in line
    group = run("failures", "--fingerprint", found[0]["fingerprint"], "--limit", "2", "--json")
    assert len(of(group)) == 2


def test_without_failures_it_says_so(run: Run) -> None:
    result = run("failures", "--type", "double")

    assert (result.exit_code, result.stdout) == (0, "")
    assert "no failures" in result.stderr


def test_a_tree_is_indented(run: Run, client: TaskClient) -> None:
    task = client.submit("double", 1)

    result, found = run("tree", "double", task.code), of(run("tree", "double", task.code, "--json"))

    assert result.stdout.startswith(f"double {task.code}\tCOMPLETED")
    assert [each["code"] for each in found] == [task.code]


def test_batches_are_listed(run: Run, client: TaskClient) -> None:
    task = client.map("double", [1, 2, 3], batch_size=2)

    result, found = run("batches", "double", task.code), of(run("batches", task.sk, "--json"))

    assert result.stdout.splitlines()[0].startswith("0\t0-1\tCLOSED\t2\t0\t0\t")
    assert [each["completed"] for each in found] == [2, 1]


def test_a_list_is_filtered(
    run: Run, client: TaskClient, cloud: InProcessCloud, network: Network
) -> None:
    network.idle = True
    for number in range(4):
        client.submit("double", number, code=f"own-{number}")
    client.cancel({"pk": "TASK#mbc", "sk": "double#own-0"})

    def codes(*words: str) -> set[str]:
        return {each["code"] for each in of(run("list", "--json", *words))}

    assert codes("--status", "cancelled,failed") == {"own-0"}
    assert codes("--status", "CANCELLED,QUEUED") == {f"own-{number}" for number in range(4)}
    assert codes("--type", "double", "--prefix", "own-1") == {"own-1"}
    assert codes("--since", "1h") == {f"own-{number}" for number in range(4)}
    assert codes("--until", "1h") == set()
    assert codes("--type", "double", "--since", "1h", "--until", "2099-01-01") == {
        f"own-{number}" for number in range(4)
    }


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["list", "--status", "queued,broken"], "'broken' is no status"),
        (["list", "--since", "soon"], "'soon' is no time"),
        (["list", "--prefix", "a"], "--prefix needs --type"),
        (["tree", "a", "b", "--depth", "11"], "--depth"),
    ],
)
def test_a_wrong_filter_is_a_usage_error(run: Run, words: list[str], told: str) -> None:
    result = run(*words)

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.replace("│", " ").split())
