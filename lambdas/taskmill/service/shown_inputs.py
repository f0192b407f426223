"""Adds inputs stored outside a row to the rows that readers get, if they are small enough."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.payload_rows import ROW_LIMIT, is_row
from taskmill.aws.s3.elements import Elements
from taskmill.aws.s3.payloads import PayloadRef, PayloadStore
from taskmill.model.errors import PayloadMissing
from taskmill.model.json_text import fits_row
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow

Shown = TaskRow | UnreadableRow


class Masks(Protocol):
    """What knows the secrets of task types: the registry."""

    def masks_input(self, task_type: str) -> bool: ...
    def masked_input(self, task_type: str, value: Any) -> Any: ...


def with_inputs_shown(
    payloads: PayloadStore, rows: Sequence[Shown], *, masks: Masks | None
) -> Iterable[Shown]:
    """The rows, with their inputs if those are up to 8,000 bytes; else with the references.

    Inputs of neighbouring subtasks are read in one request. Unreadable rows stay as they are.

    Args:
        masks: Masks the secrets in the inputs; None: they are shown.
    """
    tasks = [row for row in rows if isinstance(row, TaskRow)]
    small = [row for row in tasks if _is_small(row.input_ref)]
    elements, shown = Elements(payloads, small), {row.key for row in small}
    types = {row.key.type for row in tasks}
    secret = {each for each in types if masks.masks_input(each)} if masks else set()
    for row in rows:
        if not isinstance(row, TaskRow):
            yield row
            continue
        whole = _shown(elements, row) if row.key in shown else row
        yield _masked(whole, masks) if masks and row.key.type in secret else whole


def _masked(row: TaskRow, masks: Masks) -> TaskRow:
    if row.input is None:
        return row
    value = masks.masked_input(row.key.type, json.loads(row.input))
    return dataclasses.replace(row, input=json.dumps(value, ensure_ascii=False))


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
