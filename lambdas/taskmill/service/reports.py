"""Reports from outside: a caller's move of a task, such that something still moves the task on.

What moves a task on from each status that a caller may report, besides further reports:

| status | what comes next |
|---|---|
| SCHEDULED, QUEUED | the message that is under way; refused while the task waits for children |
| STARTED, PROCESSING | that message, once the caller's lease has passed; refused likewise |
| ERRORED | a message that the dispatcher sends |
| WAITING | a message that the dispatcher sends: at once, or when the last child has ended |
| FINISHED | the dispatcher ends the task once its children have ended, at once without any |
| COMPLETED, FAILED, CANCELLED | nothing: the task has ended |

Subtasks and fan-outs are moved on by their workflow whatever is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.children import ChildStore
from taskmill.aws.dynamodb.flow_control.pauses import PauseStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.model.errors import IllegalStatusChange
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import RUNNING, UNBEGUN, Status
from taskmill.model.time_bounds import too_late

# A task that waits for children has no message; the end of its last child sends the next one, but
# only while it is WAITING.
_NEED_A_MESSAGE = RUNNING | {Status.SCHEDULED, Status.QUEUED}
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Report:
    """A status that a caller reports for a task.

    Attributes:
        pauses: What is paused; None: this process does not know.
    """

    tasks: TaskStore
    children: ChildStore
    key: TaskKey
    target: Status
    pauses: PauseStore | None = None

    def store(self, attributes: Mapping[str, Any], extra: Mapping[str, Any]) -> TaskRow:
        """Move the task, and return its new row.

        Raises:
            TaskNotFound: No task has this key.
            IllegalStatusChange: The status table does not allow the move, the task waits for
                children and would wait for ever, or its limits or a pause do not let it begin.
        """
        if self.target is Status.QUEUED:
            extra = {**extra, "reported": True}
        if self.key.kind is Kind.TASK and self.target in (Status.FINISHED, Status.WAITING):
            return self._as_read(attributes, extra)
        if self.key.kind is not Kind.TASK or self.target not in _NEED_A_MESSAGE:
            return self.tasks.move(self.key, self.target, attributes=attributes, extra=extra)
        self._check_pause()
        try:
            return self.tasks.move(
                self.key,
                self.target,
                attributes=attributes,
                extra=extra,
                unless={"status": Status.WAITING},
                in_time=self.target in RUNNING,
            )
        except IllegalStatusChange as refused:
            if refused.details.get("status") != Status.WAITING:
                row = self.tasks.get(self.key)
                self._end_if_late(row)
                self._check_limits(row)
                raise
        return self._as_read(attributes, extra)

    def _as_read(self, attributes: Mapping[str, Any], extra: Mapping[str, Any]) -> TaskRow:
        """Move the task if what this depends on is so when it is written."""
        for tries_left in reversed(range(_TRIES)):
            row = self.tasks.get(self.key)
            more = dict(extra) | self._checked(row)
            try:
                return self.tasks.move(
                    self.key,
                    self.target,
                    attributes=attributes,
                    extra=more,
                    where={"version": row.version},
                )
            except IllegalStatusChange:
                if not tries_left or row.ended or self.tasks.get(self.key).version == row.version:
                    raise
        raise AssertionError("unreachable")

    def _checked(self, row: TaskRow) -> dict[str, Any]:
        if self.target is Status.FINISHED:
            return {"settlement": self._settlement(row)}
        done, suspended = row.awaited_done or 0, row.status is Status.WAITING
        self._end_if_late(row)
        self._check_limits(row)
        is_open = suspended and done < (row.awaited_total or 0)
        if self.target is Status.WAITING:  # for nothing more than it waits for already
            return {} if is_open else {"awaitedTotal": done, "awaitedDone": done}
        if is_open:
            raise IllegalStatusChange(
                f"{self.key.label} waits for its children and cannot become {self.target}:"
                " it goes on by itself when they have ended",
                status=row.status,
            )
        return {}

    def _end_if_late(self, row: TaskRow) -> None:
        """Refuse to begin a task that is out of time, and end it unless a worker has it.

        Raises:
            IllegalStatusChange: It was.
        """
        now = self.tasks.clock()
        late = too_late(row, now) if self.target in RUNNING else None
        if late is None:
            return
        is_held = row.status in RUNNING and (row.lease_until or 0) > now
        ended = not is_held and self.tasks.fail(row, late, status=late.ends_as)
        raise IllegalStatusChange(
            f"{self.key.label} cannot become {self.target}: {late}",
            status=late.ends_as if ended else row.status,
        )

    def _check_limits(self, row: TaskRow) -> None:
        """Refuse to begin a task that has no slot, or whose start by its rate limits is to come.

        Raises:
            IllegalStatusChange: It is so.
        """
        if self.target not in RUNNING or row.ended:
            return
        now = self.tasks.clock()
        if row.rates and row.status in UNBEGUN and (row.rate_at is None or row.rate_at > now):
            wait = None if row.rate_at is None else (row.rate_at - now) / 1000
            when = "has no start yet" if wait is None else f"starts in {wait:,.1f} s"
            raise IllegalStatusChange(
                f"{self.key.label} is {row.status} and cannot become {self.target}: by its rate"
                f" limit it {when}",
                status=row.status,
            )
        if row.gates and row.slots is None:
            raise IllegalStatusChange(
                f"{self.key.label} is {row.status} and cannot become {self.target}: it has no slot"
                " of its concurrency limit yet; it is QUEUED when it has one",
                status=row.status,
            )

    def _check_pause(self) -> None:
        """Refuse to begin a task whose type or tenant is paused, unless it has a slot.

        Raises:
            IllegalStatusChange: It is.
        """
        tenant, task_type = self.key.tenant, self.key.type
        if self.target not in RUNNING or self.pauses is None:
            return
        if not self.pauses.may_hold(tenant, task_type):  # cheap, and some seconds old
            return
        row = self.tasks.get(self.key)
        waits = row.status in UNBEGUN and row.slots is None
        if waits and self.pauses.gate_of(tenant, task_type) is not None:
            raise IllegalStatusChange(
                f"{self.key.label} is {row.status} and cannot become {self.target}: its type or"
                " its tenant is paused",
                status=row.status,
            )

    def _settlement(self, row: TaskRow) -> dict[str, int]:
        """How many children of this run must have ended; what they come to, decides the end."""
        total = 0
        if row.child_count:
            found = self.children.read(list(self.children.keys_of(row.key)))
            total = sum(1 for child in found if child and child.parent_run == row.run)
        return {"total": total, "failed": 0, "cancelled": 0}
