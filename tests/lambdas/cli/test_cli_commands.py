import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from network import Network
from typer.testing import Result

from taskmill.cli.app import app
from taskmill.client import TaskClient

Run = Callable[..., Result]


def test_submit_prints_a_key_that_other_commands_take(run: Run) -> None:
    key = run("submit", "double", "21").stdout.strip()

    assert run("result", key).stdout == "42\n"
    assert run("result", *key.split("#")).stdout == "42\n"
    assert run("result", "TASK#mbc", key).stdout == "42\n"
    assert run("result", f"TASK#mbc/{key}").stdout == "42\n"


def test_submit_says_on_stderr_how_to_follow(run: Run) -> None:
    result = run("submit", "double", "21")

    code = result.stdout.strip().partition("#")[2]
    assert result.stderr == f"QUEUED; follow it: taskmill watch double {code}\n"


def test_a_command_to_copy_repeats_what_the_environment_does_not_say(run: Run) -> None:
    url = "https://abc123.execute-api.eu-north-1.amazonaws.com"

    result = run("submit", "double", "21", "--tenant", "other", "--url", url)

    assert result.stderr.endswith(f" --url {url} --tenant other\n")


@pytest.mark.parametrize(
    ("words", "stdin"), [(["21"], None), (["-"], "21"), (["@input.json"], None)]
)
def test_an_input_is_text_a_file_or_stdin(
    words: list[str], stdin: str | None, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "input.json").write_text("\ufeff21\n")

    result = run("submit", "double", *words, "--wait", "--json", stdin=stdin)

    assert json.loads(result.stdout)["attributes"]["result"] == 42


def test_a_code_of_ones_own_names_the_task_once_and_for_all(run: Run) -> None:
    for _ in range(2):
        assert run("submit", "double", "21", "--code", "order-17").stdout == "double#order-17\n"

    assert run("submit", "double", "22", "--code", "order-17").exit_code == 6
    assert run("result", "double", "order-17").stdout == "42\n"


def test_submit_passes_on_its_options(run: Run, network: Network) -> None:
    network.idle = True
    options = ["--name", "a name", "--delay", "60", "--notify", "none", "--idempotency-key", "k"]

    run("submit", "double", "1", *options)

    assert json.loads(network.requests[0].content) == {
        "taskType": "double",
        "input": 1,
        "name": "a name",
        "delaySeconds": 60,
        "notify": "none",
        "idempotencyKey": "k",
    }


def test_map_makes_an_object_of_each_row_of_a_table(
    run: Run, network: Network, tmp_path: Path
) -> None:
    (tmp_path / "cities.csv").write_text("code,city\nAMS,Amsterdam\nGIG,Rio\n")

    run("map", "other", "cities.csv", "--tolerate", "5%", "--batch-size", "2")

    sent = json.loads(network.requests[0].content)
    assert sent["input"] == [{"code": "AMS", "city": "Amsterdam"}, {"code": "GIG", "city": "Rio"}]
    assert (sent["toleratedFailures"], sent["batchSize"]) == ("5%", 2)


@pytest.mark.parametrize(
    ("form", "stdin"),
    [([], "1\n2\n"), (["--format", "json"], "[1, 2]"), (["--format", "csv"], "a\n1\n2\n")],
)
def test_map_reads_stdin_as_lines_unless_told_otherwise(
    form: list[str], stdin: str, run: Run, network: Network
) -> None:
    run("map", "other", "-", *form, stdin=stdin)

    assert len(json.loads(network.requests[0].content)["input"]) == 2


def test_get_tells_what_matters(run: Run, client: TaskClient) -> None:
    task = client.submit("double", -3, name="wrong")

    shown = run("get", "double", task.code).stdout

    facts = dict(line.split(maxsplit=1) for line in shown.splitlines())
    assert facts["status"] == "FAILED"
    assert facts["name"] == "wrong"
    assert facts["error"] == "Abort: -3 is negative"
    assert facts["history"].startswith("CREATED > ")


def test_an_index_names_a_subtask(run: Run, client: TaskClient) -> None:
    code = client.map("double", [5, 6]).code

    assert json.loads(run("get", "double", code, "1", "--json").stdout)["input"] == 6
    assert json.loads(run("get", f"double#{code}#1", "--json").stdout)["input"] == 6


def test_list_shows_both_kinds_a_line_each(run: Run, client: TaskClient) -> None:
    single, fan_out = client.submit("double", 1), client.map("double", [1])

    lines = [line.split("\t") for line in run("list").stdout.splitlines()]

    assert [line[:4] for line in lines] == [
        ["SFN_TASK", "double", fan_out.code, "COMPLETED"],
        ["TASK", "double", single.code, "COMPLETED"],
    ]


def test_list_can_be_narrowed_and_limited(run: Run, client: TaskClient, network: Network) -> None:
    network.idle = True
    codes = [client.submit("double", each).code for each in range(4)]
    client.submit("other", 1)

    words = ["--type", "double", "--kind", "task", "--status", "queued", "--limit", "3", "--json"]
    listed = json.loads(run("list", *words).stdout)

    assert [each["code"] for each in listed] == sorted(codes, reverse=True)[:3]


def test_an_empty_list_is_still_json(run: Run) -> None:
    assert json.loads(run("list", "--json").stdout) == []


def test_subtasks_shows_what_failed_and_why(run: Run, client: TaskClient) -> None:
    code = client.map("double", [1, -2, 3]).code

    shown = run("subtasks", "double", code, "--status", "failed").stdout

    assert shown == "1\tFAILED\t1\tAbort: -2 is negative\n"


def test_cancel_and_retry(run: Run, client: TaskClient, network: Network) -> None:
    network.idle = True
    key = f"double#{client.submit('double', 1).code}"

    assert run("cancel", key).stdout == f"CANCELLED {key}\n"
    assert run("retry", key).stdout == f"{key}\n"


def test_several_tasks_are_changed_at_once(run: Run, client: TaskClient, network: Network) -> None:
    network.idle = True
    codes = [client.submit("double", each).code for each in range(4)]
    forms = ["double", codes[0], f"double#{codes[1]}", "TASK#mbc", f"double#{codes[2]}"]

    result = run("cancel", *forms, f"TASK#mbc/double#{codes[3]}")

    assert result.stdout.splitlines() == [f"CANCELLED double#{code}" for code in codes]
    again = json.loads(run("--json", "retry", *forms).stdout)
    assert [(each["status"], each["code"]) for each in again] == [
        ("CREATED", code) for code in codes[:3]
    ]


def test_one_that_cannot_be_changed_does_not_stop_the_others(run: Run, client: TaskClient) -> None:
    ended, failed = client.submit("double", 1).code, client.submit("double", -1).code

    result = run("retry", f"double#{ended}", "double#nowhere", f"double#{failed}")

    assert result.exit_code == 6  # of the first
    assert result.stdout == f"double#{failed}\n"
    problems = [line for line in result.stderr.splitlines() if line.startswith("taskmill: ")]
    assert "COMPLETED" in problems[0]
    assert "nowhere" in problems[1]


def test_half_a_key_is_refused_before_anything_is_changed(run: Run, network: Network) -> None:
    result = run("cancel", "double#1", "double")

    assert (result.exit_code, network.requests) == (2, [])


COMMANDS: list[list[str]] = [
    ["submit", "double", "1"],
    ["submit", "double", "1", "--wait"],
    ["map", "double", "-"],
    ["map", "double", "-", "--wait"],
    ["get", "double", "CODE"],
    ["watch", "double", "CODE"],
    ["result", "double", "CODE"],
    ["list"],
    ["subtasks", "double", "FAN_OUT"],
    ["retry", "double", "FAILED"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_with_json_stdout_is_one_document_and_nothing_else(
    words: list[str], run: Run, client: TaskClient
) -> None:
    codes = {
        "CODE": client.submit("double", 1).code,
        "FAN_OUT": client.map("double", [1]).code,
        "FAILED": client.submit("double", -1).code,
    }

    result = run("--json", *(codes.get(word, word) for word in words), stdin="1\n2\n")

    document: Any = json.loads(result.stdout)
    assert document is not None
    assert "\x1b" not in result.output


def test_global_options_may_stand_anywhere(run: Run, network: Network) -> None:
    run("submit", "--tenant=other", "double", "--json", "1")
    run("--tenant", "other", "submit", "double", "1")

    paths = {each.url.path for each in network.requests}
    assert paths == {"/v1/tenants/other/tasks"}


def test_no_command_has_an_option_of_a_global_ones_name() -> None:
    """The global one would be taken, wherever it stands."""
    root = typer.main.get_command(app)
    known = {name for option in root.params for name in (*option.opts, *option.secondary_opts)}
    assert {"--stack", "--tenant"} <= known

    def options(command: Any) -> Iterator[str]:
        for each in getattr(command, "commands", {}).values():
            yield from (name for option in each.params for name in option.opts if name[0] == "-")
            yield from options(each)

    assert set(options(root)).isdisjoint(known)


def test_what_follows_two_dashes_is_no_option(run: Run, network: Network) -> None:
    network.idle = True
    run("submit", "double", "--", "-5")

    assert json.loads(network.requests[0].content)["input"] == -5


def test_what_users_store_cannot_drive_a_terminal(run: Run, client: TaskClient) -> None:
    task = client.submit("other", "\x1b[2J", name="\x1b]0;owned\x07 [red]")

    shown = run("get", "other", task.code).stdout

    assert "\\x1b]0;owned\\x07 [red]" in shown
    assert "\x1b" not in shown


def test_version(run: Run) -> None:
    assert run("--version").stdout.startswith("taskmill ")


def test_help_has_examples_and_exit_codes(run: Run) -> None:
    shown = run("--help").stdout

    assert "taskmill map resize images.jsonl" in shown
    assert "130 interrupted" in shown


def test_help_needs_neither_http_nor_aws() -> None:
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "import taskmill\n"
        "own = set(sys.modules)\n"
        "import taskmill.cli.app\n"
        "new = set(sys.modules) - own\n"
        "print(sorted(m for m in new if m.split('.')[0] in ('httpx', 'botocore', 'pydantic')))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "[]"


def test_map_takes_the_delimiter_of_a_table(run: Run, network: Network, tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("code,no;city\nAMS;Amsterdam\n")
    (tmp_path / "tabs.csv").write_text("a:b\tc\n1\t2\n")

    run("map", "other", "cities.csv", "--delimiter", ";")
    run("map", "other", "tabs.csv", "--delimiter", "tab")

    assert [json.loads(each.content)["input"] for each in network.requests if each.content] == [
        [{"code,no": "AMS", "city": "Amsterdam"}],
        [{"a:b": "1", "c": "2"}],
    ]


@pytest.mark.parametrize("delimiter", ["", "ab", "x", "1", '"', "\n"])
def test_what_is_no_delimiter_is_refused(delimiter: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "cities.csv").write_text("code\nAMS\n")

    answer = run("map", "other", "cities.csv", "--delimiter", delimiter)

    assert (answer.exit_code, "--delimiter is a character" in answer.output) == (2, True)


def test_get_names_who_cancelled_a_task_and_who_retried_it(run: Run, network: Network) -> None:
    network.idle = True
    key = run("submit", "double", "21").stdout.strip()

    run("cancel", key)
    run("retry", key)

    assert "CANCELLED by tester > CREATED by tester" in run("get", key).stdout
