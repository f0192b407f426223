"""Compares a project with the record of its last deploy."""

from dataclasses import dataclass
from pathlib import Path

from taskmill_local.changes.assembly import folder_of, functions_of, has_versions
from taskmill_local.changes.code_sources import Sources, sources_of
from taskmill_local.changes.project_files import (
    Hashes,
    TooManyFiles,
    hash_of,
    hashes_below,
    may_be_read,
)
from taskmill_local.changes.record import Record


@dataclass(frozen=True)
class Change:
    """What a deploy has to do.

    Attributes:
        everything: The CDK has to synthesise and deploy.
        assets: Assets whose sources have changed.
    """

    everything: bool
    assets: frozenset[str] = frozenset()


EVERYTHING = Change(everything=True)


def change_since(
    record: Record | None, root: Path, *, emulator: tuple[int, float], fingerprint: str
) -> Change:
    """What has changed since the recorded deploy."""
    if record is None or (record.emulator, record.fingerprint) != (emulator, fingerprint):
        return EVERYTHING
    try:
        now = hashes_below(root)
    except TooManyFiles:
        return EVERYTHING
    sources = {path for each in record.sources.values() for path in each.values()}
    if record.project != _read_by_app(now, sources, root) or not sources <= now.keys():
        return EVERYTHING
    changed = {
        asset
        for asset, of in record.sources.items()
        if {name: now[path] for name, path in of.items()} != record.code[asset]
    }
    return Change(everything=False, assets=frozenset(changed))


def project_of(root: Path) -> Hashes | None:
    """The hashes of a project before it is deployed; None if it has too many files."""
    try:
        return hashes_below(root)
    except TooManyFiles:
        return None


def record_of(
    root: Path,
    project: Hashes | None,
    assembly_dir: Path,
    *,
    emulator: tuple[int, float],
    fingerprint: str,
) -> Record:
    """The record of a deploy that has just ended.

    Args:
        project: The hashes from before it began: what was changed meanwhile is a change. None:
            the next deploy is a full one.
    """
    if project is None:
        fingerprint = ""
    sources = {} if project is None else _sources(assembly_dir, project)
    known = {path for of in sources.values() for path in of.values()}
    hashes = project or {}
    return Record(
        emulator=emulator,
        fingerprint=fingerprint,
        project=_read_by_app(hashes, known, root),
        sources=sources,
        code={
            asset: {name: hashes[path] for name, path in of.items()}
            for asset, of in sources.items()
        },
    )


def _sources(assembly_dir: Path, project: Hashes) -> dict[str, Sources]:
    """The sources of each asset of code that a swap may change."""
    if has_versions(assembly_dir):
        return {}
    assets = {each.asset for each in functions_of(assembly_dir)}
    return {asset: sources_of(folder_of(assembly_dir, asset), project) for asset in assets}


def code_hashes(sources: Sources) -> dict[str, str]:
    """The hash of each source as it is now, by the name of its copy."""
    return {name: hash_of(Path(path)) for name, path in sources.items()}


def _read_by_app(project: Hashes, sources: set[str], root: Path) -> Hashes:
    return {
        path: content
        for path, content in project.items()
        if path not in sources and may_be_read(path, root)
    }
