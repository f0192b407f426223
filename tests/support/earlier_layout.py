"""Fan-outs as versions before rows on demand have stored them."""

from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNT_NAMES, Status
from taskmill.testing import InProcessCloud


def submitted_before(cloud: InProcessCloud, key: TaskKey) -> TaskRow:
    """Make a new fan-out one that an earlier version has submitted: its row names no layout."""
    row = cloud.wiring.tasks.get(key).but(rows=None)
    cloud.wiring.table.put(row.to_values())
    return row


def split_before(cloud: InProcessCloud, key: TaskKey) -> TaskRow:
    """Make it one that an earlier version has split, too: all its subtasks have rows."""
    row = submitted_before(cloud, key)
    cloud.wiring.inserter.insert(row)
    counts = {"total": row.child_count, **dict.fromkeys(COUNT_NAMES, 0)}
    return cloud.wiring.tasks.move(
        key,
        Status.PROCESSING,
        attributes={"counts": counts},
        extra={"splitRun": row.run, "startedAt": cloud.now},
    )
