"""The code asset of the console's function: its handler and the static files, nothing else."""

import hashlib
import shutil
from pathlib import Path

from taskmill_cdk.build_folder import DEFAULT_BUILD_FOLDER, BuildFolder
from taskmill_cdk.function_code import find_runtime
from taskmill_cdk.task_files import walk

_HANDLER = "index.py"


def stage_console_code(build_folder: Path = DEFAULT_BUILD_FOLDER) -> Path:
    """Copy the console's handler and files into a folder that is named by their content.

    Raises:
        FileNotFoundError: The ``taskmill`` package, or the console in it, is not installed.
    """
    runtime = find_runtime()
    static = runtime / "console" / "static"
    if not (static / "index.html").is_file():
        raise FileNotFoundError(f"the console's files are not installed: there is no {static}")
    files = {f"static/{name}": file for name, file in walk(static)}
    files[_HANDLER] = runtime / "handlers" / "hosted_console.py"
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())

    def make(folder: Path) -> None:
        for name, file in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)

    return BuildFolder(build_folder).provide(f"console-{digest.hexdigest()[:16]}", make)
