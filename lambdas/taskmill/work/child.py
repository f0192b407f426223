"""One child of a task function, and what starting children needs of the attempt that runs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol

from taskmill.functions.task_functions import TaskFunction
from taskmill.model.errors import Conflict
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL
from taskmill.model.type_variables import Out
from taskmill.work.patience import Patience

MAX_CHILDREN = 10_000  # per task; use a fan-out for more


class Claim(Protocol):
    """The claim of the attempt that runs the parent (see `Lease`).

    Attributes:
        row: The parent's row as of the claim's last write.
        stopped: Why the attempt may write nothing more; None while it may.
        patience: For calls that can wait for as long as the claim holds.
    """

    row: TaskRow
    stopped: Exception | None
    patience: Patience

    def announce(self, count: int, trail: str) -> None: ...


@dataclass(eq=False)
class Child(Generic[Out]):
    """A child task, as `ctx.submit` returns it. Pass it to `ctx.gather` to wait for it.

    Attributes:
        key: The child's key.
        function: The task function, whose return annotation types the result; None when the child
            was submitted by the name of its task type.
        make: Stores the input and returns the new row; called only when the child is not stored
            yet.
        row: The child's row as last read; None before it is stored.
    """

    key: TaskKey
    function: TaskFunction[Any, Out] | None
    make: Callable[[], TaskRow]
    row: TaskRow | None = None

    @property
    def known(self) -> TaskRow:
        """The row.

        Raises:
            Conflict: The child is not stored yet.
        """
        if self.row is None:
            raise Conflict(f"{self.key.label} is not stored yet")
        return self.row

    @property
    def ended(self) -> bool:
        return self.row is not None and self.row.status in FINAL
