"""What the finish of a fan-out notes in its row, for the statistics to add up: once for each run.

`settled` is `{run, completed, failed, cancelled, standing, errors}`: how many subtasks ended in
that run, how many are COMPLETED in all runs, and the errors of those that are FAILED.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statistics.failures import failure, summed


def is_settled(parent: TaskRow) -> bool:
    """Whether the finish of this run has been there."""
    return parent.settled is not None and parent.settled.get("run") == parent.run


def settled_as(
    parent: TaskRow,
    counts: Mapping[str, int],
    errors: Mapping[str, Mapping[str, Any]],
    given_up: Mapping[str, Any],
    stood: Counter[str],
) -> dict[str, Any]:
    """What to note of a run.

    Args:
        counts: Of all subtasks: what COMPLETED in an earlier run is among them, and did not run.
        errors: As the batches have told them.
        given_up: The error of those FAILED subtasks of which no batch has told.
        stood: `untold` ones of these, and `cancelled` ones, in batches that this run has not run.
    """
    before = (parent.settled or {}).get("standing", 0)
    told = sum(int(entry["n"]) for entry in errors.values())
    parts = [errors]
    untold = counts["failed"] - told
    if untold > 0:
        parts.append(failure(given_up, index=0, n=untold, new=max(untold - stood["untold"], 0)))
    whole = summed(parts)
    return {
        "run": parent.run,
        "completed": max(counts["completed"] - before, 0),
        "failed": sum(int(entry["new"]) for entry in whole.values()),
        "cancelled": max(counts["cancelled"] - stood["cancelled"], 0),
        "standing": counts["completed"],
        "errors": whole,
    }
