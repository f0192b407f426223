"""What a task function starts and waits for: found again, in call order, whenever it runs again.

A function that waits is suspended and later runs once more from the top. So each call that starts
a child names it by its place among the calls; a child that is there already is not started again.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from taskmill.aws.dynamodb.children import ChildStore
from taskmill.functions.task_functions import TaskFunction
from taskmill.model.errors import (
    Conflict,
    InvalidRequest,
    LimitExceeded,
    NotDeterministic,
    TaskFailed,
)
from taskmill.model.keys import TaskKey, check_name
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, Status
from taskmill.work.suspension import Suspended

MAX_CHILDREN = 10_000  # of one task; for more there are fan-outs
NAME_LIMIT = 40  # characters of a child's own name
_TRIES = 5


class Claim(Protocol):
    """The attempt that runs the parent: its row as it stands, and the right to write to it."""

    row: TaskRow
    stopped: Exception | None

    def announce(self, count: int, trail: str) -> None: ...


@dataclass(eq=False)
class Child:
    """A task that this one started. Hand it to `ctx.gather` to wait for it.

    Attributes:
        key: Its key.
        function: What types its result; None where it was named by its type only.
        make: Makes its row, its input stored; called only when it is not there yet.
    """

    key: TaskKey
    function: TaskFunction | None
    make: Callable[[], TaskRow]
    row: TaskRow | None = None

    @property
    def known(self) -> TaskRow:
        if self.row is None:
            raise Conflict(f"{self.key} is not stored yet")
        return self.row

    @property
    def ended(self) -> bool:
        return self.row is not None and self.row.status in FINAL


@dataclass
class Children:
    """The children of one attempt, in the order of the calls that start them."""

    claim: Claim
    store: ChildStore
    calls: list[Child] = field(default_factory=list)
    suspended: Suspended | None = None

    def __post_init__(self) -> None:
        row = self.claim.row
        self._resumed = row.awaited_total is not None
        self._announced, self._trail = row.child_count or 0, row.trail
        self._digest = hashlib.sha256()
        self._found: Mapping[TaskKey, TaskRow] | None = None
        self._passed: dict[TaskKey, TaskRow] = {}
        self._keys: set[TaskKey] = set()

    def start(self, children: Sequence[Child], *, awaited: bool) -> None:
        """Store those that are not there yet: announced on the parent first, then inserted.

        Raises:
            NotDeterministic: An earlier time, the function started others.
            LimitExceeded: It has too many.
        """
        self._check_count(len(children))
        for child in children:
            self._note(child)
        if len(self.calls) > self._announced:
            self._announced = len(self.calls)
            self._trail = self._digest.hexdigest()[:16]
            self.claim.announce(self._announced, self._trail)
        self._look_up(children)
        self._take_over([child for child in children if child.row], awaited=awaited)
        self._insert([child for child in children if child.row is None], awaited=awaited)

    def wait(self, children: Sequence[Child]) -> list[TaskRow]:
        """How these ended, in their order; lets go of the task while one of them has not.

        Raises:
            Suspended: The task goes on when they have ended.
        """
        self._refresh([child for child in children if not child.ended])
        pending = [child for child in children if not child.ended]
        for _ in range(_TRIES):
            unmarked = [child for child in pending if not child.known.awaited]
            if not unmarked:
                break
            self.store.await_([child.known for child in unmarked])
            self._refresh(unmarked)
            pending = [child for child in pending if not child.ended]
        if pending:
            self._suspend()
        self._passed |= {child.key: child.known for child in children}
        return [child.known for child in children]

    def settle(self) -> dict[str, int] | None:
        """What is left to wait for when the function has returned; None: nothing is.

        Raises:
            NotDeterministic: It started fewer children than an earlier time.
        """
        if len(self.calls) < self._announced:
            raise NotDeterministic(
                f"the function started {self._announced} children before and now"
                f" {len(self.calls)}: it must make the same calls each time it runs"
            )
        if len(self._passed) == len(self.calls):
            return None
        ended = [row.status for row in self._passed.values() if self._counts(row)]
        return {
            "total": sum(self._counts(child.known) for child in self.calls),
            "failed": ended.count(Status.FAILED),
            "cancelled": ended.count(Status.CANCELLED),
        }

    def owns(self, error: BaseException) -> bool:
        """Whether an error is the end of one of these children: another attempt finds the same."""
        return isinstance(error, TaskFailed) and error.task.key in self._passed

    def place(self, ahead: int, name: str | None) -> str:
        """What names the call that comes after `ahead` others of the same `start`.

        Raises:
            InvalidRequest: The name is too long, not of the form of a name, or used twice.
        """
        if name is None:
            return f"{len(self.calls) + ahead:05}"
        check_name("name", name)
        if len(name) > NAME_LIMIT:
            raise InvalidRequest(
                f"the name of a child has at most {NAME_LIMIT} characters, not {len(name)}",
                field="name",
                limit=NAME_LIMIT,
            )
        return f"name-{name}"

    def _check_count(self, more: int) -> None:
        if len(self.calls) + more > MAX_CHILDREN:
            raise LimitExceeded(
                "children", actual=len(self.calls) + more, limit=MAX_CHILDREN, unit="of one task"
            )

    def _note(self, child: Child) -> None:
        """Add a call to the trail; up to where it was announced, it must be the announced one."""
        if child.key in self._keys:
            raise InvalidRequest(f"two children have the name of {child.key}", field="name")
        self._keys.add(child.key)
        self.calls.append(child)
        self._digest.update(f"{child.key.kind} {child.key.sk}\n".encode())
        if len(self.calls) == self._announced and self._digest.hexdigest()[:16] != self._trail:
            raise NotDeterministic(
                f"the first {self._announced} children are not those that the function started"
                " before: it must make the same calls each time it runs"
            )

    def _look_up(self, children: Sequence[Child]) -> None:
        """Find those that an earlier time may have started."""
        parent = self.claim.row
        if not (self._resumed or parent.attempts > 1 or parent.run > 1):
            return
        if self._found is None:  # all at once: a function with many waits runs many times
            keys = list(self.store.keys_of(parent.key))
            rows = self.store.read(keys)
            self._found = {row.key: row for row in rows if row is not None}
        for child in children:
            child.row = self._found.get(child.key)
        self._refresh([child for child in children if child.row is None])

    def _refresh(self, children: Sequence[Child]) -> None:
        rows = self.store.read([child.key for child in children]) if children else []
        for child, row in zip(children, rows, strict=True):
            child.row = row
            if row is not None and row.parent != str(self.claim.row.key):
                raise Conflict(f"{child.key} is there, and no child of {self.claim.row.key}")

    def _insert(self, children: Sequence[Child], *, awaited: bool) -> None:
        if not children:
            return
        rows = [dataclasses.replace(child.make(), awaited=awaited or None) for child in children]
        inserted = self.store.insert(rows)
        for child, row, done in zip(children, rows, inserted, strict=True):
            child.row = row if done else None
        there = [child for child in children if child.row is None]
        self._refresh(there)
        self._take_over(there, awaited=awaited)

    def _take_over(self, children: Sequence[Child], *, awaited: bool) -> None:
        """Have children of an earlier run count for this one, but for completed ones."""
        run = self.claim.row.run
        for _ in range(_TRIES):
            foreign = [
                child
                for child in children
                if child.known.parent_run != run and child.known.status is not Status.COMPLETED
            ]
            if not foreign:
                return
            self.store.adopt([child.known for child in foreign], run, awaited=awaited)
            self._refresh(foreign)
        raise Conflict("children of an earlier run keep changing; the next attempt will find them")

    def _counts(self, row: TaskRow) -> bool:
        return row.parent_run == self.claim.row.run

    def _suspend(self) -> None:
        awaited = sum(
            1 for child in self.calls if child.known.awaited and self._counts(child.known)
        )
        self.suspended = Suspended(awaited)
        raise self.suspended
