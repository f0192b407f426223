"""The children of a task function: started, found again when it is resumed, and waited for.

A function that waits for children is suspended and later runs again from the top. So the code of a
child is derived from the position of the call that starts it (0, 1, 2, …): on the second run, the
same call finds the same child instead of starting another.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from taskmill.aws.dynamodb.children import ChildStore
from taskmill.aws.starts import TOGETHER, Starts
from taskmill.model.chunks import chunked
from taskmill.model.errors import Conflict, InvalidRequest, LimitExceeded, NotDeterministic
from taskmill.model.keys import TaskKey, check_name
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.wait_errors import TaskFailed
from taskmill.work.child import MAX_CHILDREN, Child, Claim
from taskmill.work.suspension import Suspended

NAME_LIMIT = 40  # characters in the `name=` of a child
_TRIES = 5


@dataclass
class Children:
    """The children of one attempt, in the order of the calls that start them.

    Attributes:
        calls: Every child that this attempt started or found again.
        suspended: What `wait` raised to end the attempt; None: it has not.
    """

    claim: Claim
    store: ChildStore
    starts: Starts
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
        """Store new children: first their number on the parent's row, then their own rows.

        Args:
            children: Those of one call, in order; the ones already stored are found again.
            awaited: Whether the parent waits for them, so that their end resumes it.

        Raises:
            NotDeterministic: The function started other children the last time it ran.
            LimitExceeded: The task would have more than 10,000 children.
            InvalidRequest: Two children have the same name.
            ClaimLost: Another worker has the parent now.
            TaskCancelled: The parent was cancelled.
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
        """The rows of these children in their order, once all of them have ended.

        Raises:
            Suspended: Some are still open; the task is resumed when they have ended.
        """
        self._refresh([child for child in children if not child.ended])
        pending = [child for child in children if not child.ended]
        for _ in range(_TRIES):
            unmarked = [child for child in pending if not child.known.awaited]
            if not unmarked:
                break
            rows = [child.known for child in unmarked]
            self.claim.patience(partial(self.store.await_, rows))
            self._refresh(unmarked)
            pending = [child for child in pending if not child.ended]
        if pending:
            self._suspend()
        self._passed |= {child.key: child.known for child in children}
        return [child.known for child in children]

    def settle(self) -> dict[str, int] | None:
        """What the parent's end still depends on, now that the function has returned.

        Returns:
            None when the function has seen all its children end. Else `total`, the children of
            this run, and how many of them `failed` or were `cancelled` with the function's
            knowledge: the parent ends with the last of them, and those do not make it fail.

        Raises:
            NotDeterministic: The function started fewer children than the last time it ran.
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
        """Whether `error` is the failure of one of these children, so that a retry cannot help.

        The child has ended, so the next attempt would find the same failure.
        """
        return isinstance(error, TaskFailed) and error.task.key in self._passed

    def place(self, ahead: int, name: str | None) -> str:
        """The part of a child's code that tells the call: `00007` by position, or `name-<name>`.

        Args:
            ahead: How many children of the same `start` come before this one.
            name: The `name=` that the caller gave; None: use the position.

        Raises:
            InvalidRequest: The name is longer than 40 characters or not a valid name.
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
        """Add a child to the digest of all calls, and compare it with the announced one.

        The parent's row holds how many children the last run announced and the digest of their
        keys (`trail`). At that number of calls, the digests must agree.
        """
        if child.key in self._keys:
            raise InvalidRequest(f"two children have the name of {child.key.label}", field="name")
        self._keys.add(child.key)
        self.calls.append(child)
        self._digest.update(f"{child.key.kind} {child.key.sk}\n".encode())
        if len(self.calls) == self._announced and self._digest.hexdigest()[:16] != self._trail:
            raise NotDeterministic(
                f"the first {self._announced} children are not those that the function started"
                " before: it must make the same calls each time it runs"
            )

    def _look_up(self, children: Sequence[Child]) -> None:
        """Find children that an earlier attempt or run, or this one before it waited, started."""
        parent = self.claim.row
        if not (self._resumed or parent.attempts > 1 or parent.run > 1):
            return
        if self._found is None:  # read all in one go: each wait runs the function again
            keys = self.claim.patience(lambda: list(self.store.keys_of(parent.key)))
            rows = self.claim.patience(lambda: self.store.read(keys))
            self._found = {row.key: row for row in rows if row is not None}
        for child in children:
            child.row = self._found.get(child.key)
        self._refresh([child for child in children if child.row is None])

    def _refresh(self, children: Sequence[Child]) -> None:
        keys = [child.key for child in children]
        rows = self.claim.patience(lambda: self.store.read(keys)) if keys else []
        for child, row in zip(children, rows, strict=True):
            child.row = row
            if row is not None and row.parent != str(self.claim.row.key):
                parent = self.claim.row.key.label
                raise Conflict(f"{child.key.label} exists already and is not a child of {parent}")

    def _insert(self, children: Sequence[Child], *, awaited: bool) -> None:
        if not children:
            return
        alone = awaited and len(children) == 1
        rows = [
            dataclasses.replace(
                self.claim.patience(child.make),
                awaited=awaited or None,
                awaited_alone=alone or None,
            )
            for child in children
        ]
        stored: list[TaskRow | None] = []
        for chunk in chunked(rows, TOGETHER):  # each is repeated by itself
            stored += self.claim.patience(partial(self.starts.put_many, chunk))
        for child, row in zip(children, stored, strict=True):
            child.row = row
        existing = [child for child in children if child.row is None]
        self._refresh(existing)
        self._take_over(existing, awaited=awaited)

    def _take_over(self, children: Sequence[Child], *, awaited: bool) -> None:
        """Assign children of an earlier run to this one, except those that completed.

        Failed and cancelled ones start again.
        """
        run = self.claim.row.run
        for _ in range(_TRIES):
            foreign = [
                child
                for child in children
                if child.known.parent_run != run and child.known.status is not Status.COMPLETED
            ]
            if not foreign:
                return
            rows = [child.known for child in foreign]
            self.claim.patience(partial(self.store.adopt, rows, run, awaited=awaited))
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
