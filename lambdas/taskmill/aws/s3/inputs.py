"""Inputs of single tasks: in the task's row, in a row of their own, or in S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmill.aws.s3.payloads import TASK_INPUT_INLINE, PayloadStore
from taskmill.model.json_text import dump_json, fits_row
from taskmill.model.rows.task_row import TaskRow


def with_input(payloads: PayloadStore, row: TaskRow, value: Any) -> TaskRow:
    """The row with its input, a JSON value; a larger input is stored, the row refers to it.

    Raises:
        InvalidRequest: The value is not JSON.
        LimitExceeded: It is larger than the configured maximum.
    """
    return with_inputs(payloads, [row], [value])[0]


def with_inputs(
    payloads: PayloadStore, rows: Sequence[TaskRow], values: Sequence[Any]
) -> list[TaskRow]:
    """The rows with their inputs: up to 600 bytes inline, up to 8,000 in a row, larger in S3.

    Raises as `with_input` does, before anything is stored.
    """
    texts = [dump_json(value, field="input") for value in values]
    inline = [fits_row(text, limit=TASK_INPUT_INLINE) for text in texts]
    each = list(zip(rows, texts, inline, strict=True))
    refs = iter(payloads.put_inputs([(row, text) for row, text, fits in each if not fits]))
    return [
        row.but(input=text) if fits else row.but(input_ref=next(refs)) for row, text, fits in each
    ]
