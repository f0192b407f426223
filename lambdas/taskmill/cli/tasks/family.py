"""How far the children are that a task waits for."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from taskmill.cli.tasks.show import counts
from taskmill.model.statuses import FINAL, Status

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task

MOST = 100  # children that are looked at; of more, the parent's own count is shown


@dataclass(frozen=True)
class Family:
    """The children of a waiting task, summed up.

    Attributes:
        done: Tasks and subtasks that have ended.
        total: All of them.
        text: The same in words.
    """

    done: int
    total: int
    text: str


def family_of(client: TaskClient, task: Task) -> Family | None:
    """The children of a task that waits for some; None: it does not wait."""
    if task.status is not Status.WAITING:
        return None
    children = list(islice(client.children(task), MOST + 1))
    if len(children) > MOST or not children:
        return _of_parent(task)
    fan_outs = [each for each in children if each.kind == "SFN_TASK"]
    singles = [each for each in children if each.kind != "SFN_TASK"]
    subtasks = sum(each.child_count or 0 for each in fan_outs)
    counted = sum(min(sum(counts(each).values()), each.child_count or 0) for each in fan_outs)
    ended = sum(each.status in FINAL for each in singles)
    parts = [
        f"{counted:,} of {subtasks:,} subtasks" if fan_outs else "",
        f"{ended:,} of {len(singles):,} children" if singles else "",
    ]
    text = "waits: " + ", ".join(part for part in parts if part)
    return Family(counted + ended, subtasks + len(singles), text)


def _of_parent(task: Task) -> Family:
    done, total = task.awaited_done or 0, task.awaited_total or 0
    return Family(done, total, f"waits: {done:,} of {total:,} children")
