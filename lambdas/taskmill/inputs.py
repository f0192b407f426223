"""Inputs of single tasks: in the row, or in the bucket."""

from __future__ import annotations

import dataclasses
from typing import Any

from taskmill.json_text import dump_json, fits_row
from taskmill.payloads import TASK_INPUT_INLINE, PayloadStore, input_key
from taskmill.rows import TaskRow


def with_input(payloads: PayloadStore, row: TaskRow, value: Any) -> TaskRow:
    """The row with its input, a JSON value: in the row up to 600 bytes, else in the bucket.

    Raises:
        InvalidRequest: Not JSON.
        LimitExceeded: Larger than the configured maximum.
    """
    text = dump_json(value, field="input")
    if fits_row(text, limit=TASK_INPUT_INLINE):
        return dataclasses.replace(row, input=text)
    ref = payloads.put(input_key(row.key, text, "json"), text, field="input")
    return dataclasses.replace(row, input_ref=ref)
