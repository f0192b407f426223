"""The files of a project that an app may read, each with a hash of its content."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

# Written by tools, or read by people only.
_FOLDERS = {"__pycache__", "build", "cdk.out", "dist", "node_modules"}
_ENDINGS = (".md", ".pyc", ".swp", ".tmp", "~")
_NOT_READ = {"docs", "tests"}  # by an app, unless it deploys them
MOST_FILES = 20_000

Hashes = dict[str, str]
"""Hashes by the absolute path of the file."""


class TooManyFiles(Exception):
    """The project has more files than can be compared in a moment."""


def hashes_below(folder: Path) -> Hashes:
    """The hashes of the files below a folder.

    Raises:
        TooManyFiles: There are more than ``MOST_FILES``.
    """
    found: Hashes = {}
    for file in _files(folder):
        if len(found) == MOST_FILES:
            raise TooManyFiles
        try:
            found[str(file)] = hash_of(file)
        except OSError:  # removed meanwhile, or a broken link
            continue
    return found


def hash_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def may_be_read(file: str, root: Path) -> bool:
    """Whether the app may read this file as it synthesises; not so documents and tests."""
    path = Path(file)
    inside = path.relative_to(root).parts if path.is_relative_to(root) else path.parts
    return not (_NOT_READ & set(inside[:-1])) and not path.name.startswith("test_")


def _files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return
    for entry in entries:
        name = entry.name
        if entry.is_symlink() and entry.is_dir():
            continue
        if entry.is_dir():
            skipped = name.startswith(".") or name in _FOLDERS or name.endswith(".egg-info")
            if not skipped and not (entry / "pyvenv.cfg").exists():
                yield from _files(entry)
        elif not name.endswith(_ENDINGS) and name not in (".coverage", ".DS_Store"):
            yield entry
