"""The progress of a single task, as its function last reported it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from taskmill.model.statuses import FINAL

if TYPE_CHECKING:
    from taskmill.model.api.views import Progress, Task


def reported_progress(task: Task) -> Progress:
    """Progress of a single task from what `ctx.progress` last reported; 100 % once it has ended."""
    from taskmill.model.api.views import Progress

    reported = task.attributes.get("progress")
    done, total = _figures(reported if isinstance(reported, dict) else {})
    ended = task.status in FINAL
    return Progress(
        **task.key.as_dict(),
        status=task.status,
        total=int(total),
        completed=int(done),
        running=0 if ended else max(int(total) - int(done), 0),
        percent=100.0 if ended else round(100 * done / (total or math.inf), 1),
    )


def _figures(reported: Mapping[str, Any]) -> tuple[float, float]:
    """`done` and `total`, 0 if missing or not a number: callers may store any progress."""
    return _number(reported.get("done")), _number(reported.get("total"))


def _number(value: object) -> float:
    return value if isinstance(value, int | float) else 0
