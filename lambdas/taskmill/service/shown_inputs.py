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
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow

Shown = TaskRow | UnreadableRow


def with_inputs_shown(
    payloads: PayloadStore, rows: Sequence[Shown], *, hides: Callable[[str], bool]
) -> Iterable[Shown]:
    """The rows, with their inputs if those are up to 8,000 bytes; else with the references.

    Inputs of neighbouring subtasks are read in one request. Unreadable rows stay as they are.

    Args:
        hides: Whether the inputs of a task type may hold secrets: none of them is shown.
    """
    tasks = [row for row in rows if isinstance(row, TaskRow)]
    secret = {task_type for task_type in {row.key.type for row in tasks} if hides(task_type)}
    small = [row for row in tasks if row.key.type not in secret and _is_small(row.input_ref)]
    elements, shown = Elements(payloads, small), {row.key for row in small}
    for row in rows:
        if not isinstance(row, TaskRow):
            yield row
        elif row.key.type in secret:
            yield dataclasses.replace(row, input=None)
        else:
            yield _shown(elements, row) if row.key in shown else row


def expired_payloads(payloads: PayloadStore, row: Shown, shown: Shown) -> tuple[str, ...] | None:
    """Which of "input" and "result" a row refers to although they have expired; None: neither.

    Payloads of tasks that have not ended are not looked for: they live longer than a task may.

    Args:
        shown: The row as `with_inputs_shown` returned it.
    """
    if not isinstance(row, TaskRow) or not isinstance(shown, TaskRow):
        return None
    found: list[str] = []
    if row.ended and row.input_ref and shown.input is None and not payloads.exists(row.input_ref):
        found.append("input")
    ref = row.attributes.get("resultRef")
    if row.ended and ref is not None and not payloads.exists(ref):
        found.append("result")
    return tuple(found) or None


def _is_small(ref: str | None) -> bool:
    """Whether the reference tells that the input is small: a payload row, or a short byte range."""
    if ref is None:
        return False
    try:
        return is_row(ref) or 0 < PayloadRef.parse(ref).length <= ROW_LIMIT
    except ValueError:  # no reference that taskmill wrote
        return False


def _shown(elements: Elements, row: TaskRow) -> TaskRow:
    try:
        text = elements.get(row.input_ref or "")
    except (ClientError, PayloadMissing, ValueError):  # expired before its row, or no reference
        return row
    return dataclasses.replace(row, input=text) if fits_row(text, limit=ROW_LIMIT) else row
