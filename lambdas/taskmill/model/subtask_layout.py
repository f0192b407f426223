"""How the rows of a fan-out are stored: its layout, which the fan-out's own row names in `rows`.

| `rows` | what is stored |
|---|---|
| absent | a row for each subtask, written when the input is split; batch rows in one partition |
| 2 | a row for a subtask once there is something to say about it; batch rows in 16 partitions |

The layout is fixed when a fan-out is submitted, or when it is split: split, batches, finish and
readers go by it, so that fan-outs that were under way when a stack was updated come to their end.
"""

from __future__ import annotations

from taskmill.model.clock import DAY_SECONDS, ttl_seconds
from taskmill.model.errors import TaskmillError
from taskmill.model.rows.task_row import TaskRow

ON_DEMAND = 2
# No execution takes longer; a payload is kept as much longer than a row, too.
LONGEST_EXECUTION_DAYS = 30


class NewerLayout(TaskmillError):
    """A newer version of taskmill has stored this fan-out. Retried until the functions have it."""

    code = "newer_layout"
    http_status = 503


def on_demand(parent: TaskRow) -> bool:
    """Whether the rows of a fan-out's subtasks are stored on demand.

    Raises:
        NewerLayout: This version does not know the layout.
    """
    if parent.rows is None or parent.rows == ON_DEMAND:
        return parent.rows is not None
    raise NewerLayout(
        f"{parent.key} is stored in layout {parent.rows}; this version knows {ON_DEMAND} at most"
    )


def rows_ttl(since: int, retention_days: int) -> int | None:
    """The `ttl` of all rows of a fan-out, in epoch seconds; None: they never expire.

    One for all: a subtask whose row has expired, while its batch is open, would run again.

    Args:
        since: When the fan-out was split, in epoch ms.
    """
    expires = ttl_seconds(since, retention_days)
    return None if expires is None else expires + LONGEST_EXECUTION_DAYS * DAY_SECONDS
