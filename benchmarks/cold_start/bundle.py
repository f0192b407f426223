"""What Lambda would unpack for a function: the staged code, and the layer for this machine."""

from __future__ import annotations

import shutil
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from taskmill_cdk import TaskSource
from taskmill_cdk.function_code import stage_function_code
from taskmill_cdk.runtime_layer import (
    HOST,
    RUNTIME_REQUIREMENTS,
    build_compiled_layer,
    build_layer,
)

ROOT = Path(__file__).parents[2]
TASKS = TaskSource(folder=ROOT / "benchmarks" / "tasks", modules=["bench_tasks"])


@dataclass(frozen=True)
class Bundle:
    """Folders on the path of a function: its code, its layer, and what the runtime brings."""

    code: Path
    layer: Path
    runtime: Path

    @property
    def path(self) -> str:
        return ":".join(map(str, (self.code, self.layer, self.runtime)))


@contextmanager
def unpacked(*, compiled: bool = True) -> Iterator[Bundle]:
    """A copy of the bundle; the originals stay as they are, as assets are known by their content.

    Args:
        compiled: As ``TaskStack(bytecode=True)`` stages it.
    """
    with TemporaryDirectory(prefix="taskmill-cold-") as folder:
        bundle = Bundle(Path(folder, "task"), Path(folder, "opt"), Path(folder, "runtime"))
        python = HOST.python if compiled else None
        code = stage_function_code(TASKS, ROOT / ".build", bytecode_for=python)
        shutil.copytree(code, bundle.code)
        build = build_compiled_layer if compiled else build_layer
        layer = build([RUNTIME_REQUIREMENTS], HOST, ROOT / ".build")
        shutil.copytree(layer / "python", bundle.layer)
        _link_boto3(bundle.runtime)
        yield bundle


def _link_boto3(into: Path) -> None:
    """What AWS's runtime brings, and nothing else that happens to be installed here."""
    into.mkdir()
    installed = Path(sysconfig.get_path("purelib"))
    for name in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py"):
        (into / name).symlink_to(installed / name)
