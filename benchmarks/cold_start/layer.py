"""How large the layer is that goes to AWS, and which packages make it so."""

import re
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.clouds import ROOT
from taskmill_cdk.bytecode import compile_folder
from taskmill_cdk.runtime_layer import AWS, RUNTIME_REQUIREMENTS, build_layer

MEGABYTE = 1_000_000
# `pydantic` of `pydantic-2.14.3.dist-info/METADATA`, too; `six` of its bytecode.
_PACKAGE = re.compile(r"(?:__pycache__/)?([^/.-]+).*")


class Package(NamedTuple):
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
    with zipfile.ZipFile(BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(each for each in folder.rglob("*") if each.is_file()):
            archive.write(file, file.relative_to(folder).as_posix())
    for member in archive.infolist():
        name = _PACKAGE.sub(r"\1", member.filename)
        first = 2 if member.filename.endswith(".pyc") else 0
        sizes[name][first] += member.file_size
        sizes[name][first + 1] += member.compress_size
    found = [Package(name, *(size / MEGABYTE for size in own)) for name, own in sizes.items()]
    return sorted(found, key=lambda package: -package.unzipped)
