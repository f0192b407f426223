"""Rows without what a list does not show: input, result, history, the stack of the error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.model.api.views import Task
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow

_RESULT = ("result", "resultRef")


def summary_of(row: TaskRow | UnreadableRow) -> Task:
    """The task of a row as lists show it with `fields=summary`."""
    if isinstance(row, UnreadableRow):
        return Task.from_row(row)
    attributes = {n: each for n, each in row.attributes.items() if n not in _RESULT}
    error: Any = attributes.get("error")
    if isinstance(error, Mapping):
        attributes["error"] = {n: each for n, each in error.items() if n != "stack"}
    return Task.from_row(row.but(input=None, history=(), attributes=attributes))


def shown_as(row: TaskRow | UnreadableRow, fields: str | None) -> Task:
    """The task of a row, or its summary if `fields` is "summary"."""
    return summary_of(row) if fields == "summary" else Task.from_row(row)
