"""Fast start: a new task is sent to its work queue first, and its row is put after that.

So a worker has the task some 200 ms sooner than if the stream had to tell the dispatcher of it, and
QUEUED takes no write of its own. A row that is stored as QUEUED or SCHEDULED had a message that is
still there, or was used. Whatever is not sent here is stored as CREATED and goes the stream's way,
which remains the guarantee: while SQS cannot be reached, in a process without the right to send,
for a task that is due later than a message can wait, for fan-outs, for tasks that their submitter
runs, and for those that are subject to limits, to which the dispatcher holds them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from taskmill.aws.dynamodb.inserts import unsent
from taskmill.aws.dynamodb.refusals import RowsRefused
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sqs.protocol import (
    MAX_DELAY_SECONDS,
    MESSAGES_A_CALL,
    Message,
    Queue,
    seconds_until,
)
from taskmill.model.chunks import chunked
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import Kind
from taskmill.model.lanes import Lane, lane_of
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

TOGETHER = 50  # tasks that are sent before the first of them is put: full calls of 10 and of 25
PAUSE_MS = 60_000  # without fast starts, after a queue could not be reached
# A tombstone is kept for 30 days, so a row must not be put long after its message was sent: the
# process may have been suspended in between.
STALE_MS = 3_600_000


class Starts:
    """Stores new tasks. Sends those first that can start at once, or within 15 minutes.

    Args:
        lanes: The work queues to send to; tasks of other lanes go the stream's way.
        warn: Logs that a queue could not be reached.
    """

    def __init__(
        self,
        tasks: TaskStore,
        lanes: Mapping[Lane, Queue],
        *,
        warn: Callable[..., object] = lambda *_, **__: None,
        clock: Clock = now_ms,
    ) -> None:
        self.tasks = tasks
        self._lanes = lanes
        self._warn = warn
        self._clock = clock
        self._paused_until = 0

    def put(self, row: TaskRow) -> TaskRow:
        """Store a new task.

        Returns:
            The row as it is stored: QUEUED, or SCHEDULED, if the task was sent; else as given.

        Raises:
            TaskExists: A task with this key exists.
        """
        (sent,) = self._sent([row])
        return self.tasks.put(sent)

    def put_many(self, rows: Sequence[TaskRow], *, look: bool = True) -> list[TaskRow | None]:
        """Store new tasks; None for each that exists already (and stays as is).

        Args:
            look: As `insert_tasks` has it.

        Raises:
            RowsRefused: Some rows cannot be stored; all others are.
        """
        stored: list[TaskRow | None] = []
        reasons: dict[int, str] = {}
        for chunk in chunked(rows, TOGETHER):
            before = len(stored)
            try:
                stored += self.tasks.put_many(self._sent(chunk), look=look)
            except RowsRefused as refused:
                reasons |= {before + place: why for place, why in refused.reasons.items()}
                stored += [row if it else None for row, it in zip(chunk, refused.done, strict=True)]
        if reasons:
            raise RowsRefused([row is not None for row in stored], reasons)
        return stored

    def send_again(self, row: TaskRow) -> bool:
        """Send the message of a task that is due later, at the longest in 15 minutes.

        Returns:
            False if this process cannot send it.
        """
        lane, wait = lane_of(row), seconds_until(row.run_at, self._clock())
        message = Message(row.key, min(wait, MAX_DELAY_SECONDS))
        return lane in self._lanes and self._send(lane, [message]) == [True]

    def _sent(self, rows: Sequence[TaskRow]) -> list[TaskRow]:
        """The rows to store, after sending those that may be sent."""
        now = self._clock()
        waits = {place: wait for place, row in enumerate(rows) if (wait := _wait(row, now)) >= 0}
        by_lane: defaultdict[Lane, list[int]] = defaultdict(list)
        for place in waits if now >= self._paused_until else ():
            by_lane[lane_of(rows[place])].append(place)
        sent = list(rows)
        for lane in by_lane.keys() & self._lanes.keys():
            for places in chunked(by_lane[lane], MESSAGES_A_CALL):
                messages = [Message(rows[place].key, waits[place]) for place in places]
                for place, done in zip(places, self._send(lane, messages), strict=True):
                    if done:
                        status = Status.SCHEDULED if waits[place] else Status.QUEUED
                        sent[place] = _marked(rows[place], status, self._clock())
        stale = self._clock() - now > STALE_MS
        return [unsent(row) for row in sent] if stale else sent

    def _send(self, lane: Lane, messages: Sequence[Message]) -> list[bool]:
        """Send messages. If that fails, none is sent for a minute: the stream does it."""
        if self._clock() < self._paused_until:
            return [False] * len(messages)
        try:
            return self._lanes[lane].send(messages)
        except Exception as error:  # noqa: BLE001  # of the network or AWS: an outage refuses no task
            self._paused_until = self._clock() + PAUSE_MS
            self._warn("no fast start", lane=str(lane), error=repr(error))
            return [False] * len(messages)


def _wait(row: TaskRow, now: int) -> int:
    """Seconds until a message of this new task is to arrive; -1: the stream's way."""
    single = row.key.kind is Kind.TASK and row.status is Status.CREATED and not row.direct
    single = single and not row.is_limited
    wait = seconds_until(row.run_at, now)
    return wait if single and wait <= MAX_DELAY_SECONDS else -1


def _marked(row: TaskRow, status: Status, now: int) -> TaskRow:
    history = (*row.history, (str(status), now, 0))
    return row.but(status=status, history=history, updated_at=now)
