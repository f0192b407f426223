"""Rows as readers see them: with inputs that lie elsewhere and are small enough to be shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.payload_rows import ROW_LIMIT, is_row
from taskmill.aws.s3.elements import Elements
from taskmill.aws.s3.payloads import PayloadRef, PayloadStore
from taskmill.model.errors import PayloadMissing
from taskmill.model.json_text import fits_row
from taskmill.model.rows.task_row import TaskRow


def with_inputs_shown(payloads: PayloadStore, rows: Sequence[TaskRow]) -> Iterable[TaskRow]:
    """The rows, inputs of up to 8,000 bytes among them; larger ones stay references.

    The elements of subtasks that follow each other are read together.
    """
    elements = Elements(payloads, [row for row in rows if _is_small(row.input_ref)])
    for row in rows:
        yield _shown(elements, row) if _is_small(row.input_ref) else row


def _is_small(ref: str | None) -> bool:
    """Whether the reference itself says that the input is: a row's, or a short part."""
    if ref is None:
        return False
    return is_row(ref) or 0 < PayloadRef.parse(ref).length <= ROW_LIMIT


def _shown(elements: Elements, row: TaskRow) -> TaskRow:
    try:
        text = elements.get(row.input_ref or "")
    except (ClientError, PayloadMissing):  # expired before its row
        return row
    return dataclasses.replace(row, input=text) if fits_row(text, limit=ROW_LIMIT) else row
