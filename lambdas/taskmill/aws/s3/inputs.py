"""Inputs of single tasks: in the task's row, in a row of their own, or in S3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmill.aws.s3.payloads import TASK_INPUT_INLINE, PayloadStore
from taskmill.model.json_text import dump_json, fits_row
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.rows.task_row import TaskRow


def with_input(
    payloads: PayloadStore, row: TaskRow, value: Any, *, hidden: bool = False
) -> TaskRow:
    """The row with its input, a JSON value; a larger input is stored, the row refers to it.

    A row whose input was left out (`LEFT_OUT`) has none.

    Args:
        hidden: It may hold secrets: store it in S3 whatever its size, so that nothing that shows
            or sends the row has it.

    Raises:
        InvalidRequest: The value is not JSON.
        LimitExceeded: It is larger than the configured maximum.
    """
    return with_inputs(payloads, [row], [value], hidden=[hidden])[0]


def with_inputs(
    payloads: PayloadStore,
    rows: Sequence[TaskRow],
    values: Sequence[Any],
    *,
    hidden: Sequence[bool] | None = None,
) -> list[TaskRow]:
    """The rows with their inputs: up to 600 bytes inline, up to 8,000 in a row, larger in S3.

    Raises as `with_input` does, before anything is stored.
    """
    texts = [None if value is LEFT_OUT else dump_json(value, field="input") for value in values]
    secret = hidden or [False] * len(rows)
    inline = [
        text is None or (not each and fits_row(text, limit=TASK_INPUT_INLINE))
        for text, each in zip(texts, secret, strict=True)
    ]
    each = list(zip(rows, texts, inline, secret, strict=True))
    stored = [(row, text, secret) for row, text, fits, secret in each if text and not fits]
    refs = iter(
        payloads.put_inputs(
            [(row, text) for row, text, _ in stored], in_bucket=[secret for *_, secret in stored]
        )
    )
    return [
        row.but(input=text) if fits else row.but(input_ref=next(refs))
        for row, text, fits, _ in each
    ]
