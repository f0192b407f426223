"""Checks of the user's code when a stack is synthesised: errors are raised, doubts are warnings."""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from aws_cdk import Annotations
from constructs import Construct

from taskmill_cdk.code_checks import (
    CodeError,
    Declared,
    Module,
    declared_in,
    missing_imports,
    reachable,
)
from taskmill_cdk.props import hint_at
from taskmill_cdk.task_source import TaskSource, TaskSourceError


def modules_of(
    scope: Construct,
    tasks: TaskSource,
    files: Mapping[str, Path],
    *,
    more: Iterable[str],
    python: str,
) -> list[Module]:
    """The modules that functions import.

    Args:
        files: What is deployed.
        more: Further modules, those of worker pools.
        python: The version that runs them. If this process is older, it may not know all of their
            syntax, so what it takes for an error is a warning.

    Raises:
        TaskSourceError: A module is no Python.
    """
    factory = [tasks.factory.partition(":")[0]] if tasks.factory else []
    try:
        return reachable([*tasks.modules, *more, *factory], files)
    except CodeError as wrong:
        if sys.version_info[:2] >= tuple(map(int, python.split("."))):
            raise TaskSourceError(f"{tasks.path}: {wrong}") from None
        _warn(scope, "syntax", f"{wrong}, says Python {sys.version_info[0]}.{sys.version_info[1]}")
        return []


def check_declared(
    scope: Construct, tasks: TaskSource, modules: Sequence[Module], *, pools: Collection[str]
) -> Declared:
    """Check what the modules declare.

    Callbacks and pools that are not known are warnings: consumers outside the stack may run the
    ones, and another stack with the same code may have the others.

    Raises:
        TaskSourceError: A type is declared twice.
    """
    try:
        found = declared_in(modules)
    except CodeError as wrong:
        raise TaskSourceError(f"{tasks.path}: {wrong}") from None
    for name, place in found.callbacks:
        if found.is_complete and name not in found.types:
            text = f"{place}: a callback names the task type {name!r}, which no module declares"
            _warn(scope, f"callback-{name}", text + hint_at(name, found.types))
    for name, place in found.pools:
        if name not in pools:
            text = f"{place}: there is no worker pool {name!r}, so its tasks are refused"
            _warn(scope, f"pool-{name}", text + hint_at(name, pools))
    return found


def check_imports(
    scope: Construct, modules: Sequence[Module], *, files: Collection[str], layer: Path
) -> None:
    """Warn of packages that modules import and that nothing provides."""
    for name, place in missing_imports(modules, folder=files, layer=layer / "python"):
        _warn(
            scope,
            f"import-{name}",
            f"{place} imports {name}, which is neither in the folder nor in the layer: name its"
            " package in requirements.txt",
        )


def _warn(scope: Construct, name: str, text: str) -> None:
    Annotations.of(scope).add_warning_v2(f"taskmill:{name}", text)
