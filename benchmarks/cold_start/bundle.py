"""What Lambda would unpack for a function: the staged code, and the layer for this machine."""

import shutil
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.clouds import ROOT
from taskmill_cdk import TaskSource
from taskmill_cdk.function_code import stage_function_code
from taskmill_cdk.runtime_layer import (
    HOST,
    RUNTIME_REQUIREMENTS,
    build_compiled_layer,
    build_layer,
)

TASKS = TaskSource(folder=ROOT / "benchmarks" / "tasks", modules=["bench_tasks"])
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")


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
        shutil.copytree(
            stage_function_code(TASKS, ROOT / ".build", bytecode_for=python), bundle.code
        )
        build = build_compiled_layer if compiled else build_layer
        shutil.copytree(
            build([RUNTIME_REQUIREMENTS], HOST, ROOT / ".build") / "python", bundle.layer
        )
        bundle.runtime.mkdir()
        installed = Path(sysconfig.get_path("purelib"))
        for name in BOTO3:  # and nothing else that happens to be installed here
            (bundle.runtime / name).symlink_to(installed / name)
        yield bundle
