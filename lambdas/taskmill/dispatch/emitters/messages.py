"""Sends tasks to the work queues, now or later, and starts or stops fan-out executions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskmill.aws.dynamodb.repeats import BATCH_STATEMENTS
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.scheduler import Scheduler
from taskmill.aws.sqs.protocol import MAX_DELAY_SECONDS, MESSAGES_A_CALL, Message, Queue
from taskmill.aws.stepfunctions import Workflow
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import SendMessage, StartExecution, StopExecution
from taskmill.model.chunks import chunked
from taskmill.model.clock import Clock, now_ms
from taskmill.model.derived_codes import execution_name
from taskmill.model.errors import TaskNotFound
from taskmill.model.lanes import Lane, lane_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

if TYPE_CHECKING:
    from taskmill.fanout.finish import Finisher


@dataclass(frozen=True, kw_only=True)
class WorkEmitter:
    """Sends tasks to the work queues and starts or stops the executions of fan-outs.

    Attributes:
        lanes: The work queue of each lane.
        finisher: Returns what ends fan-outs; only a cancel needs it.
    """

    tasks: TaskStore
    lanes: Mapping[Lane, Queue]
    workflow: Workflow
    finisher: Callable[[], Finisher]
    scheduler: Scheduler
    clock: Clock = now_ms

    def emit(self, delivery: StreamDelivery) -> None:
        self._send(delivery)
        self._start(delivery)
        delivery.each(StopExecution, lambda each: self._stop(each.row))

    def _send(self, delivery: StreamDelivery) -> None:
        """Send messages, up to 15 min ahead with an SQS delay, beyond that with a schedule."""
        now = self.clock()
        soon: defaultdict[Lane, list[tuple[Caused, int]]] = defaultdict(list)
        far: list[tuple[Caused, int]] = []
        for each in delivery.of(SendMessage):
            with delivery.parking([each.record]):
                wait = _seconds_until(each.reaction.due, now)
                place = soon[lane_of(each.reaction.row)] if wait <= MAX_DELAY_SECONDS else far
                place.append((each, wait))
        for lane, messages in soon.items():
            self._send_to(lane, messages, delivery)
        for each, _ in far:
            with delivery.parking([each.record]):
                row = each.reaction.row
                self.scheduler.send_at(row.key, each.reaction.due or now, lane_of(row))
        self._mark(
            (
                (each, Status.SCHEDULED if wait else Status.QUEUED)
                for each, wait in (*_flat(soon.values()), *far)
                # Between attempts a task stays ERRORED: it can be claimed from that status.
                if each.reaction.row.status is Status.CREATED and not each.reaction.row.direct
            ),
            delivery,
        )

    def _send_to(
        self, lane: Lane, messages: Sequence[tuple[Caused, int]], delivery: StreamDelivery
    ) -> None:
        for chunk in chunked(messages, MESSAGES_A_CALL):
            with delivery.parking([each.record for each, _ in chunk]):
                sent = self.lanes[lane].send(
                    [Message(each.reaction.row.key, wait) for each, wait in chunk]
                )
                delivery.lose(each for (each, _), done in zip(chunk, sent, strict=True) if not done)

    def _start(self, delivery: StreamDelivery) -> None:
        delivery.each(StartExecution, lambda each: self.workflow.start(each.row))
        self._mark(((each, Status.STARTED) for each in delivery.of(StartExecution)), delivery)

    def _stop(self, row: TaskRow) -> None:
        """Stop the execution of a cancelled fan-out, and do what its end should cause.

        EventBridge tells of that end at best: it may not, and finish may be called twice.
        """
        self.workflow.stop(row)
        if row.rows is not None:  # else it may have a million subtasks to cancel one by one
            name = execution_name(row.key, row.run, row.created_at)
            with suppress(TaskNotFound):
                self.finisher().finish(row.key, execution=name)

    def _mark(self, marks: Iterable[tuple[Caused, Status]], delivery: StreamDelivery) -> None:
        """Write the new status to rows; a row that has changed since is left as it is."""
        wanted = [
            Caused(each.record, (each.reaction.row, status))
            for each, status in marks
            if each.record not in delivery.lost
        ]
        for chunk in chunked(wanted, BATCH_STATEMENTS):
            delivery.together(
                chunk, lambda caused: self.tasks.mark([each.reaction for each in caused])
            )


def _flat(groups: Iterable[list[tuple[Caused, int]]]) -> Iterable[tuple[Caused, int]]:
    return (each for group in groups for each in group)


def _seconds_until(due: int | None, now: int) -> int:
    """Whole seconds until `due`, rounded up, so that a message never arrives early."""
    return 0 if due is None or due <= now else -(-(due - now) // 1000)
