"""The task whose code runs in this context, for whatever that code calls."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskmill.model.rows.task_row import TaskRow

# None outside task code, and in threads that task code has started itself.
RUNNING: ContextVar[TaskRow | None] = ContextVar("taskmill_running", default=None)
