"""Reads a requirements file as one list: files that it names are read, paths are made absolute.

pip and uv resolve paths in requirements files against the working directory, which is not where
the file is; here they are relative to the file that they are in.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from taskmill_cdk.task_files.walk import walk

_CONTINUED = re.compile(r"\\\n")
_COMMENT = re.compile(r"(^|\s)#.*$")
_OPTION = re.compile(r"(--[a-z-]+|-[a-z])(?:\s*=\s*|\s+)?(.*)")
_PATH = re.compile(r"\.{0,2}/|\.{1,2}$|file:")
_AT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*@\s*(.+)")
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)")


class RequirementsError(ValueError):
    """A requirements file names a file or folder that is not there."""


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """What requirements files ask for.

    Attributes:
        lines: Packages and options, without paths.
        projects: Folders to build a wheel of.
        wheels: Wheels and source archives on this machine.
        constraints: Files that limit versions.
    """

    lines: tuple[str, ...] = ()
    projects: tuple[Path, ...] = ()
    wheels: tuple[Path, ...] = ()
    constraints: tuple[Path, ...] = ()

    def digest(self) -> str:
        """Of all that decides what is installed, the content of local files included."""
        digest = hashlib.sha256("\n".join(self.lines).encode())
        for folder in self.projects:
            for name, file in sorted(walk(folder)):
                digest.update(f"\0{folder.name}/{name}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
        for file in (*self.wheels, *self.constraints):
            digest.update(f"\0{file.name}\0".encode() + file.read_bytes())
        return digest.hexdigest()

    @property
    def is_local(self) -> bool:
        """Whether some of it comes from this machine, and so has no hash."""
        return bool(self.projects or self.wheels)


def read_requirements(file: Path) -> Requirements:
    """What a requirements file asks for, with the files that it names.

    Raises:
        RequirementsError: A file or a folder is not there.
    """
    return _read(file.resolve(), ())


def named(lines: Iterable[str]) -> set[str]:
    """The normalised names of the packages in lines of a requirements file."""
    found = (_NAME.match(line) for line in lines)
    return {re.sub(r"[-_.]+", "-", each[1]).lower() for each in found if each}


def _read(file: Path, readers: tuple[Path, ...]) -> Requirements:
    if file in readers:
        return Requirements()  # they name each other
    found = Requirements()
    for line in _lines(file):
        found = _with(found, line, file, (*readers, file))
    return found


def _with(found: Requirements, line: str, file: Path, readers: tuple[Path, ...]) -> Requirements:
    option = _OPTION.fullmatch(line)
    name, value = (option[1], option[2].strip()) if option else ("", line)
    match name:
        case "-r" | "--requirement":
            return _both(found, _read(_existing(value, file), readers))
        case "-c" | "--constraint":
            return replace(found, constraints=(*found.constraints, _existing(value, file)))
        case "-e" | "--editable" | "":
            at = _AT.fullmatch(value.split(" ;")[0].strip())
            place = at[2] if at else value
            if _PATH.match(place):
                return _with_path(found, _existing(place, file))
            return replace(found, lines=(*found.lines, value))
    return replace(found, lines=(*found.lines, line))


def _with_path(found: Requirements, place: Path) -> Requirements:
    if place.is_dir():
        return replace(found, projects=(*found.projects, place))
    return replace(found, wheels=(*found.wheels, place))


def _both(one: Requirements, other: Requirements) -> Requirements:
    return Requirements(
        lines=(*one.lines, *other.lines),
        projects=(*one.projects, *other.projects),
        wheels=(*one.wheels, *other.wheels),
        constraints=(*one.constraints, *other.constraints),
    )


def _existing(text: str, file: Path) -> Path:
    """The file or folder that a line of a file names."""
    place = (file.parent / text.removeprefix("file://").removeprefix("file:")).resolve()
    if not place.exists():
        raise RequirementsError(f"{file} names {text!r}; there is no {place}")
    return place


def _lines(file: Path) -> Iterator[str]:
    for line in _CONTINUED.sub("", file.read_text()).splitlines():
        if text := " ".join(_COMMENT.sub("", line).split()):
            yield text
