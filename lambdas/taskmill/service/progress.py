"""The progress of tasks: what a function reported, what its children are at, what batches told."""

from __future__ import annotations

from collections.abc import Iterable

from taskmill.functions.reported_progress import reported_progress
from taskmill.model.api.views import Progress, Task
from taskmill.model.rows.task_row import is_fan_out
from taskmill.model.statuses import COUNT_NAMES, FINAL, Status

CHILDREN_READ = 100  # more children than these are counted from their parent's row


def fan_out_progress(task: Task) -> Progress:
    """The subtasks of a step function task by outcome, as its batches told them."""
    counts = _counts(task)
    return _progress(task, counts)


def single_progress(task: Task, children: Iterable[Task]) -> Progress:
    """The progress of a single task: what it reported, or that of its children.

    The latter while it waits for them, and always if it has reported nothing itself. A child counts
    as one; one that is a fan-out counts as its subtasks.

    Args:
        children: Read only if they count, and there are 100 at most.
    """
    waits = task.status is Status.WAITING
    if not task.child_count or ("progress" in task.attributes and not waits):
        return reported_progress(task)
    if task.child_count > CHILDREN_READ:
        done, total = task.awaited_done or 0, task.awaited_total or 0
        return _progress(task, {"total": total, "completed": min(done, total)})
    sums = dict.fromkeys(("total", *COUNT_NAMES), 0)
    for child in children:
        for name, count in _counts(child).items():
            sums[name] += count
    return _progress(task, sums)


def _counts(task: Task) -> dict[str, int]:
    """`total`, `completed`, `failed` and `cancelled`: of the subtasks, or of the task itself."""
    if is_fan_out(task.key):
        told = task.attributes.get("counts")
        known = told if isinstance(told, dict) else {}
        given = {"total": task.child_count or 0, **known}
        return {name: _whole(given.get(name)) for name in ("total", *COUNT_NAMES)}
    ended = {Status.COMPLETED: "completed", Status.FAILED: "failed", Status.CANCELLED: "cancelled"}
    return {"total": 1, **({ended[task.status]: 1} if task.status in ended else {})}


def _whole(count: object) -> int:
    return count if isinstance(count, int) else 0


def _progress(task: Task, counts: dict[str, int]) -> Progress:
    done = sum(counts.get(name, 0) for name in COUNT_NAMES)
    total = counts["total"]
    percent = 100.0 if task.status in FINAL else round(100 * done / max(total, 1), 1)
    return Progress(
        **task.key.as_dict(),
        status=task.status,
        running=max(total - done, 0),
        percent=percent,
        **counts,
    )
