"""The modules that the functions import: those that are named, and what they import in turn."""

import ast
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class CodeError(ValueError):
    """A task module cannot work; the message names file and line."""


@dataclass(frozen=True)
class Module:
    """A module of the user's.

    Attributes:
        name: Dotted, relative to the tasks folder.
        file: Relative to the tasks folder.
    """

    name: str
    file: str
    tree: ast.Module

    def place(self, node: ast.stmt | ast.expr) -> str:
        return f"{self.file}:{node.lineno}"

    @property
    def is_package(self) -> bool:
        return self.file.endswith("__init__.py")


def reachable(roots: Sequence[str], files: Mapping[str, Path]) -> list[Module]:
    """The modules with these names and all of the folder that they import.

    Args:
        roots: Dotted names.
        files: The files that are deployed, by their names relative to the folder.

    Raises:
        CodeError: One is no Python: a syntax error, or bytes that are no text.
    """
    found: dict[str, Module] = {}
    waiting = [part for root in reversed(roots) for part in reversed(list(_with_parents(root)))]
    while waiting:
        name = waiting.pop()
        file = _file_of(name, files)
        if name in found or file is None:
            continue
        found[name] = module = Module(name, file, _parsed(file, files[file]))
        waiting += [part for each in imported(module) for part in _with_parents(each)]
    return list(found.values())


def imported(module: Module) -> Iterator[str]:
    """Dotted names that a module imports anywhere; some may be attributes of modules."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = absolute(node, module)
            yield base
            yield from (f"{base}.{each.name}" for each in node.names)


def absolute(node: ast.ImportFrom, module: Module) -> str:
    """The absolute name of what an import is from."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    kept = parts[: len(parts) - node.level + (1 if module.is_package else 0)]
    return ".".join([*kept, *filter(None, [node.module])])


def _with_parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _file_of(name: str, files: Mapping[str, Path]) -> str | None:
    path = name.replace(".", "/")
    return next((each for each in (f"{path}/__init__.py", f"{path}.py") if each in files), None)


def _parsed(name: str, file: Path) -> ast.Module:
    try:
        with warnings.catch_warnings(action="ignore"):  # of escapes in strings: not ours to judge
            return ast.parse(file.read_bytes(), filename=name)
    except SyntaxError as error:
        raise CodeError(f"{name}, line {error.lineno}: {error.msg}") from None
    except ValueError as error:  # null bytes
        raise CodeError(f"{name}: {error}") from None
