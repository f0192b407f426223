"""The templates of `taskmill init`: one folder of files each, and one that all share."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from taskmill.cli.installing import install_hint
from taskmill.model.errors import InvalidRequest

_HERE = Path(__file__).parent
_SUFFIX = ".template"  # so that no tool takes them for source files of taskmill
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")

# What each template is, with the extras of taskmill that it needs to run.
TEMPLATES: Mapping[str, Sequence[str]] = {
    "default": ("cdk", "dev", "local"),
    "fastapi": ("cdk", "dev", "local"),
    "django": ("cdk", "dev", "django", "local"),
    "consumer": ("cdk", "dev", "local"),
}
_NEXT: Mapping[str, Sequence[str]] = {
    "default": ("taskmill submit greet '\"World\"' --wait   # in a second terminal",),
    "fastapi": ("uvicorn web:app --reload   # in a second terminal; then see /docs",),
    "django": (
        "python backend/manage.py runserver   # in a second terminal; then see /greet/World",
    ),
    "consumer": ("taskmill submit render '\"film\"' --wait   # in a second terminal",),
}


class CannotInit(InvalidRequest):
    """A project cannot be made under this name, or from this template."""

    code = "not_configured"


@dataclass(frozen=True)
class Project:
    """A project that was made.

    Attributes:
        files: Their paths in it, sorted.
        next_commands: What to type now.
    """

    folder: Path
    files: Sequence[str]
    next_commands: Sequence[str]


def make_project(name: str, template: str, *, parent: Path) -> Project:
    """Make a project in a new folder.

    Raises:
        CannotInit: The name is none for a project, there is no such template, or the folder exists.
    """
    if template not in TEMPLATES:
        raise CannotInit(f"--template is {template!r}; there are {', '.join(TEMPLATES)}")
    if not _NAME.fullmatch(name):
        raise CannotInit(
            f"{name!r} is no name for a project: up to 40 letters, digits, - and _, a letter first"
        )
    folder = parent / name
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotInit(f"{folder} exists already and is not empty: choose another name")
    files = dict(_files("common")) | dict(_files(template))
    for path, text in sorted(files.items()):
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_filled(text, name, template))
    return Project(folder, sorted(files), _commands(name, template))


def _files(template: str) -> Iterator[tuple[str, str]]:
    """Path and text of each file; `dot-` at the start of a name stands for a dot."""
    root = _HERE / template
    for file in root.rglob(f"*{_SUFFIX}"):
        parts = file.relative_to(root).parts
        names = [f".{each[4:]}" if each.startswith("dot-") else each for each in parts]
        yield "/".join(names).removesuffix(_SUFFIX), file.read_text()


def _filled(text: str, name: str, template: str) -> str:
    words = {
        "@NAME@": name,
        "@STACK@": "".join(each.capitalize() for each in re.split("[-_]", name)),
        "@EXTRAS@": ",".join(TEMPLATES[template]),
    }
    for placeholder, value in words.items():
        text = text.replace(placeholder, value)
    return text


def _commands(name: str, template: str) -> Sequence[str]:
    return (
        f"cd {name}",
        f"{install_hint(*TEMPLATES[template])} -r requirements-dev.txt",
        "pytest",
        "taskmill dev --folder backend" if template == "django" else "taskmill dev",
        *_NEXT[template],
    )
