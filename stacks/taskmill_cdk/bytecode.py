"""Compile Python sources to bytecode during synthesis.

A Lambda function cannot cache the bytecode that it compiles: its folders are read-only.
"""

import platform
import subprocess
import sys
from pathlib import Path

THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"

# In a separate process and without ``site``: the bytes of a ``.pyc`` depend a little on the strings
# that the compiling process has interned, and so on what it has imported.
_COMPILE = (sys.executable, "-I", "-S", "-W", "ignore", "-m", "compileall", "-qq", "-f")
# By hash, as files get other timestamps in Lambda; unchecked, as the sources never change there.
_OPTIONS = ("-o", "0", "--invalidation-mode", "unchecked-hash")


class BytecodeError(RuntimeError):
    """The functions' bytecode cannot be compiled here; the message says why, and what to do."""


def check_python(needed: str) -> None:
    """Check that the functions' Python can load the bytecode that this process compiles.

    Args:
        needed: Python version of the functions, such as ``3.13``.

    Raises:
        BytecodeError: This process runs another version, or not CPython.
    """
    if sys.implementation.cache_tag == f"cpython-{needed.replace('.', '')}":
        return
    this = f"{platform.python_implementation()} {platform.python_version()}"
    raise BytecodeError(
        f"bytecode=True: the functions run CPython {needed}, but this synthesis runs {this}, whose"
        f" bytecode they would ignore. Synthesise with {needed}: remove .venv, then"
        f" make deploy PYTHON=python{needed}. Or leave bytecode out."
    )


def compiler_tag() -> str:
    """The exact Python version, for names of folders that hold bytecode: ``py3.13.5``."""
    return f"py{platform.python_version()}"


def compile_folder(folder: Path, *, mounted_at: str) -> None:
    """Compile every ``.py`` file of a folder; the same sources give the same bytes in any folder.

    A file with a syntax error gets no bytecode; importing it fails as it would without.

    Args:
        folder: Absolute path.
        mounted_at: Path of the folder in Lambda, such as ``/opt``, for stack traces.

    Raises:
        BytecodeError: The compiler process failed.
    """
    where = ("-s", str(folder), "-p", mounted_at, str(folder))
    result = subprocess.run(
        [*_COMPILE, *_OPTIONS, *where], capture_output=True, text=True, check=False
    )
    some_files_failed = result.returncode == 1 and not result.stderr
    if result.returncode != 0 and not some_files_failed:
        raise BytecodeError(f"compiling {folder} failed:\n{result.stderr.strip()}")
