"""Which files uv installs a layer from, so that every package in it is the one that was tested.

taskmill's own packages and all that they need are locked, with hashes, in ``runtime-lock.txt``.
pip and uv check hashes of all packages or of none, so with requirements of the user's the lock
counts as it is only if those have hashes throughout. Else its versions are constraints, except for
packages that the user's requirements name: these may be any that taskmill works with
(``runtime-ranges.txt``). If the user's packages need other versions of something else, so may that.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from taskmill_cdk.requirements import named

RUNTIME_REQUIREMENTS = Path(__file__).with_name("runtime-requirements.txt")
RUNTIME_RANGES = Path(__file__).with_name("runtime-ranges.txt")
RUNTIME_LOCK = Path(__file__).with_name("runtime-lock.txt")

_CONTINUED = re.compile(r"\\\n")
_OPTION_OR_COMMENT = re.compile(r"\s*(#.*)?$|\s*-")


def source_options(
    requirements: Sequence[Path], scratch: Path, *, constrained: bool = True
) -> list[str]:
    """The options of ``uv pip install`` that name these requirements files.

    Args:
        requirements: ``RUNTIME_REQUIREMENTS``, where it is among them, stands for its lock.
        scratch: An existing folder for a file of constraints.
        constrained: Whether the lock limits what the user's requirements do not name.
    """
    others = [file for file in requirements if file != RUNTIME_REQUIREMENTS]
    if len(others) == len(requirements):
        return _named("--requirement", requirements)
    if all(has_hashes(file) for file in others):
        return ["--require-hashes", *_named("--requirement", [RUNTIME_LOCK, *others])]
    theirs = named(line for file in others for line in _packages(file.read_text()))
    options = _named("--requirement", [RUNTIME_RANGES, *others])
    if not constrained:
        return options
    lock = without_hashes(RUNTIME_LOCK.read_text()).splitlines()
    constraints = scratch / "constraints.txt"
    constraints.write_text("".join(f"{each}\n" for each in lock if not named([each]) & theirs))
    return [*options, "--constraint", str(constraints)]


def has_hashes(file: Path) -> bool:
    """Whether every package that a requirements file names comes with a hash."""
    packages = _packages(file.read_text())
    return bool(packages) and all("--hash=" in line for line in packages)


def without_hashes(lock: str) -> str:
    """The packages of a lock as plain ``name==version`` lines."""
    return "".join(line.partition(" --hash=")[0].strip() + "\n" for line in _packages(lock))


def _packages(text: str) -> list[str]:
    lines = _CONTINUED.sub("", text).splitlines()
    return [" ".join(line.split()) for line in lines if not _OPTION_OR_COMMENT.match(line)]


def _named(option: str, files: Sequence[Path]) -> list[str]:
    return [word for file in files for word in (option, str(file))]
