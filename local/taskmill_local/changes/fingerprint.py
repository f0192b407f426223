"""A hash of what an app's template depends on besides the files of its project."""

import hashlib
import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path

from taskmill_local.environments import without_cloud

_PACKAGES = ("taskmill", "taskmill_cdk", "taskmill_local")
# Of the terminal and the shell; an app's template does not depend on them.
_VOLATILE = ("_", "OLDPWD", "PWD", "SHLVL", "TERM", "COLUMNS", "LINES", "COLORTERM")
_VOLATILE_PREFIXES = (
    "SSH_",
    "TMUX",
    "VSCODE_",
    "XDG_",
    "DBUS_",
    "WINDOW",
    "TERM_",
    "MAKE",
    "MFLAGS",
)


def fingerprint(app: str, app_dir: Path, context: Mapping[str, str]) -> str:
    """Hash of command, folder, context, environment, interpreter and installed packages."""
    environment = {
        name: value
        for name, value in without_cloud().items()
        if name not in _VOLATILE and not name.startswith(_VOLATILE_PREFIXES)
    }
    parts = (
        app,
        str(app_dir),
        repr(sorted(context.items())),
        repr(sorted(environment.items())),
        sys.executable,
        sys.version,
        repr(sorted(_installed())),
        repr(sorted(_own_files())),
    )
    return hashlib.sha256("\0".join(parts).encode(errors="surrogateescape")).hexdigest()


def _installed() -> set[str]:
    """The installed packages, by the names of their metadata folders, which have the version."""
    return {str(getattr(each, "_path", each)) for each in distributions()}


def _own_files() -> list[tuple[str, int, int]]:
    """Sizes and times of the files of our own packages, which may be an editable install."""
    found: list[tuple[str, int, int]] = []
    for package in _PACKAGES:
        spec = find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            for file in Path(folder).rglob("*"):
                if file.suffix in (".py", ".txt"):
                    stat = file.stat()
                    found.append((str(file), stat.st_size, stat.st_mtime_ns))
    return found
