"""The hooks and the fixture of the pytest plugin.

Options of pytest's configuration: `taskmill_folder`, the folder of the task modules, relative to
the folder of pytest's configuration (default: `tasks`, if there is one); `taskmill_modules`, their
names (default: all modules there that declare tasks).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud

DEFAULT_FOLDER = "tasks"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "taskmill_folder",
        f"folder of the task modules; default: {DEFAULT_FOLDER}, if there is one",
        type="string",
        default="",
    )
    parser.addini(
        "taskmill_modules",
        "names of the task modules; default: all modules in the folder that declare tasks",
        type="args",
        default=[],
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Let tests import the task modules by the names that they have when they are deployed."""
    folder, is_named = _folder(early_config)
    if folder is None or not folder.is_dir() or str(folder) in sys.path:
        return
    if is_named:
        sys.path.insert(0, str(folder))
    else:  # last, since a folder that was merely found must not hide other modules
        sys.path.append(str(folder))


@pytest.fixture
def cloud(pytestconfig: pytest.Config) -> Iterator[InProcessCloud]:
    """The task service in memory, in virtual time, with the task functions of the project.

    Tasks belong to the tenant "default" unless a submit names another.
    """
    from taskmill.model.keys import DEFAULT_TENANT
    from taskmill.testing.cloud import InProcessCloud

    folder, _ = _folder(pytestconfig)
    modules = pytestconfig.getini("taskmill_modules")
    settings = {"TASKMILL_TENANT": DEFAULT_TENANT}
    with InProcessCloud(modules=modules, folder=folder, environment=settings) as made:
        yield made


def _folder(config: pytest.Config) -> tuple[Path | None, bool]:
    """The folder of the task modules, if there is one; and whether the configuration names it."""
    root = config.inipath.parent if config.inipath else config.rootpath
    named = str(config.getini("taskmill_folder"))
    if named:
        return root / named, True
    return (root / DEFAULT_FOLDER if (root / DEFAULT_FOLDER).is_dir() else None), False
