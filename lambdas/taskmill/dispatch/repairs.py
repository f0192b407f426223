"""What a sweep does to a stuck task: send its message, count its children, end its fan-out.

Each repeats what a delivery should have done, and is idempotent as that is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.children import ChildStore
from taskmill.aws.dynamodb.repeats import BATCH_STATEMENTS
from taskmill.aws.dynamodb.sweeps import SweepStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sqs.protocol import MESSAGES_A_CALL, Message, Queue
from taskmill.aws.stepfunctions import ENDED, MISSING, Execution, Workflow
from taskmill.dispatch.emitters.children import ChildEmitter
from taskmill.dispatch.emitters.stream_delivery import StreamDelivery
from taskmill.dispatch.reactions import CountChild, Reaction, SettleParent, is_settled
from taskmill.fanout.finish import Finisher
from taskmill.model.chunks import chunked
from taskmill.model.errors import Throttled
from taskmill.model.keys import TaskKey
from taskmill.model.lanes import Lane, lane_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


@dataclass(frozen=True)
class Stuck:
    """A task that is overdue, as it was read just now, and why it is taken to be stuck."""

    row: TaskRow
    why: str


@dataclass(frozen=True)
class Swept:
    """What was done, or would be, to one stuck task.

    Attributes:
        did: "sent", "started", "finished", "counted" or "settled"; at gates "released", "admitted"
            or "parked".
    """

    key: TaskKey
    status: Status
    did: str
    why: str


def swept(stuck: Stuck, did: str) -> Swept:
    return Swept(stuck.row.key, stuck.row.status, did, stuck.why)


@dataclass(frozen=True, kw_only=True)
class Resends:
    """Sends the messages of tasks again, each at most once a day.

    Attributes:
        lanes: The work queue of each lane. Tasks of a lane without one are left alone.
    """

    store: SweepStore
    tasks: TaskStore
    lanes: Mapping[Lane, Queue]

    def repair(self, found: Sequence[Stuck], *, dry_run: bool) -> list[Swept]:
        """Note on each row that its message is sent again, then send it.

        In this order a crash between the two costs a day, and never a second message.

        Raises:
            Throttled: The queue rejected a message.
        """
        known = [each for each in found if lane_of(each.row) in self.lanes]
        if dry_run:
            return [swept(each, "sent") for each in known]
        noted = [
            Stuck(row, each.why) for each in known if (row := self.store.note(each.row)) is not None
        ]
        by_lane: defaultdict[Lane, list[Stuck]] = defaultdict(list)
        for each in noted:
            by_lane[lane_of(each.row)].append(each)
        for lane, group in by_lane.items():
            for chunk in chunked(group, MESSAGES_A_CALL):
                sent = self.lanes[lane].send([Message(each.row.key) for each in chunk])
                if not all(sent):
                    raise Throttled(f"the {lane} queue rejected {sent.count(False)} messages")
        # As the dispatcher does; a direct task stays CREATED until it is claimed.
        created = [each.row for each in noted if each.row.status is Status.CREATED]
        for rows in chunked([row for row in created if not row.direct], BATCH_STATEMENTS):
            self.tasks.mark([(row, Status.QUEUED) for row in rows])
        return [swept(each, "sent") for each in noted]


@dataclass(frozen=True, kw_only=True)
class Tallies:
    """Counts the ended children that a parent still waits for, or ends the parent."""

    children: ChildStore
    counter: ChildEmitter
    logger: Any

    def repair(self, stuck: Stuck, *, dry_run: bool) -> Swept | None:
        """Count the children that ended uncounted; None: those that are missing are still open.

        Raises:
            Throttled: The count failed; the log says why.
        """
        row = stuck.row
        if is_settled(row):
            self._emit([SettleParent(row)], dry_run=dry_run)
            return swept(stuck, "settled")
        known = self.children.read(list(self.children.keys_of(row.key)))
        uncounted = [
            CountChild(child)
            for child in known
            if child and child.ended and not child.counted and child.parent_run == row.run
        ]
        if not uncounted:
            return None
        self._emit(uncounted, dry_run=dry_run)
        return swept(stuck, "counted")

    def _emit(self, reactions: Sequence[Reaction], *, dry_run: bool) -> None:
        if dry_run:
            return
        delivery = StreamDelivery.caused_by(reactions, self.logger)
        self.counter.emit(delivery)
        if delivery.lost:
            raise Throttled(f"{len(delivery.lost)} counts failed")


@dataclass(frozen=True, kw_only=True)
class FanOuts:
    """Starts a fan-out that was never started, and ends one whose execution has ended."""

    tasks: TaskStore
    workflow: Workflow
    finisher: Finisher

    def repair(self, row: TaskRow, *, dry_run: bool) -> Swept | None:
        """What the state machine's end should have caused; None: the execution is running."""
        execution = self.workflow.describe(row)
        if execution.status == MISSING and row.status is Status.CREATED:
            if not dry_run:
                self.workflow.start(row)
                self.tasks.mark([(row, Status.STARTED)])
            return swept(Stuck(row, "never started"), "started")
        if execution.status not in (*ENDED, MISSING):
            return None
        if not dry_run:
            self.finisher.finish(row.key, execution=execution.name, cause=_cause_of(execution))
        return swept(Stuck(row, f"its execution is {execution.status}"), "finished")


def _cause_of(execution: Execution) -> dict[str, str] | None:
    """Why the execution did not finish the task, in the form of Step Functions; None: it ran well.

    The same words as in the event that was lost, so that the task's error reads the same.
    """
    if execution.status == "SUCCEEDED":
        return None
    return {"Error": f"Execution{execution.status.title()}", "Cause": execution.cause}
