"""The files below a folder that may be source code: neither hidden nor made by tools."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

_MADE = ("__pycache__", "node_modules", "cdk.out")
_BUILT = ("build", "dist")  # of build tools, unless they are packages


def walk(
    folder: Path, leave_out: Callable[..., bool] = lambda *_, **__: False
) -> Iterator[tuple[str, Path]]:
    """Files by their names relative to the folder.

    Args:
        leave_out: Called with a path and ``is_folder``: whether to leave it out, with all in it.
    """
    for at, folders, files in os.walk(folder):
        here = Path(at)
        folders[:] = sorted(
            each
            for each in folders
            if not _is_made(here / each) and not leave_out(here / each, is_folder=True)
        )
        for each in files:
            file = here / each
            if not each.startswith(".") and file.is_file() and not leave_out(file, is_folder=False):
                yield file.relative_to(folder).as_posix(), file


def walk_folders(folder: Path) -> Iterator[Path]:
    """The folder and all below it that may hold source code."""
    yield folder
    for at, folders, _ in os.walk(folder):
        folders[:] = sorted(each for each in folders if not _is_made(Path(at, each)))
        yield from (Path(at, each) for each in folders)


def _is_made(folder: Path) -> bool:
    """Whether a folder is hidden, or holds what tools have made."""
    name = folder.name
    if name.startswith(".") or name in _MADE or name.endswith(".egg-info"):
        return True
    if (folder / "pyvenv.cfg").is_file():
        return True
    return name in _BUILT and not (folder / "__init__.py").is_file()
