"""Which files of a project a code asset was copied from, found by their names and contents."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from taskmill_local.changes.project_files import Hashes, hash_of

Sources = dict[str, str]
"""Absolute paths of source files, by the name of the copy in the asset."""


def sources_of(asset: Path, project: Hashes) -> Sources:
    """The sources of those files of an asset that are copies of exactly one file of the project.

    If a file has several candidates, that one counts whose folder most of the asset comes from.
    """
    copies = {file.relative_to(asset).as_posix(): file for file in _files(asset)}
    named = _by_file_name(project)
    candidates: dict[str, list[str]] = {}
    for name, copy in copies.items():
        alike = [each for each in named[copy.name] if each.endswith(f"/{name}")]
        if alike:
            content = hash_of(copy)
            candidates[name] = [each for each in alike if project[each] == content]
    weights = Counter(_base(path, name) for name, paths in candidates.items() for path in paths)
    found = {name: _heaviest(name, paths, weights) for name, paths in candidates.items()}
    return {name: path for name, path in found.items() if path}


def _heaviest(name: str, paths: list[str], weights: Mapping[str, int]) -> str | None:
    ranked = sorted(paths, key=lambda path: -weights[_base(path, name)])
    if len(ranked) > 1 and weights[_base(ranked[0], name)] == weights[_base(ranked[1], name)]:
        return None
    return ranked[0] if ranked else None


def _base(path: str, name: str) -> str:
    """The folder that the asset's root is a copy of, if `path` is the source of `name`."""
    return path[: -len(name)]


def _by_file_name(project: Hashes) -> defaultdict[str, list[str]]:
    named: defaultdict[str, list[str]] = defaultdict(list)
    for path in project:
        named[PurePosixPath(path).name].append(path)
    return named


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]
