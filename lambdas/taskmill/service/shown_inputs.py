"""Adds inputs stored outside a row to the rows that readers get, if they are small enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from taskmill.aws.dynamodb.payload_rows import ROW_LIMIT, is_row
from taskmill.aws.s3.elements import Elements
from taskmill.aws.s3.payloads import PayloadRef, PayloadStore
from taskmill.model.errors import PayloadMissing
from taskmill.model.json_text import fits_row
from taskmill.model.rows.task_row import TaskRow


def with_inputs_shown(payloads: PayloadStore, rows: Sequence[TaskRow]) -> Iterable[TaskRow]:
    """The rows, with their inputs if those are up to 8,000 bytes; else with the references.

    Inputs of neighbouring subtasks are read in one request.
    """
    elements = Elements(payloads, [row for row in rows if _is_small(row.input_ref)])
    for row in rows:
        yield _shown(elements, row) if _is_small(row.input_ref) else row


def expired_payloads(
    payloads: PayloadStore, row: TaskRow, shown: TaskRow
) -> tuple[str, ...] | None:
    """Which of "input" and "result" a row refers to although they have expired; None: neither.

    Payloads of tasks that have not ended are not looked for: they live longer than a task may.

    Args:
        shown: The row as `with_inputs_shown` returned it.
    """
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
    return is_row(ref) or 0 < PayloadRef.parse(ref).length <= ROW_LIMIT


def _shown(elements: Elements, row: TaskRow) -> TaskRow:
    try:
        text = elements.get(row.input_ref or "")
    except PayloadMissing:  # the payload expired before its row
        return row
    return dataclasses.replace(row, input=text) if fits_row(text, limit=ROW_LIMIT) else row
