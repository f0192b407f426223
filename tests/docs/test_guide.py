"""The user guide: every block of it runs, every line of its code is reached by its own tests.

A page is a small project. Its Python blocks, in order, are one file, `shop.py`, or the file that
their first line names; `pytest` runs that file. `app.py` is synthesised. A block that begins with
`# order.py, a script` is run as that: what it prints is what stands behind `# ->`. Shell and HTTP
blocks and scripts run in their order in one in-process cloud that knows the page's task functions.

Pages about other systems show code of theirs, below a comment with the system's name. It is
compiled only.
"""

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any
from unittest.mock import patch

import httpx
import page_stacks
import page_tests
import pytest
from network import URL, Network
from typer.testing import CliRunner

import taskmill.wiring.connecting  # noqa: F401  # stays when the modules of a page are forgotten
from taskmill.cli.app import app as command_line
from taskmill.client import TaskClient
from taskmill.functions.known_functions import FUNCTIONS
from taskmill.functions.loop_threads import current_loop
from taskmill.model.interruptions import drop_pending
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs/guide"
OTHERS = ROOT / "docs/coming-from"
PAGES = sorted([*GUIDE.glob("*.md"), *OTHERS.glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE_NAME = re.compile(r"# (\w+\.py)\n")
SCRIPT = re.compile(r"# (\w+\.py), a script\n")
FOREIGN = re.compile(r"# (Celery|RQ|Step Functions|Lambda durable functions)\n")
PRINTED = re.compile(r"\)  # -> (.*)$", re.MULTILINE)
TASK_MODULE, STACK = "shop.py", "app.py"
ANSWER = re.compile(r"^-> (?P<text>.*?)(?:,? ?exit (?P<exit>\d+))?$")
ENDLESS = {
    "console",
    "dev",
    "init",
    "open",
    "work",
    "tail",
    "local",
    "sweep",
    "logs",
}  # these wait, or need a cloud of their own
TOOLS = {"seq", "printf"}  # what lines may begin with, besides taskmill and export


class Line(Network):
    """A network to a cloud in which two seconds pass after each request."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.idle = True
        answer = super().handle_request(request)
        self.cloud.advance(seconds=2)
        return answer


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the line of the page that its text begins in."""

    page: Path
    language: str
    text: str
    line: int

    @property
    def file(self) -> str:
        """Which file of the page's project a Python block belongs to."""
        named = FILE_NAME.match(self.text)
        return named[1] if named else TASK_MODULE

    @property
    def runner(self) -> str | None:
        """Who runs it: nothing stands on a page that nobody does."""
        if self.language == "python":
            if FOREIGN.match(self.text):
                return "compiler"
            if SCRIPT.match(self.text):
                return "shell"
            return "stack" if self.file == STACK else "tests"
        return {"sh": "shell", "http": "shell", "json": "parser"}.get(self.language)


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(page, found[1], found[2], text.count("\n", 0, found.start(2)) + 1)
        for found in FENCE.finditer(text)
    ]


def of(runner: str) -> list[Any]:
    """The pages that have blocks for a runner, as parameters of a test."""
    pages = [page for page in PAGES if any(each.runner == runner for each in blocks(page))]
    return [pytest.param(page, id=page.stem) for page in pages]


def files(page: Path) -> dict[str, str]:
    """The page's files; their code stands in the same lines as on the page."""
    made: dict[str, str] = {}
    for block in blocks(page):
        if block.runner in ("tests", "stack"):
            before = made.get(block.file, "")
            made[block.file] = before + "\n" * (block.line - before.count("\n") - 1) + block.text
    return made


def write(page: Path, folder: Path) -> Path:
    """Write the page's files into a folder, with the fixture that all pages use."""
    shared = {"conftest.py": files(GUIDE / "testing.md")["conftest.py"]}
    for name, text in (shared | files(page)).items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def project(tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(page, tmp_path)


@pytest.fixture(scope="module")
def tested(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """The folder of each page, after its tests were run there."""
    folders = {page: write(page, tmp_path_factory.mktemp(page.stem)) for page in PAGES}
    for folder in folders.values():
        (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    command = [sys.executable, page_tests.__file__, *map(str, folders.values())]
    ran = subprocess.run(command, capture_output=True, check=False, text=True, env=environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folders


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """The folder of each page that has a stack, after that was synthesised there."""
    pages = [page for page in PAGES if STACK in files(page)]
    folders = {page: write(page, tmp_path_factory.mktemp(page.stem)) for page in pages}
    (ROOT / ".build").mkdir(exist_ok=True)
    for folder in folders.values():
        (folder / "tasks").mkdir()
        (folder / TASK_MODULE).rename(folder / "tasks" / TASK_MODULE)
        (folder / ".build").symlink_to(ROOT / ".build")  # layers that were built before
    command = [sys.executable, page_stacks.__file__, *map(str, folders.values())]
    ran = subprocess.run(command, capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folders


@pytest.fixture
def cloud(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InProcessCloud]:
    """An in-process cloud with the page's task functions and no others."""
    monkeypatch.syspath_prepend(str(project))
    for name, value in {
        "TASKMILL_URL": URL,
        "TASKMILL_TENANT": "acme",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "XDG_CONFIG_HOME": str(project),
    }.items():
        monkeypatch.setenv(name, value)
    others = patch.dict(FUNCTIONS, clear=True), patch.dict(sys.modules)
    tenant = {"TASKMILL_TENANT": "acme"}
    with others[0], others[1], InProcessCloud(modules=["shop"], environment=tenant) as cloud:
        yield cloud


@pytest.fixture
def seen_by_scripts(
    page: Path,
    cloud: InProcessCloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> set[tuple[str, int]]:
    """The lines of the page's task module that its scripts reach."""
    lines = page_tests.Lines(Path.cwd())
    before = sys.gettrace()
    # In CPython 3.11, traced code waits for an exception that is pending in any thread, such as one
    # that another test has left asleep: of that, this leaves no sign.
    drop_pending()
    current_loop().leave()  # async tasks get a new thread: one that runs already is not traced
    sys.settrace(lines.trace)
    threading.settrace(lines.trace)
    for block in blocks(page):
        if SCRIPT.match(block.text):
            run_script(block, Line(cloud), monkeypatch, capsys)
    sys.settrace(before)
    threading.settrace(None)  # type: ignore[arg-type]
    current_loop().leave()
    return lines.seen


@pytest.mark.parametrize("page", [*of("compiler"), *of("parser")])
def test_what_is_shown_of_others_is_well_formed(page: Path) -> None:
    for block in blocks(page):
        if block.runner == "compiler":
            compile(block.text, page.name, "exec")
        elif block.runner == "parser":
            json.loads(block.text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_has_somebody_who_runs_it(page: Path) -> None:
    fences = re.findall(r"^\s*(```|~~~)", page.read_text(), re.MULTILINE)

    assert [each for each in blocks(page) if each.runner is None] == []
    assert len(fences) == 2 * len(blocks(page))  # none that the pattern above overlooks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_tests_what_it_says(page: Path) -> None:
    code = files(page)[TASK_MODULE]

    names = [each.name for each in ast.walk(ast.parse(code)) if isinstance(each, ast.FunctionDef)]
    assert any(name.startswith("test_") for name in names)


@pytest.mark.xdist_group("guide")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_tests_of_the_page_pass(page: Path, tested: dict[Path, Path]) -> None:
    report = (tested[page] / "report.txt").read_text()

    assert not report, report


@pytest.mark.xdist_group("guide")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_line_of_the_page_is_reached(
    page: Path, tested: dict[Path, Path], request: pytest.FixtureRequest
) -> None:
    seen = {tuple(each) for each in json.loads((tested[page] / "seen.json").read_text())}
    if any(SCRIPT.match(block.text) for block in blocks(page)):
        seen |= request.getfixturevalue("seen_by_scripts")

    missed = [
        f"{page.name}:{line}: {text.splitlines()[line - 1].strip()}"
        for name, text in files(page).items()
        if name != STACK
        for line in sorted(lines_of(compile(text, name, "exec")))
        if (name, line) not in seen
    ]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("page", of("shell"))
def test_what_the_page_sends_is_taken_and_answered_as_it_says(
    page: Path,
    cloud: InProcessCloud,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    network = Line(cloud)
    for block in blocks(page):
        if block.language == "http":
            send(block, cloud)
        elif SCRIPT.match(block.text):
            run_script(block, network, monkeypatch, capsys)
        elif block.language == "sh":
            for number, line in enumerate(block.text.splitlines()):
                if line.strip():
                    type_in(line, f"{page.name}:{block.line + number}", network, monkeypatch)


@pytest.mark.xdist_group("guide")
@pytest.mark.parametrize("page", of("stack"))
def test_the_stack_of_the_page_synthesises(page: Path, synthesised: dict[Path, Path]) -> None:
    report = (synthesised[page] / "report.txt").read_text()

    assert not report, report
    assert list((synthesised[page] / "out").glob("*.template.json"))


def send(block: Block, cloud: InProcessCloud) -> None:
    """Send a request and let the cloud do what follows from it."""
    head, _, body = block.text.partition("\n")
    method, path = head.split()
    path, _, query = path.partition("?")

    answer = InProcessApi().request(method, path, query=query, body=body.strip() or None)

    assert answer.status < 300, f"{block.page.name}:{block.line}: {answer.body}"
    cloud.advance(seconds=2)


def run_script(
    block: Block,
    network: Network,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run a script against the cloud; it prints what it says behind `# ->`, and nothing else."""

    class Client(TaskClient):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options, transport=network, sleep=lambda _: None)

    monkeypatch.setattr("taskmill.client.TaskClient", Client)
    capsys.readouterr()
    names = {"__name__": "__main__"}
    code = compile(block.text, f"{block.page.name}:{block.line}", "exec")
    exec(code, names)  # noqa: S102  # to run it is the point
    assert capsys.readouterr().out.splitlines() == PRINTED.findall(block.text)


def type_in(line: str, place: str, network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    """Type a line into a shell. What follows `# -> ` is in its answer; exit 0 unless it says."""
    typed, _, comment = line.partition("  # ")
    words = shlex.split(typed)
    if words[0] == "export":
        for name, _, value in (word.partition("=") for word in words[1:]):
            assert is_read_somewhere(name), place
            monkeypatch.setenv(name, value)
        return
    if words[0] != "taskmill":
        assert words[0] in TOOLS, f"{place}: nobody runs {words[0]}"
        subprocess.run(["sh", "-c", typed], check=True)  # noqa: S607  # the reader's
        return
    if words[1] in ENDLESS:
        words.append("--help")
    ran = CliRunner().invoke(command_line, words[1:], obj=network, catch_exceptions=False)
    wanted = ANSWER.match(comment.strip())
    exit_code = int(wanted["exit"] or 0) if wanted else 0
    assert ran.exit_code == exit_code, f"{place}: {ran.output}"
    for part in wanted["text"].split("...") if wanted else ():
        assert part.strip() in ran.output, f"{place}: {ran.output}"


def is_read_somewhere(setting: str) -> bool:
    return any(setting in each.read_text() for each in (ROOT / "lambdas").rglob("*.py"))


def lines_of(code: CodeType) -> set[int]:
    """The lines of a program that something is done in."""
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    own = {line for *_, line in code.co_lines() if line}
    return own.union(*map(lines_of, inner))
