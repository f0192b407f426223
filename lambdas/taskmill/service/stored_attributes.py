"""Attributes that callers give, as rows keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.aws.s3.payloads import PayloadStore
from taskmill.model.attributes import check_attributes
from taskmill.model.error_details import describe_error
from taskmill.model.errors import InvalidRequest
from taskmill.model.json_text import dump_json
from taskmill.model.rows.task_row import TaskRow

_RESULT = ("result", "resultRef")
ATTRIBUTES_LIMIT = 16_384  # bytes of a caller's own attributes; results have their own place


def stored_attributes(
    payloads: PayloadStore, row: TaskRow, given: Mapping[str, Any], *, now: int
) -> dict[str, Any]:
    """The result as JSON text or by reference, errors whole, anything else as it is.

    Args:
        row: The task as it stands: what it has already counts towards the limit.

    Raises:
        InvalidRequest: Not JSON, or the task would have more than 16 KB beside its result.
        LimitExceeded: The result is larger than the configured maximum.
    """
    check_attributes(given)
    stored = {name: each for name, each in given.items() if name != "result"}
    if "error" in stored:
        stored["error"] = stored_error(stored["error"])
    _check_size({**row.attributes, **stored})
    if "result" not in given:
        return stored
    text = dump_json(given["result"], field="result")
    return stored | payloads.put_result(row, f"outside-{now}", text)


def stored_error(error: Any) -> dict[str, Any]:
    """An error as rows keep it: type, message and stack, never empty."""
    if isinstance(error, BaseException):
        return dict(describe_error(error))
    given = dict(error) if isinstance(error, Mapping) else {"message": str(error)}
    return {
        **given,
        "type": given.get("type") or "Error",
        "message": given.get("message") or "no message was given",
        "stack": given.get("stack") or "",
    }


def _check_size(attributes: Mapping[str, Any]) -> None:
    own = {name: each for name, each in attributes.items() if name not in _RESULT}
    if len(dump_json(own, field="attributes").encode()) > ATTRIBUTES_LIMIT:
        raise InvalidRequest(
            f"the task's attributes would be larger than {ATTRIBUTES_LIMIT:,} bytes;"
            " put what is large into the result",
            field="attributes",
            limit=ATTRIBUTES_LIMIT,
        )
