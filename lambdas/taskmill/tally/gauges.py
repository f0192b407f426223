"""Present numbers: what one row counts for as it is.

A change adds what the new row counts for, less what the old one did. So the sum of all changes is
what a scan of the table finds, however many there were.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statistics.failures import mark_of
from taskmill.model.statistics.names import WAITING, WAITING_MS
from taskmill.model.statuses import Status
from taskmill.tally.waits import waits_since


def numbers(row: TaskRow | None) -> dict[str, int]:
    """What a row adds to the gauge row of its type: its status, and since when it waits."""
    if row is None:
        return {}
    found = {str(row.status): 1}
    since = waits_since(row)
    if since is not None:
        found[f"{WAITING}{since // WAITING_MS}"] = 1
    return found


def failed_now(row: TaskRow | None) -> dict[str, int]:
    """How many tasks and subtasks are FAILED at present by this row, by fingerprint."""
    if row is None:
        return {}
    found = {mark: int(entry["n"]) for mark, entry in subtask_errors(row).items()}
    if (error := own_error(row)) is not None:
        mark = fingerprint_in(row, error)
        found[mark] = found.get(mark, 0) + 1
    return found


def own_error(row: TaskRow) -> Mapping[str, Any] | None:
    """The error of a FAILED task; None for a fan-out of which the subtasks' errors are known."""
    if row.status is not Status.FAILED:
        return None
    if is_fan_out(row.key) and subtask_errors(row):
        return None
    error = row.attributes.get("error")
    return error if isinstance(error, Mapping) else {"type": "Unknown", "message": "no error"}


def fingerprint_in(row: TaskRow, error: Mapping[str, Any]) -> str:
    """The fingerprint of the error of a row."""
    return mark_of(error, row.fingerprint)


def subtask_errors(row: TaskRow) -> Mapping[str, Mapping[str, Any]]:
    """The errors of the subtasks of a fan-out that has ended; of one that has not, none."""
    settled = settled_in(row)
    return settled.get("errors", {}) if settled else {}


def settled_in(row: TaskRow | None) -> Mapping[str, Any] | None:
    """What the finish of a fan-out has noted of the run that the row is in; None: nothing yet."""
    if row is None or not row.ended or row.settled is None:
        return None
    return row.settled if row.settled.get("run") == row.run else None
