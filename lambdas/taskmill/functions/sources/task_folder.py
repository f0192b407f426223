"""A folder of task modules: what it holds, and its place on `sys.path`."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskmill.functions.sources.errors import NoTaskFolder

DECORATORS = ("task", "event_handler")
_CALLS = ("django_tasks",)  # functions of taskmill that declare tasks
_LEFT_OUT = frozenset({"tests", "test", "build", "dist", "node_modules", "cdk.out"})


def find_modules(folder: Path) -> list[str]:
    """Dotted names of the modules below a folder that declare tasks or event handlers, sorted.

    The files are read, not imported. One that cannot be parsed counts if it mentions taskmill, so
    that importing it tells what is wrong. Tests, hidden folders and build folders are left out.
    """
    return sorted(_name_of(file, folder) for file in _sources(folder) if _declares(file))


def checked_folder(folder: Path | str, *, option: str = "folder") -> Path:
    """The absolute path of a folder of task modules.

    Raises:
        NoTaskFolder: There is no such folder.
    """
    path = Path(folder).expanduser().resolve()
    if not path.is_dir():
        raise NoTaskFolder(f"{option} is {str(folder)!r}: there is no folder {path}")
    return path


@contextmanager
def on_path(folder: Path | None) -> Iterator[None]:
    """Have modules be found in a folder first, as in a function, inside a `with` block."""
    if folder is None:
        yield
        return
    added = str(folder)
    sys.path.insert(0, added)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        if added in sys.path:
            sys.path.remove(added)


def _sources(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*.py"):
        *folders, name = file.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _LEFT_OUT for part in folders)
        if not hidden and not name.startswith("test_") and name != "conftest.py":
            yield file


def _name_of(file: Path, folder: Path) -> str:
    parts = file.relative_to(folder).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _declares(file: Path) -> bool:
    source = file.read_bytes()
    if not any(each.encode() in source for each in (*DECORATORS, *_CALLS)):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):  # of null bytes
        return b"taskmill" in source
    return any(_is_declaration(node) for node in ast.walk(tree))


def _is_declaration(node: ast.AST) -> bool:
    """Whether it is a function that is decorated with a call, or a call that declares tasks."""
    if isinstance(node, ast.Call):
        return _called(node) in _CALLS
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    calls = (each for each in node.decorator_list if isinstance(each, ast.Call))
    return any(_called(each) in DECORATORS for each in calls)


def _called(call: ast.Call) -> str | None:
    """The name of what is called, without that of its module."""
    return getattr(call.func, "attr", None) or getattr(call.func, "id", None)
