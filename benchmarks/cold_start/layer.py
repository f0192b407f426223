"""How large the layer is that goes to AWS, and which packages make it so."""

from __future__ import annotations

import shutil
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cold_start.bundle import ROOT
from taskmill_cdk.bytecode import compile_folder
from taskmill_cdk.runtime_layer import AWS, RUNTIME_REQUIREMENTS, build_layer

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Package:
    """Files below one name of the layer, with their share of the archive, in MB.

    Attributes:
        bytecode: What ``TaskStack(bytecode=True)`` adds.
    """

    name: str
    unzipped: float
    zipped: float
    bytecode: float
    bytecode_zipped: float


def packages() -> Sequence[Package]:
    """The packages of the layer for AWS, the largest first; bytecode as this Python makes it."""
    folder = build_layer([RUNTIME_REQUIREMENTS], AWS, ROOT / ".build") / "python"
    with TemporaryDirectory(prefix="taskmill-layer-") as scratch:
        copy = shutil.copytree(folder, Path(scratch).resolve() / "python")
        compile_folder(copy.parent, mounted_at="/opt")
        return packages_of(copy)


def packages_of(folder: Path) -> Sequence[Package]:
    """The packages in a folder, the largest first."""
    sizes: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for member in _archive(folder):
        own = sizes[_package(member.filename)]
        first = 2 if member.filename.endswith(".pyc") else 0
        own[first] += member.file_size
        own[first + 1] += member.compress_size
    return sorted(
        (Package(name, *(size / MEGABYTE for size in own)) for name, own in sizes.items()),
        key=lambda package: -package.unzipped,
    )


def _archive(folder: Path) -> Sequence[zipfile.ZipInfo]:
    with zipfile.ZipFile(BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
        return archive.infolist()


def _package(path: str) -> str:
    """`pydantic` of `pydantic-2.14.3.dist-info/METADATA`, too; `six` of its bytecode."""
    name, _, below = path.partition("/")
    if name == "__pycache__":
        return below.partition(".")[0]
    return (
        name.partition("-")[0].removesuffix(".py")
        if name.endswith(".dist-info")
        else name.removesuffix(".py")
    )
