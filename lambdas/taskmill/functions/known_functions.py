"""The task functions that this process has imported, by task type."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskmill.functions.declared_places import Place
    from taskmill.functions.task_functions import TaskFunction

FUNCTIONS: dict[str, TaskFunction] = {}
PLACES: dict[str, Place] = {}  # where the function of each type is declared
