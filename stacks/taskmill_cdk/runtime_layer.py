"""The Lambda layer of third-party packages: built during synthesis, without Docker."""

import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from taskmill_cdk.build_folder import DEFAULT_BUILD_FOLDER, BuildFolder
from taskmill_cdk.bytecode import THIS_PYTHON, check_python, compile_folder, compiler_tag
from taskmill_cdk.requirements import Requirements, read_requirements
from taskmill_cdk.requirements.wheels import plain_file
from taskmill_cdk.runtime_lock import (
    RUNTIME_LOCK,
    RUNTIME_RANGES,
    RUNTIME_REQUIREMENTS,
    source_options,
)

RUNTIME_OVERRIDES = Path(__file__).with_name("runtime-overrides.txt")

# Console scripts and RECORD contain the path of the interpreter that installed them, and functions
# do not read them: without them, the same packages give the same asset on every machine.
_STRIPPED = ("bin", ".lock", "**/__pycache__", "**/tests", "*.dist-info/RECORD")


class RuntimeLayerError(RuntimeError):
    """The layer could not be built; the message contains the output of uv."""


@dataclass(frozen=True)
class Target:
    """The platform and Python version that wheels are chosen for.

    Args:
        name: Part of the cache key.
        options: Options of ``uv pip install`` that select the platform and the version.
        python: Python version, such as ``3.13``.
    """

    name: str
    options: tuple[str, ...]
    python: str


AWS = Target(
    "aarch64-manylinux2014-3.13",
    ("--python-platform", "aarch64-manylinux2014", "--python-version", "3.13"),
    "3.13",
)
HOST = Target(f"{sys.platform}-{platform.machine()}-{THIS_PYTHON}", (), THIS_PYTHON)


class RuntimeLayer(lambda_.LayerVersion):
    """The layer with the dependencies of the functions, installed from requirements files.

    ``build_folder`` caches the layer under a hash of its inputs, so that only the first synthesis
    needs the network.

    Args:
        requirements: Requirements files in pip's format; ``RUNTIME_REQUIREMENTS`` comes first, and
            is installed from its lock, with hashes: see ``taskmill_cdk.runtime_lock``.
        target: ``AWS``, or ``HOST`` for the local cloud, which runs functions on this machine.
        build_folder: Where built layers are kept.
        bytecode: Whether to add bytecode; the synthesis must run the target's Python version.

    Raises:
        BytecodeError: The synthesis runs another Python version.
        RuntimeLayerError: uv is missing, or could not install the requirements.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        requirements: Sequence[Path] = (RUNTIME_REQUIREMENTS,),
        target: Target = AWS,
        build_folder: Path = DEFAULT_BUILD_FOLDER,
        bytecode: bool = False,
    ) -> None:
        make = build_compiled_layer if bytecode else build_layer
        self.folder = make(requirements, target, build_folder)
        super().__init__(
            scope,
            construct_id,
            code=lambda_.Code.from_asset(str(self.folder)),
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64],
            description="Dependencies of taskmill and of its task functions",
        )


def build_layer(requirements: Sequence[Path], target: Target, build_folder: Path) -> Path:
    """The folder of a layer, from the cache or newly built.

    Raises:
        RuntimeLayerError: uv is missing, or could not install the requirements.
    """

    def make(folder: Path) -> None:
        _install(requirements, target, folder / "python")
        _strip(folder / "python")

    name = f"layer-{_cache_key(requirements, target)}"
    return BuildFolder(build_folder).provide(name, make)


def build_compiled_layer(requirements: Sequence[Path], target: Target, build_folder: Path) -> Path:
    """A copy of ``build_layer``'s folder, with bytecode beside the sources.

    Raises:
        BytecodeError: This process runs another Python version than the target's.
        RuntimeLayerError: As in ``build_layer``.
    """
    check_python(target.python)
    plain = build_layer(requirements, target, build_folder)

    def make(folder: Path) -> None:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(plain, folder, ignore=ignored, dirs_exist_ok=True)
        compile_folder(folder, mounted_at="/opt")

    return BuildFolder(build_folder).provide(f"{plain.name}-{compiler_tag()}", make)


def _cache_key(requirements: Sequence[Path], target: Target) -> str:
    files = (RUNTIME_OVERRIDES, RUNTIME_LOCK, RUNTIME_RANGES)
    digests = [read_requirements(file).digest() for file in requirements]
    texts = [target.name, *digests, *(file.read_text() for file in files)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def _install(requirements: Sequence[Path], target: Target, into: Path) -> None:
    """Install with the versions of the lock; if they rule out the user's, with what fits both."""
    base = ["pip", "install", "--quiet", "--target", str(into)]
    base += ["--python", sys.executable, "--only-binary", ":all:", *target.options]
    base += ["--overrides", str(RUNTIME_OVERRIDES)]

    def run(arguments: Sequence[str]) -> None:
        _run_uv(arguments, requirements, target)

    with TemporaryDirectory() as scratch:
        files, limits = _plain(requirements, Path(scratch), run)
        locked = source_options(files, Path(scratch))
        free = source_options(files, Path(scratch), constrained=False)
        try:
            run([*base, *limits, *locked])
        except RuntimeLayerError:
            if free == locked:
                raise
            run([*base, *limits, *free])


def _plain(
    requirements: Sequence[Path], scratch: Path, run: Callable[[Sequence[str]], None]
) -> tuple[list[Path], list[str]]:
    """The files as uv can read them from anywhere, and the options for constraints they name."""
    files, limits = [], []
    for number, file in enumerate(requirements):
        found = read_requirements(file)
        has_paths = file != RUNTIME_REQUIREMENTS and _has_paths(file, found)
        folder = scratch / str(number)
        files.append(plain_file(found, folder, run) if has_paths else file)
        limits += [word for each in found.constraints for word in ("--constraint", str(each))]
    return files, limits


def _has_paths(file: Path, found: Requirements) -> bool:
    return found.is_local or bool(found.constraints) or "-r" in file.read_text()


def _run_uv(arguments: Sequence[str], requirements: Sequence[Path], target: Target) -> None:
    command = [*_uv(), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeLayerError(
            f"uv could not install {', '.join(map(str, requirements))} for {target.name}:\n"
            f"{result.stderr.strip()}\n"
            "Only wheels are installed: every package needs one for this platform. taskmill itself"
            f" takes {_ranges()}."
        )


def _ranges() -> str:
    lines = RUNTIME_RANGES.read_text().splitlines()
    return ", ".join(line for line in lines if line and not line.startswith("#"))


def _uv() -> list[str]:
    if find_spec("uv") is not None:
        return [sys.executable, "-m", "uv"]
    if path := shutil.which("uv"):
        return [path]
    raise RuntimeLayerError("building the runtime layer needs uv: pip install uv")


def _strip(folder: Path) -> None:
    for pattern in _STRIPPED:
        for path in list(folder.glob(pattern)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
