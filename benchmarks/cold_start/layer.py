"""How large the layer is that goes to AWS, and which packages make it so."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from benchmarks.cold_start.bundle import ROOT
from taskmill_cdk.runtime_layer import AWS, RUNTIME_REQUIREMENTS, build_layer

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Package:
    """Files below one name of the layer, with their share of the archive, in MB."""

    name: str
    unzipped: float
    zipped: float


def packages() -> Sequence[Package]:
    """The packages of the layer for AWS, the largest first."""
    folder = build_layer([RUNTIME_REQUIREMENTS], AWS, ROOT / ".build") / "python"
    return packages_of(folder)


def packages_of(folder: Path) -> Sequence[Package]:
    """The packages in a folder, the largest first."""
    unzipped: defaultdict[str, int] = defaultdict(int)
    zipped: defaultdict[str, int] = defaultdict(int)
    for member in _archive(folder):
        name = _package(member.filename)
        unzipped[name] += member.file_size
        zipped[name] += member.compress_size
    return sorted(
        (Package(name, unzipped[name] / MEGABYTE, zipped[name] / MEGABYTE) for name in unzipped),
        key=lambda package: -package.unzipped,
    )


def _archive(folder: Path) -> Sequence[zipfile.ZipInfo]:
    with zipfile.ZipFile(BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder)
            if file.is_file() and "__pycache__" not in name.parts:
                archive.write(file, name.as_posix())
        return archive.infolist()


def _package(path: str) -> str:
    """`pydantic` of `pydantic-2.14.3.dist-info/METADATA`, too."""
    name = path.partition("/")[0]
    return (
        name.partition("-")[0].removesuffix(".py")
        if name.endswith(".dist-info")
        else name.removesuffix(".py")
    )
