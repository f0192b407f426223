"""Finds the folder of task modules that a person names as their stack does, such as `tasks`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from taskmill.cli.output import Output


def find_modules(output: Output, modules: Iterable[str]) -> None:
    """Search the folders right below this one for modules that are not on the path.

    A folder that alone has a module is put on the path, and named on stderr. A module that none
    has, or several, is left to the import, which fails.
    """
    for name in {module.partition(".")[0] for module in modules}:
        if _is_known(name):
            continue
        folders = [folder for folder in sorted(Path.cwd().iterdir()) if _holds(folder, name)]
        if len(folders) == 1:
            sys.path.insert(0, str(folders[0]))
            output.note(f"found the module {name} in {folders[0].name}/")


def _is_known(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ValueError, ImportError):
        return True


def _holds(folder: Path, name: str) -> bool:
    if folder.name.startswith(".") or not folder.is_dir():
        return False
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
