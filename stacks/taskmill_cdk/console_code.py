"""The code asset of the console's function: its handler and the static files, nothing else."""

import gzip
import hashlib
import runpy
from collections.abc import Callable
from pathlib import Path

from taskmill_cdk.build_folder import DEFAULT_BUILD_FOLDER, BuildFolder
from taskmill_cdk.function_code import find_runtime
from taskmill_cdk.task_files import walk

_HANDLER = "index.py"
_TYPINGS = ".d.ts"  # for the type checker; no browser asks for them


def stage_console_code(build_folder: Path = DEFAULT_BUILD_FOLDER) -> Path:
    """Copy the console's handler and files into a folder that is named by their content.

    Scripts go without their comments, as `taskmill console` sends them, and each file has its
    compressed twin beside it: HTTP APIs do not compress, and a function of 128 MB computes slowly.

    Raises:
        FileNotFoundError: The ``taskmill`` package, or the console in it, is not installed.
    """
    runtime = find_runtime()
    static = runtime / "console" / "static"
    if not (static / "index.html").is_file():
        raise FileNotFoundError(f"the console's files are not installed: there is no {static}")
    lean = _lean_of(runtime)
    files = {
        f"static/{name}": _sent(file, lean)
        for name, file in walk(static)
        if not name.endswith(_TYPINGS)
    }
    files[_HANDLER] = (runtime / "handlers" / "hosted_console.py").read_bytes()
    digest = hashlib.sha256(b"with twins\n")
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\n".encode())

    def make(folder: Path) -> None:
        for name, content in files.items():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            if name != _HANDLER:
                Path(f"{target}.gz").write_bytes(gzip.compress(content, 9, mtime=0))

    return BuildFolder(build_folder).provide(f"console-{digest.hexdigest()[:16]}", make)


def _sent(file: Path, lean: Callable[[str], str]) -> bytes:
    return lean(file.read_text("utf-8")).encode() if file.suffix == ".js" else file.read_bytes()


def _lean_of(runtime: Path) -> Callable[[str], str]:
    """What strips comments: a file of the runtime, which this package knows as files only."""
    lean: Callable[[str], str] = runpy.run_path(str(runtime / "console" / "lean_scripts.py"))[
        "lean"
    ]
    return lean
