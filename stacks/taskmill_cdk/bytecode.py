"""Bytecode beside the sources: a function's folders are read-only, so it cannot keep its own."""

import platform
import subprocess
import sys
from pathlib import Path

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

# A process of its own, without site: what compiling writes depends a little on which strings the
# process knows already, and so on who compiles.
_COMPILE = (sys.executable, "-I", "-S", "-W", "ignore", "-m", "compileall", "-qq", "-f")
# Lambda gives files other times than they were staged with, and the sources beside do not change.
_OPTIONS = ("-o", "0", "--invalidation-mode", "unchecked-hash")


class BytecodeError(RuntimeError):
    """No bytecode can be made here for the functions; the text says why, and what to do."""


def check_python(needed: str) -> None:
    """Refuse to compile for another Python than the one that runs: it would ignore the files.

    Args:
        needed: Version that runs the functions, such as ``3.13``.

    Raises:
        BytecodeError: This is another one.
    """
    if sys.implementation.cache_tag == f"cpython-{needed.replace('.', '')}":
        return
    this = f"{platform.python_implementation()} {platform.python_version()}"
    raise BytecodeError(
        f"bytecode=True: the functions run CPython {needed}, but this synthesis runs {this}, whose"
        f" bytecode they would ignore. Synthesise with {needed}: remove .venv, then"
        f" make deploy PYTHON=python{needed}. Or leave bytecode out."
    )


def tag() -> str:
    """Tells bytecode of one compiler from another's in names of folders."""
    return f"py{platform.python_version()}"


def compile_folder(folder: Path, *, mounted_at: str) -> None:
    """Put a ``.pyc`` beside every ``.py``; the same sources give the same bytes, wherever they are.

    A file that does not compile gets none, and fails when it is imported, as it would without.

    Args:
        folder: Absolute.
        mounted_at: Where a function finds it; stack traces name the sources there.

    Raises:
        BytecodeError: The compiler did not run.
    """
    where = ("-s", str(folder), "-p", mounted_at, str(folder))
    result = subprocess.run(
        [*_COMPILE, *_OPTIONS, *where], capture_output=True, text=True, check=False
    )
    some_file_did_not = result.returncode == 1 and not result.stderr
    if result.returncode != 0 and not some_file_did_not:
        raise BytecodeError(f"compiling {folder} failed:\n{result.stderr.strip()}")
