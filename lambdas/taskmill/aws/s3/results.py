"""Reads results: JSON text in the row, or a reference to an S3 object."""

from __future__ import annotations

import json
from typing import Any

from taskmill.aws.s3.expiry import naming
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.model.rows.task_row import TaskRow


def stored_result(payloads: PayloadStore, row: TaskRow) -> Any:
    """The JSON value that a completed task returned; None if it has no result.

    Raises:
        PayloadMissing: The result has expired.
    """
    ref = row.attributes.get("resultRef")
    with naming(row.key, "result"):
        text = row.attributes.get("result") if ref is None else payloads.get(ref)
    return None if text is None else json.loads(text)
