"""Adds inputs stored outside a row to the rows that readers get, if they are small enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.payload_rows import ROW_LIMIT, is_row
from taskmill.aws.s3.elements import Elements
from taskmill.aws.s3.payloads import PayloadRef, PayloadStore
from taskmill.model.errors import PayloadMissing
from taskmill.model.json_text import fits_row
from taskmill.model.rows.task_row import TaskRow


def with_inputs_shown(
    payloads: PayloadStore, rows: Sequence[TaskRow], *, hides: Callable[[str], bool]
) -> Iterable[TaskRow]:
    """The rows, with their inputs if those are up to 8,000 bytes; else with the references.

    Inputs of neighbouring subtasks are read in one request.

    Args:
        hides: Whether the inputs of a task type may hold secrets: none of them is shown.
    """
    secret = {task_type for task_type in {row.key.type for row in rows} if hides(task_type)}
    shown = [row for row in rows if row.key.type not in secret and _is_small(row.input_ref)]
    elements = Elements(payloads, shown)
    for row in rows:
        if row.key.type in secret:
            yield dataclasses.replace(row, input=None)
        else:
            yield _shown(elements, row) if _is_small(row.input_ref) else row


def _is_small(ref: str | None) -> bool:
    """Whether the reference tells that the input is small: a payload row, or a short byte range."""
    if ref is None:
        return False
    return is_row(ref) or 0 < PayloadRef.parse(ref).length <= ROW_LIMIT


def _shown(elements: Elements, row: TaskRow) -> TaskRow:
    try:
        text = elements.get(row.input_ref or "")
    except (ClientError, PayloadMissing):  # the payload expired before its row
        return row
    return dataclasses.replace(row, input=text) if fits_row(text, limit=ROW_LIMIT) else row
