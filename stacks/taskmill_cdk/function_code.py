"""The code asset of the Lambda functions: the ``taskmill`` runtime and the user's task modules.

All functions share one staged folder. Its name is a hash of its content, so that the same files
give the same folder and the same asset hash on every machine.
"""

import hashlib
import shutil
from collections.abc import Collection, Iterator
from importlib.util import find_spec
from pathlib import Path

from taskmill_cdk.build_folder import DEFAULT_BUILD_FOLDER, BuildFolder
from taskmill_cdk.bytecode import check_python, compile_folder, compiler_tag
from taskmill_cdk.task_files import chosen_files, walk
from taskmill_cdk.task_source import TaskSource

# Used on the caller's side only; leaving them out keeps the package small.
_NOT_DEPLOYED = ("cli", "client", "console", "dev", "testing")


def stage_function_code(
    tasks: TaskSource | None,
    build_folder: Path = DEFAULT_BUILD_FOLDER,
    *,
    bytecode_for: str | None = None,
    outside: Collection[Path] = (),
) -> Path:
    """Copy everything the functions import into one folder below ``build_folder``.

    Args:
        tasks: The user's modules; None for the runtime alone.
        build_folder: Where code is staged.
        outside: Folders to leave out, such as the output of the CDK app.
        bytecode_for: Python version, such as ``3.13``, to add bytecode for; None: sources only.

    Raises:
        BytecodeError: This process runs another Python version.
        FileNotFoundError: The ``taskmill`` package is neither installed nor beside this one.
    """
    files = dict(_runtime_files())
    if tasks is not None:
        files |= source_files(tasks, outside=[*outside, build_folder])
    name = f"code-{_digest(files)}"
    if bytecode_for is None:
        return BuildFolder(build_folder).provide(name, lambda folder: _copy(files, folder))
    check_python(bytecode_for)

    def make(folder: Path) -> None:
        _copy(files, folder)
        compile_folder(folder, mounted_at="/var/task")

    return BuildFolder(build_folder).provide(f"{name}-{compiler_tag()}", make)


def find_runtime() -> Path:
    """The folder of the ``taskmill`` package, found without importing it."""
    spec = find_spec("taskmill")
    installed = list(spec.submodule_search_locations or ()) if spec else []
    beside = Path(__file__).resolve().parents[2] / "lambdas" / "taskmill"
    for folder in [*map(Path, installed), beside]:
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the taskmill package is not installed, and there is no {beside}")


def _runtime_files() -> Iterator[tuple[str, Path]]:
    runtime = find_runtime()
    for name, file in walk(runtime):
        if Path(name).parts[0].removesuffix(".py") not in _NOT_DEPLOYED:
            yield f"taskmill/{name}", file


def source_files(tasks: TaskSource, *, outside: Collection[Path] = ()) -> dict[str, Path]:
    """The files of the user's that are deployed, by their names relative to the folder."""
    chosen = chosen_files(tasks.path, exclude=tasks.exclude, packages=tasks.chosen, outside=outside)
    return {name: file for name, file in chosen if file != tasks.requirements}


def _digest(files: dict[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:16]


def _copy(files: dict[str, Path], into: Path) -> None:
    for name, file in files.items():
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
