"""Whether two inputs are the same JSON, in whatever order and spelling it is stored."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from taskmill.aws.s3.payloads import PayloadRef, PayloadStore
from taskmill.model.errors import PayloadMissing
from taskmill.model.rows.task_row import TaskRow, is_fan_out


def same_input(payloads: PayloadStore, row: TaskRow, stored: TaskRow) -> bool:
    """Whether the inputs of two rows are the same JSON.

    They are read and compared only if the rows differ: a reference has a digest of the text.
    Contents are compared rather than the ETags of objects, which are no digests of the content
    where a bucket encrypts with KMS or an upload had several parts (S3 API reference, Object).
    """
    if (row.input, row.input_ref) == (stored.input, stored.input_ref):
        return True
    if row.child_count != stored.child_count:  # of two fan-outs
        return False
    try:
        if is_fan_out(row.key):
            pairs = itertools.zip_longest(_elements(payloads, row), _elements(payloads, stored))
            return all(_same_text(one, other) for one, other in pairs)
        return _same_text(_text(payloads, row), _text(payloads, stored))
    except (ClientError, PayloadMissing):  # the stored one has expired: nothing to compare with
        return False


def same_json(one: Any, other: Any) -> bool:
    """Whether two parsed values are the same JSON: 1 is 1.0, but neither is true.

    Without recursion: an input may be nested deeper than Python's stack.
    """
    pairs = [(one, other)]
    while pairs:
        a, b = pairs.pop()
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() != b.keys():
                return False
            pairs += [(value, b[name]) for name, value in a.items()]
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                return False
            pairs += zip(a, b, strict=True)
        elif isinstance(a, bool) is not isinstance(b, bool) or a != b:
            return False
    return True


def _same_text(one: str | bytes | None, other: str | bytes | None) -> bool:
    if one == other:
        return True
    if one is None or other is None:
        return False
    try:
        return same_json(json.loads(one), json.loads(other))
    except (ValueError, RecursionError):  # an uploaded line that is not JSON, or nested too deep
        return False


def _text(payloads: PayloadStore, row: TaskRow) -> str:
    return payloads.get(row.input_ref) if row.input_ref is not None else row.input or "null"


def _elements(payloads: PayloadStore, row: TaskRow) -> Iterator[str | bytes]:
    """The elements of a fan-out as JSON text, streamed from the bucket."""
    if row.input is not None:
        yield from map(json.dumps, json.loads(row.input))
        return
    for _, line in payloads.lines(PayloadRef.parse(row.input_ref or "").key):
        yield line.strip()
