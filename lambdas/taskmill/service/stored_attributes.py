"""Converts attributes given by callers to the form that is stored in rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.aws.s3.payloads import PayloadStore
from taskmill.model.attributes import check_attributes
from taskmill.model.error_details import describe_error
from taskmill.model.errors import InvalidRequest
from taskmill.model.fingerprints import fingerprint_of, is_fingerprint
from taskmill.model.json_text import dump_json
from taskmill.model.rows.task_row import TaskRow

_RESULT = ("result", "resultRef")
ATTRIBUTES_LIMIT = 16_384  # bytes of JSON; a result does not count, it is stored separately


def stored_attributes(
    payloads: PayloadStore,
    row: TaskRow,
    given: Mapping[str, Any],
    *,
    now: int,
    hidden: bool = False,
) -> dict[str, Any]:
    """The attributes to store: `result` as text or reference, `error` complete, others unchanged.

    Args:
        row: The task's row; its present attributes count towards the limit.
        now: Epoch milliseconds.
        hidden: The result may hold secrets, so it is not stored in the row.

    Raises:
        InvalidRequest: An attribute is not JSON, or together they exceed 16 KB without the result.
        LimitExceeded: The result is larger than the configured maximum.
    """
    check_attributes(given)
    stored = {name: each for name, each in given.items() if name != "result"}
    if "error" in stored:
        stored["error"] = stored_error(stored["error"])
    _check_size({**row.attributes, **stored})
    if "error" in stored and "fingerprint" not in stored["error"]:
        stored["error"]["fingerprint"] = fingerprint_of(stored["error"])
    if "result" not in given:
        return stored
    text = dump_json(given["result"], field="result")
    return stored | payloads.put_result(row, f"outside-{now}", text, hidden=hidden)


def stored_error(error: Any) -> dict[str, Any]:
    """An error as a mapping with `type`, `message` and `stack`; defaults replace missing ones."""
    if isinstance(error, BaseException):
        return dict(describe_error(error))
    given = dict(error) if isinstance(error, Mapping) else {"message": str(error)}
    if not is_fingerprint(given.get("fingerprint")):  # as `describe_error` has it, or none
        given.pop("fingerprint", None)
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
