"""Every command, given texts that would drive a terminal or add lines to a file."""

import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hostile_api import TEXT, HostileApi
from typer.testing import CliRunner, Result

import taskmill.cli
from taskmill.cli import main
from taskmill.cli.app import app
from taskmill.cli.output import Output
from taskmill.cli.tasks import tail
from taskmill.dispatch.repairs import Swept
from taskmill.dispatch.sweeper import Sweep, Sweeper
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud
from taskmill_local import CloudStatus, LocalCloud, LocalCloudError

# Further words of each command, and how many lines it prints to stdout.
COMMANDS: dict[tuple[str, ...], tuple[list[str], int]] = {
    ("submit",): (["x", "1"], 1),
    ("map",): (["x", "-"], 1),
    ("get",): (["x", "1"], 13),
    ("list",): ([], 2),
    ("children",): (["x", "1"], 2),
    ("subtasks",): (["x", "1"], 3),
    ("watch",): (["x", "1"], 1),
    ("tail",): ([], 4),
    ("result",): (["x", "1"], 5),
    ("cancel",): (["x", "1"], 1),
    ("retry",): (["x", "1"], 1),
    ("work",): ([], 0),
    ("sweep",): ([], 1),
    ("schedules", "list"): ([], 3),
    ("schedules", "show"): (["x"], 11),
    ("schedules", "put"): (["x", "x", "rate(1 hour)"], 1),
    ("schedules", "pause"): (["x"], 1),
    ("schedules", "resume"): (["x"], 1),
    ("schedules", "remove"): (["x"], 1),
    ("schedules", "fires"): (["x"], 2),
    ("schedules", "fire"): (["x"], 1),
    ("schedules", "backfill"): (["x", "--from", "2h", "--to", "1h"], 2),
    ("failures",): ([], 2),
    ("tree",): (["x", "1"], 3),
    ("stats",): ([], 1),
    ("errors",): ([], 2),
    ("types",): ([], 1),
    ("whoami",): ([], 7),
    ("health",): ([], 4),
    ("redrive",): (["--yes"], 1),
    ("limits", "show"): ([], 2),
    ("limits", "set"): (["x", "--concurrency", "1"], 1),
    ("limits", "unset"): (["x"], 1),
    ("pause",): (["x"], 1),
    ("resume",): (["x"], 1),
    ("pauses",): ([], 2),
    ("bulk", "retry"): (["--yes"], 1),
    ("bulk", "cancel"): (["--yes"], 1),
    ("bulk", "list"): ([], 2),
    ("callbacks", "list"): (["--type", "x"], 3),
    ("callbacks", "add"): (["x", "--on", "success", "--run", "y"], 1),
    ("callbacks", "remove"): (["x~y"], 1),
    ("local", "up"): ([], 1),
    ("local", "down"): ([], 1),
    ("local", "status"): ([], 3),
}
WITHOUT_API = {("work",), ("sweep",), ("local", "up"), ("local", "down"), ("local", "status")}
BY_RICH = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours and cursor; nothing of `TEXT` but one
HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u206f\u200b-\u200f\ufeff]")


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all commands below a group."""
    for name, each in getattr(command, "commands", {}).items():
        if hasattr(each, "commands"):
            yield from leaves(each, (*path, name))
        else:
            yield (*path, name)


def harmless(text: str, *, terminal: bool = False) -> str:
    """The text; fails if a terminal would obey or hide a part of it."""
    shown = BY_RICH.sub("", text).replace("\r", "") if terminal else text
    assert not (found := HARMFUL.search(shown)), f"{found} in {shown!r}"
    assert "owned" not in shown or "\\x1b]0;owned" in shown or "\\u001b]0;owned" in shown
    return shown


@pytest.fixture
def api() -> HostileApi:
    return HostileApi()


Run = Callable[..., Result]


@pytest.fixture
def run(api: HostileApi, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command against the hostile API; `tail` looks twice, the local cloud is hostile."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
        "TASKMILL_URL": "https://abc123.execute-api.eu-west-1.amazonaws.com",
        "TASKMILL_TENANT": "mbc",
        "TASKMILL_TABLE": "tasks",
        "TASKMILL_BUCKET": "payloads",
        "TASKMILL_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/1/work",
        "TASKMILL_MODULES": "cannot_be_imported",
        "TASKMILL_STATE_MACHINE_ARN": "arn:aws:states:eu-west-1:1:stateMachine:subtasks",
    }.items():
        monkeypatch.setenv(name, value)
    Path("cannot_be_imported.py").write_text(f"raise RuntimeError({TEXT!r})")
    monkeypatch.setattr(sys, "path", [*sys.path])
    outputs = {"ApiUrl": TEXT, "EndpointUrl": TEXT}

    def up(cloud: LocalCloud, **_: Any) -> dict[str, str]:
        cloud._report(TEXT)
        return outputs

    monkeypatch.setattr(LocalCloud, "up", up)
    monkeypatch.setattr(LocalCloud, "down", lambda _: True)
    status = CloudStatus(running=True, pid=1, port=4566, outputs=outputs, state_dir=Path())
    monkeypatch.setattr(LocalCloud, "status", lambda _: status)
    monkeypatch.setattr(tail.Follower, "_new", lambda _, task: task.history)

    key, why = TaskKey(Kind.TASK, "mbc", "x", "1"), TEXT

    def swept(_: Any, *, dry_run: bool, found: Callable[[Swept], None]) -> Sweep:
        assert not dry_run
        found(Swept(key, Status.QUEUED, "sent", why))
        return Sweep(open_tasks=1)

    monkeypatch.setattr(Sweeper, "sweep", swept)

    def no_more(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tail.time, "sleep", no_more)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, words, input="1\n", obj=api, catch_exceptions=False)

    return run


# Run other programs, read nothing that others have stored, or are given such texts elsewhere.
ELSEWHERE = {
    ("deploy",),
    ("diff",),
    ("destroy",),
    ("bootstrap",),
    ("dev",),
    ("init",),
    ("explain",),
    ("use",),
    ("logs",),
    ("doctor",),
    ("console",),
    ("batches",),  # nothing but numbers and the API's own words
    ("open",),
}


def test_no_command_is_forgotten() -> None:
    assert set(leaves(typer.main.get_command(app))) == set(COMMANDS) | ELSEWHERE


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_piped_lines_are_as_many_as_there_are_rows(run: Run, command: tuple[str, ...]) -> None:
    words, lines = COMMANDS[command]

    result = run(*command, *words)

    assert len(harmless(result.stdout).split("\n")) - 1 == lines
    harmless(result.stderr)
    if command != ("local", "down"):
        assert "owned" in result.output


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_is_driven_by_nobody_else(
    run: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "4000")

    result = run(*command, *COMMANDS[command][0])

    harmless(result.stdout, terminal=True)
    harmless(result.stderr, terminal=True)
    if command == ("list",):
        assert BY_RICH.search(result.stdout)  # it was taken for a terminal


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {("work",)}), ids=" ".join)
def test_json_is_exact_and_printable(run: Run, command: tuple[str, ...]) -> None:
    result = run("--json", *command, *COMMANDS[command][0])

    documents = result.stdout.splitlines() if command == ("tail",) else [harmless(result.stdout)]
    for document in documents:
        value = json.loads(document)
        if command not in {("local", "down"), ("tail",)}:
            assert TEXT in strings(value)


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - WITHOUT_API), ids=" ".join)
def test_the_message_of_a_refusal_is_one_line(
    run: Run, api: HostileApi, command: tuple[str, ...]
) -> None:
    api.refuses = True

    result = run(*command, *COMMANDS[command][0])

    assert result.exit_code == 6
    refusal = [line for line in harmless(result.stderr).split("\n") if "taskmill: " in line]
    assert len(refusal) == 1
    assert "owned" in refusal[0]


@pytest.mark.parametrize(
    "words",
    [
        ["get", TEXT],
        ["get", "x", "1", f"--{TEXT}"],
        [TEXT],
        ["submit", "x", TEXT],
        ["submit", "x", f"@{TEXT.replace(chr(0), '')}"],
        ["submit", "x", "--at", TEXT],
        ["submit", "x", "--delay", TEXT],
        ["submit", "x", "--log-id", TEXT],
        ["list", "--status", TEXT],
        ["callbacks", "remove", TEXT],
        ["map", "x", TEXT.replace(chr(0), "")],
    ],
    ids=lambda words: " ".join(words).partition("a\n")[0],
)
def test_what_is_wrong_on_a_command_line_is_repeated_harmlessly(run: Run, words: list[str]) -> None:
    result = run(*words)

    assert result.exit_code == 2
    harmless(result.output)


def test_a_bug_of_ours_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        raise RuntimeError(TEXT)

    monkeypatch.setattr("taskmill.cli.app.app", fails)

    with pytest.raises(SystemExit):
        main()

    assert harmless(capsys.readouterr().err).count("\n") == 1


def test_a_local_cloud_that_fails_keeps_the_lines_of_its_log(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def up(_: LocalCloud, **__: Any) -> None:
        raise LocalCloudError("the CDK failed:\n\x1b[31mred\x1b[0m\n\x9bend")

    monkeypatch.setattr(LocalCloud, "up", up)

    told = harmless(run("local", "up").stderr)

    assert told == "taskmill: the CDK failed:\n\\x1b[31mred\\x1b[0m\n\\x9bend\n"


def test_a_lone_surrogate_stops_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()

    output.line("a\ud800")
    output.note("b\udfff")
    output.table(["X"], [["c\ud800", "d"]])
    output.json("e\ud800")

    told = capsys.readouterr()
    assert told.out == 'a\\ud800\nc\\ud800\td\n"e\\ud800"\n'
    assert told.err == "b\\udfff\n"


def test_a_pipe_with_an_old_encoding_gets_what_it_takes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w", encoding="latin-1") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        output = Output()
        output.line("é東")
        output.table(["X"], [["é東"]])
        output.json({"é": "東"})

    first, second, *document = (tmp_path / "out").read_text(encoding="latin-1").split("\n")
    assert first == second == "é\\u6771"
    assert json.loads("\n".join(document)) == {"é": "東"}


def test_log_lines_of_task_functions_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    own = {"POWERTOOLS_LOG_LEVEL": "INFO", "POWERTOOLS_SERVICE_NAME": "hostile"}
    with InProcessCloud(environment=own) as cloud:
        cloud.wiring.logger.info(TEXT, own=f"{TEXT}\ud800")

    (line,) = harmless(capsys.readouterr().out).splitlines()
    entry = json.loads(line)
    assert (entry["message"], entry["own"]) == (TEXT, f"{TEXT}\ud800")


def strings(value: Any) -> Iterator[str]:
    """All texts in a JSON value, those of keys as well."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        yield from value
        yield from strings(list(value.values()))


def test_only_one_module_of_the_command_line_prints() -> None:
    folder = Path(taskmill.cli.__file__).parent
    direct = re.compile(r"\bprint\(|\becho\(|\.write\(")
    found = {
        (path.stem, line.strip())
        for path in folder.rglob("*.py")
        for line in path.read_text().splitlines()
        if direct.search(line) and path.stem != "output" and "def " not in line
    }

    assert found == {
        ("__init__", 'sys.stderr.write(one_line(told) + "\\n")'),
        ("app", "typer.echo(f\"taskmill {version('taskmill')}\")"),
        ("work_settings", "return sys.stderr.write(text)"),  # log lines, which are JSON
        ("command", "call.output.out.print(Markdown(page))"),  # a page of our own
    }
