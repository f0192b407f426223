"""What git ignores in a folder, by all the ``.gitignore`` files that count there."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from aws_cdk import GitIgnoreStrategy

from taskmill_cdk.task_files.walk import walk_folders


class GitRules:
    """The patterns of ``.gitignore`` files, from the root of the repository down, and more.

    Args:
        folder: The folder in question. If it is in no repository, only the files in it count.
        more: Patterns that count after all others, relative to the folder.
    """

    def __init__(self, folder: Path, more: Sequence[str] = ()) -> None:
        self._root = _repository(folder) or folder
        patterns = [
            pattern
            for at in (*_above(folder, self._root), *walk_folders(folder))
            for pattern in _of_file(at / ".gitignore", at, self._root)
        ]
        patterns += [_moved(each, folder, self._root) for each in more]
        self._strategy = None
        if patterns:
            self._strategy = GitIgnoreStrategy(str(self._root), patterns)

    def ignore(self, path: Path, *, is_folder: bool) -> bool:
        """Whether git ignores a file, or a folder with all that is in it."""
        if self._strategy is None:
            return False
        if is_folder:
            return self._strategy.completely_ignores(str(path))
        return self._strategy.ignores(str(path))


def _repository(folder: Path) -> Path | None:
    """The root of the repository that a folder is in."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def _above(folder: Path, root: Path) -> list[Path]:
    """The folders from the root down to the parent of a folder."""
    return [each for each in reversed(folder.parents) if each == root or root in each.parents]


def _of_file(file: Path, at: Path, root: Path) -> Iterator[str]:
    if file.is_file():
        for line in file.read_text(errors="replace").splitlines():
            if line.strip() and not line.startswith("#"):
                yield _moved(line.strip(), at, root)


def _moved(pattern: str, at: Path, root: Path) -> str:
    """A pattern of a ``.gitignore`` in a folder, as one of the root."""
    if at == root:
        return pattern
    prefix = at.relative_to(root).as_posix()
    negated = "!" if pattern.startswith("!") else ""
    rest = pattern.removeprefix("!")
    is_anchored = "/" in rest.rstrip("/")
    middle = "" if is_anchored else "**/"
    return f"{negated}/{prefix}/{middle}{rest.removeprefix('/')}"
