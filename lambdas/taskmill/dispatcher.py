"""Turns stream records into what they cause: messages, executions, counts, notifications.

Delivery is at least once and everything emitted is harmless twice, so a record that could not be
handled whole is simply parked and delivered again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from taskmill import notifications, queue
from taskmill.chunks import chunked
from taskmill.clock import Clock, now_ms
from taskmill.events import change_from_record
from taskmill.notifications import Topic, alarm_notification, status_notification
from taskmill.queue import MAX_DELAY_SECONDS, Message, Queue
from taskmill.reactions import (
    CountBatch,
    Publish,
    RaiseAlarm,
    Reaction,
    SendMessage,
    StartExecution,
    StopExecution,
    reactions,
)
from taskmill.scheduler import Scheduler
from taskmill.statuses import Status
from taskmill.store import BatchStore, TaskStore
from taskmill.store.batches import TRANSACTION_MARKS
from taskmill.store.table import BATCH_STATEMENTS
from taskmill.workflow import Workflow

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Caused:
    """One reaction and the record that it came from, by its place in the delivery."""

    record: int
    reaction: Any


@dataclass(kw_only=True)
class Dispatcher:
    """Emits the reactions of row changes, in the largest requests each service takes."""

    tasks: TaskStore
    batches: BatchStore
    queue: Queue
    failures: Queue
    workflow: Workflow
    scheduler: Scheduler
    status_topic: Topic
    alarm_topic: Topic
    logger: Any
    clock: Clock = now_ms
    _lost: set[int] = field(default_factory=set, init=False)

    def handle(self, records: Sequence[Record], *, park: bool = True) -> int:
        """Emit everything that these records cause; park what could not be emitted.

        Args:
            park: Put records that failed on the failure queue; False: the caller keeps them.

        Returns:
            How many records failed.

        Raises:
            Exception: The failure queue refused a record too; the stream must deliver again.
        """
        self._lost = set()
        by_kind = self._caused(records)
        self._send(by_kind[SendMessage])
        self._start(by_kind[StartExecution])
        self._each(
            by_kind[StopExecution], lambda each: self.workflow.stop(each.row.key, each.row.run)
        )
        self._count(by_kind[CountBatch])
        self._publish(by_kind[Publish])
        self._alarm(by_kind[RaiseAlarm])
        for index in sorted(self._lost) if park else ():
            self.failures.send_body({"record": records[index]})
        return len(self._lost)

    def _caused(self, records: Sequence[Record]) -> defaultdict[type[Reaction], list[Caused]]:
        by_kind: defaultdict[type[Reaction], list[Caused]] = defaultdict(list)
        for index, record in enumerate(records):
            with self._parking([index]):
                for reaction in reactions(change_from_record(record)):
                    by_kind[type(reaction)].append(Caused(index, reaction))
        return by_kind

    def _send(self, caused: Sequence[Caused]) -> None:
        """Send messages now, later by the queue's delay, or much later by a schedule."""
        now = self.clock()
        soon: list[tuple[Caused, int]] = []
        far: list[tuple[Caused, int]] = []
        for each in caused:
            wait = _seconds_until(each.reaction.due, now)
            (soon if wait <= MAX_DELAY_SECONDS else far).append((each, wait))
        for chunk in chunked(soon, queue.MESSAGES_A_CALL):
            with self._parking([each.record for each, _ in chunk]):
                sent = self.queue.send(
                    [Message(each.reaction.row.key, wait) for each, wait in chunk]
                )
                self._lose(each for (each, _), done in zip(chunk, sent, strict=True) if not done)
        self._each(
            [each for each, _ in far],
            lambda each: self.scheduler.send_at(each.row.key, each.due or now),
        )
        self._mark(
            (each, Status.SCHEDULED if wait else Status.QUEUED)
            for each, wait in (*soon, *far)
            # Between attempts a task shows ERRORED; its claim needs no mark.
            if each.reaction.row.status is Status.CREATED
        )

    def _start(self, caused: Sequence[Caused]) -> None:
        self._each(caused, lambda each: self.workflow.start(each.row.key, each.row.run))
        self._mark((each, Status.STARTED) for each in caused)

    def _mark(self, marks: Iterable[tuple[Caused, Status]]) -> None:
        """Note on the rows what was emitted for them; a row that has moved on stays as it is."""
        wanted = [(each, status) for each, status in marks if each.record not in self._lost]
        for chunk in chunked(wanted, BATCH_STATEMENTS):
            with self._parking([each.record for each, _ in chunk]):
                self.tasks.mark([(each.reaction.row, status) for each, status in chunk])

    def _count(self, caused: Sequence[Caused]) -> None:
        by_parent = defaultdict(list)
        for each in caused:
            by_parent[each.reaction.batch.key.parent].append(each)
        for parent, group in by_parent.items():
            for chunk in chunked(group, TRANSACTION_MARKS):
                with self._parking([each.record for each in chunk]):
                    closed = [each.reaction.batch for each in chunk]
                    if not self.batches.count(parent, closed) and len(closed) > 1:
                        for batch in closed:  # one was counted before: count the rest singly
                            self.batches.count(parent, [batch])

    def _publish(self, caused: Sequence[Caused]) -> None:
        table = self.tasks.table.name
        self._tell(
            self.status_topic,
            caused,
            lambda each: status_notification(each.row, each.action, table=table),
        )

    def _alarm(self, caused: Sequence[Caused]) -> None:
        table = self.tasks.table.name
        self._tell(self.alarm_topic, caused, lambda each: alarm_notification(each.row, table=table))

    def _tell(self, topic: Topic, caused: Sequence[Caused], shape: Callable[[Any], Any]) -> None:
        for chunk in chunked(caused, notifications.MESSAGES_A_CALL):
            with self._parking([each.record for each in chunk]):
                sent = topic.publish([shape(each.reaction) for each in chunk])
                self._lose(each for each, done in zip(chunk, sent, strict=True) if not done)

    def _each(self, caused: Sequence[Caused], emit: Callable[[Any], None]) -> None:
        for each in caused:
            with self._parking([each.record]):
                emit(each.reaction)

    def _lose(self, caused: Iterable[Caused]) -> None:
        self._lost.update(each.record for each in caused)

    @contextmanager
    def _parking(self, records: Sequence[int]) -> Iterator[None]:
        """Marks records as lost when the block fails: one record's trouble stops no other."""
        try:
            yield
        except Exception:
            self.logger.exception("reaction failed", records=len(records))
            self._lost.update(records)


def _seconds_until(due: int | None, now: int) -> int:
    """Whole seconds to `due`, rounded up: a message must never arrive early."""
    return 0 if due is None or due <= now else -(-(due - now) // 1000)
