"""The task functions that this process has imported, by task type."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskmill.functions.task_functions import TaskFunction

FUNCTIONS: dict[str, TaskFunction] = {}
