"""The README: its programs run, its commands exist, its links resolve. Figures: test_figures.py."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from network import URL, Network
from typer.testing import CliRunner

import taskmill_cdk
from taskmill.cli.app import app as command_line
from taskmill.client import TaskClient
from taskmill.testing import InProcessCloud

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The reader's own folder, with what the README has them write."""
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "greetings.py").write_text(program('@task("greet")'))
    (tmp_path / "tasks" / "invoices.py").write_text(program('@task("invoice"'))
    (tmp_path / "app.py").write_text(program("app.synth()"))
    (tmp_path / "names.jsonl").write_text('"Ada"\n"Grace"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "tasks"))
    monkeypatch.setenv("TASKMILL_URL", URL)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("TASKMILL_TENANT", raising=False)
    monkeypatch.delenv("TASKMILL_TOKEN", raising=False)
    return tmp_path


@pytest.fixture
def network(project: Path) -> Iterator[Network]:
    with InProcessCloud(modules=["greetings", "invoices"]) as cloud:
        yield Network(cloud)


def test_the_first_program_has_ten_lines(project: Path) -> None:
    text = (project / "tasks/greetings.py").read_text() + (project / "app.py").read_text()

    assert len([line for line in text.splitlines() if line.strip()]) == 10


def test_the_task_greets_from_the_shell(network: Network) -> None:
    shown = [words for words in commands("taskmill") if "greet" in words and "demo" in words]
    assert len(shown) == 2

    for words in shown:
        answer = CliRunner().invoke(command_line, words, obj=network, catch_exceptions=False)
        assert answer.exit_code == 0, answer.output
        assert answer.stdout.startswith("COMPLETED greet ")


def test_an_input_that_is_no_name_is_refused_on_submit(network: Network) -> None:
    words = ["submit", "greet", "42", "--tenant", "demo"]

    answer = CliRunner().invoke(command_line, words, obj=network, catch_exceptions=False)

    assert answer.exit_code == 6
    [told] = re.findall(r"`submit greet 42` fails with `(.+?)`", README)
    assert told in answer.output


def test_the_task_greets_from_python(
    network: Network, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Client(TaskClient):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options, transport=network, sleep=lambda _: None)

    monkeypatch.setattr("taskmill.client.TaskClient", Client)
    run(program("from taskmill.client import TaskClient"))

    greeting, counts = capsys.readouterr().out.splitlines()
    assert greeting == "Hello, World!"
    assert counts == "{'total': 2, 'completed': 2, 'failed': 0, 'cancelled': 0}"


def test_the_typed_task_runs_and_fails_as_it_says(network: Network) -> None:
    def submit(order: str) -> str:
        words = ["submit", "invoice", order, "--tenant", "demo", "--wait"]
        return CliRunner().invoke(command_line, words, obj=network, catch_exceptions=False).output

    assert "COMPLETED invoice" in submit('{"number": 7, "lines": ["tea"]}')
    assert "Abort: an order without lines" in submit('{"number": 7, "lines": []}')


def test_the_test_of_the_task_passes(project: Path) -> None:
    names = run(program("from taskmill.testing import InProcessCloud"))

    names["test_everybody_is_greeted"]()


def test_the_stack_synthesises_for_the_local_cloud(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".build").symlink_to(ROOT / ".build")  # layers that were built before
    (ROOT / ".build").mkdir(exist_ok=True)
    monkeypatch.setenv("CDK_OUTDIR", str(project / "out"))
    monkeypatch.setenv("CDK_CONTEXT_JSON", '{"local": "true"}')

    synth = subprocess.run([sys.executable, "app.py"], capture_output=True, check=False, text=True)

    assert synth.returncode == 0, synth.stderr
    assert (project / "out" / "Greetings.template.json").exists()


def test_the_subclass_encrypts_its_queue(project: Path) -> None:
    from aws_cdk import App
    from aws_cdk.assertions import Match, Template

    names = run(program("class EncryptedQueue"))
    stack = names["MyStack"](App(), "Mine", build_folder=ROOT / ".build")

    template = Template.from_stack(stack)
    template.resource_count_is("AWS::KMS::Key", 2)  # of the queues for normal and for urgent work
    template.has_resource_properties("AWS::SQS::Queue", {"KmsMasterKeyId": Match.any_value()})


def test_every_make_target_that_is_named_exists() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = {words[0] for words in commands("make") if words}

    assert {"run", "test", "stop", "lint", "deploy"} <= named <= set(targets)


def test_ci_runs_the_commands_that_the_readme_says() -> None:
    script = (ROOT / ".ci/run").read_text()

    assert "must pass `.ci/run`: `make lint`, then `make test`." in README
    assert re.findall(r"^make (\w+)$", script, re.MULTILINE) == ["lint", "test"]


@pytest.mark.parametrize("words", commands("taskmill"), ids=" ".join)
def test_every_command_that_is_shown_exists_with_its_options(words: list[str]) -> None:
    answer = CliRunner().invoke(command_line, [*words, "--help"], catch_exceptions=False)

    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize("page", sorted(PAGES), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_the_table_of_parts_names_every_construct() -> None:
    part = README.partition("\n## Parts\n")[2].partition("\n## ")[0]

    assert set(taskmill_cdk.__all__) <= set(re.findall(r"`(\w+)`", part))


def run(text: str) -> dict[str, Any]:
    """Execute a program of the README; its names."""
    names: dict[str, Any] = {"__name__": "readme"}
    exec(compile(text, "README.md", "exec"), names)  # noqa: S102  # to run it is the point
    return names
