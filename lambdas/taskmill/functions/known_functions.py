"""The task functions that this process has imported, by task type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from taskmill.functions.declared_places import Place
    from taskmill.functions.task_functions import TaskFunction

FUNCTIONS: dict[str, TaskFunction] = {}
PLACES: dict[str, Place] = {}  # where the function of each type is declared


class Declared(NamedTuple):
    """Where `@task` registers functions."""

    functions: dict[str, TaskFunction]
    places: dict[str, Place]


_STAGES = [Declared(FUNCTIONS, PLACES)]


def declared() -> Declared:
    """The functions that modules declare now: those of the process, or of a stage."""
    return _STAGES[-1]


@contextmanager
def staged() -> Iterator[Declared]:
    """Collect what modules declare in a `with` block, apart from the functions of the process.

    So modules can be imported anew while tasks run the old ones.
    """
    stage = Declared({}, {})
    _STAGES.append(stage)
    try:
        yield stage
    finally:
        _STAGES.remove(stage)


def replace_with(stage: Declared, old: Declared) -> None:
    """Let the functions of a stage take the place of some that the process knows.

    No type that both have is missing at any time.
    """
    FUNCTIONS.update(stage.functions)
    PLACES.update(stage.places)
    for task_type, function in old.functions.items():
        if FUNCTIONS.get(task_type) is function:
            FUNCTIONS.pop(task_type, None)
            PLACES.pop(task_type, None)
