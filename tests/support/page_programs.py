"""The Python programs on the pages of the documentation, as files with the lines of the page."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PROJECTS = ("docs/guide", "docs/coming-from")  # here the blocks of a page are one program
BLOCK = re.compile(
    r"(?:^`(?:[\w/]+/)?(\w+\.py)`\n\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
NAMED = re.compile(r"# (\w+\.py)\b")
FOREIGN = re.compile(r"# [A-Z][\w ]*\n")  # code for another system, below its name
MODULE = "shop.py"
# What pytest and the CDK call, and know the types of: pages leave them out.
CALLED_BY_OTHERS = ("test_", "_build_")
FIXTURES = {
    "self": None,
    "cloud": "_InProcessCloud",
    "monkeypatch": "_pytest.MonkeyPatch",
    "capsys": "_pytest.CaptureFixture[str]",
    "tmp_path": "_Path",
}
IMPORTS = (
    "from pathlib import Path as _Path; from typing import Any as _Any; import pytest as _pytest;"
    " from taskmill.testing import InProcessCloud as _InProcessCloud\n"
)


@dataclass(frozen=True)
class Program:
    """A file of a page."""

    page: Path
    name: str
    text: str

    @property
    def package(self) -> str:
        """A name for the page's files, as all pages are checked at once."""
        parts = self.page.relative_to(ROOT).with_suffix("").parts
        return "_".join(parts).replace("-", "_").lower()


def programs() -> list[Program]:
    return [each for page in PAGES for each in _programs_of(page)]


def write(folder: Path) -> dict[Path, Program]:
    """Write all programs, a package for each page; returns which file is which."""
    written = {}
    local: dict[Path, list[str]] = {program.page: [] for program in programs()}
    for program in programs():
        local[program.page].append(program.name.removesuffix(".py"))
    for program in programs():
        file = folder / program.package / program.name
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        names = "|".join(local[program.page])
        text = re.sub(
            rf"(?m)^( *from )(?=({names}) import)", rf"\1{program.package}.", program.text
        )
        text = re.sub(rf"(?m)^( *)(?=import ({names})$)", rf"\1from {program.package} ", text)
        file.write_text(annotated(text))
        written[file] = program
    return written


def annotated(text: str) -> str:
    """The program with types where a page leaves them out: functions that others call."""
    lines = text.splitlines(keepends=True)
    for place, insertion in sorted(_missing(ast.parse(text), lines), reverse=True):
        line, column = place
        lines[line] = lines[line][:column] + insertion + lines[line][column:]
    return "".join(lines) + IMPORTS


def _programs_of(page: Path) -> Iterator[Program]:
    text = page.read_text()
    together = str(page.parent.relative_to(ROOT)) in PROJECTS
    files: dict[str, str] = {}
    for found in BLOCK.finditer(text):
        above, block = found.groups()
        if FOREIGN.match(block):
            continue
        line = text.count("\n", 0, found.start(2))
        named = NAMED.match(block)
        name = named[1] if named else above or (MODULE if together else f"line_{line}.py")
        before = files.get(name, "")
        files[name] = before + "\n" * (line - before.count("\n")) + block
    return (Program(page, name, block) for name, block in files.items())


def _missing(tree: ast.AST, lines: list[str]) -> Iterator[tuple[tuple[int, int], str]]:
    """The types that are missing, and where: line and column, from 0."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if not function.name.startswith(CALLED_BY_OTHERS):
            continue
        arguments = function.args
        extra = [each for each in (arguments.vararg, arguments.kwarg) if each]
        for each in [*arguments.args, *arguments.kwonlyargs, *extra]:
            hint = FIXTURES.get(each.arg, "_Any")
            if each.annotation is None and hint:
                yield _end_of(each), f': "{hint}"'
        if function.returns is None:
            hint = "None" if function.name.startswith("test_") else "_Any"
            yield _end_of_signature(function, lines), f' -> "{hint}"'


def _end_of(node: ast.arg) -> tuple[int, int]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno - 1, node.end_col_offset


def _end_of_signature(
    function: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]
) -> tuple[int, int]:
    for number in range(function.lineno - 1, function.body[0].lineno):
        if found := re.search(r"\)(?=:(\s|$))", lines[number]):
            return number, found.end()
    raise AssertionError(f"no end of the signature of {function.name}")
