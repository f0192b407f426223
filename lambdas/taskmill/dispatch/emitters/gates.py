"""Limits of concurrency: releases slots, lets waiting tasks in, admits or parks new ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.settings import SetLimits
from taskmill.aws.sqs.protocol import seconds_until
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import (
    Admit,
    LeaveGate,
    OpenGate,
    Release,
    SendMessage,
    StartExecution,
)
from taskmill.model.chunks import chunked
from taskmill.model.clock import Clock, now_ms
from taskmill.model.flow_control.limit_ids import PAUSE, LimitId
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import RUNNING, Status
from taskmill.work.admission.gatekeeper import Gatekeeper
from taskmill.work.admission.opening import Opener
from taskmill.work.admission.releasing import Releaser

TOGETHER = 100  # reactions that share requests
# Gates of a limit's keys that are opened, and tasks that are let in, in one delivery: some 10 s.
KEYS_OPENED, OPENED_TOGETHER = 200, 1_000


@dataclass(frozen=True)
class GateEmitter:
    """Slots that are free go to those that wait, before new tasks are admitted.

    What it lets in is added to the delivery, to be sent by the emitter of messages at once.
    """

    releaser: Releaser
    settings: SetLimits
    clock: Clock = now_ms

    def emit(self, delivery: StreamDelivery) -> None:
        self._together(delivery, delivery.of(Release), _gates, self._release)
        self._together(delivery, delivery.of(LeaveGate), _gate, self._leave)
        self._together(delivery, delivery.of(OpenGate), _opened, self._open)
        self._together(delivery, delivery.of(Admit), _gates, self._admit)

    @property
    def _opener(self) -> Opener:
        return self.releaser.opener

    @property
    def _keeper(self) -> Gatekeeper:
        return self._opener.keeper

    @staticmethod
    def _together(
        delivery: StreamDelivery,
        found: Iterable[Caused],
        by: Callable[[Caused], Hashable],
        emit: Callable[[StreamDelivery, Sequence[Caused]], None],
    ) -> None:
        """Emit reactions that concern the same gates together."""
        groups: defaultdict[Hashable, list[Caused]] = defaultdict(list)
        for each in found:
            groups[by(each)].append(each)
        for group in groups.values():
            for chunk in chunked(group, TOGETHER):
                delivery.together(chunk, lambda caused: emit(delivery, caused))

    def _release(self, delivery: StreamDelivery, caused: Sequence[Caused]) -> None:
        rows = {each.reaction.row.key: each.reaction.row for each in caused}
        self._get_run(delivery, caused[0].record, self.releaser.release(rows.values()))

    def _leave(self, delivery: StreamDelivery, caused: Sequence[Caused]) -> None:
        """Who ended may have been the first: then the next one may be let in."""
        gate = LimitId.from_text(caused[0].reaction.row.gate)
        for each in caused:
            row: TaskRow = each.reaction.row
            self._keeper.waiters.drop(gate, row.waiter or "", version=row.version)
        self._get_run(delivery, caused[0].record, self._opener.open([gate]))

    def _open(self, delivery: StreamDelivery, caused: Sequence[Caused]) -> None:
        reaction: OpenGate = caused[0].reaction
        if reaction.gate.name == PAUSE:
            return
        if reaction.after is None:
            self._get_run(delivery, caused[0].record, self._opener.open([reaction.gate]))
        if reaction.every_key:
            self._open_every_key(delivery, caused[0].record, reaction)

    def _open_every_key(self, delivery: StreamDelivery, record: int, reaction: OpenGate) -> None:
        """Open the gates of some keys of a limit; the note of how far it got causes the next."""
        limit, opened = reaction.gate, 0
        gates = self._keeper.gates.of_name(limit.tenant, limit.name, after=reaction.after)
        for number, gate in enumerate(gates, 1):
            rows = self._opener.open([gate.id])
            self._get_run(delivery, record, rows)
            opened += len(rows)
            if number >= KEYS_OPENED or opened >= OPENED_TOGETHER:
                self.settings.opened(
                    limit, after=reaction.after, to=gate.id.key, version=reaction.version
                )
                return

    def _admit(self, delivery: StreamDelivery, caused: Sequence[Caused]) -> None:
        """Admit tasks that are due; those that are due later are sent, and admitted then."""
        now = self.clock()
        wanting: dict[str, Caused] = {}
        others: list[Caused] = []
        for each in caused:
            row: TaskRow = each.reaction.row
            if row.slots is None and seconds_until(row.run_at, now) and not is_fan_out(row.key):
                delivery.cause(each.record, SendMessage(row, row.run_at))
            elif row.slots is None:
                wanting[str(row.key)] = each
            else:
                others.append(each)
        decided = self._keeper.admit(each.reaction.row for each in wanting.values())
        for row in decided.admitted:
            self._get_run(delivery, wanting[str(row.key)].record, [row])
        done = {row.key for row in (*decided.admitted, *decided.parked)}
        others += [each for each in wanting.values() if each.reaction.row.key not in done]
        self._look_again(delivery, others)

    def _look_again(self, delivery: StreamDelivery, caused: Sequence[Caused]) -> None:
        """Get tasks run that were given slots before, but perhaps were not sent."""
        before = {each.reaction.row.key: each for each in caused}
        for row in self._keeper.present([each.reaction.row for each in caused]):
            known = before[row.key]
            if _lacks_a_message(row) and not _was_sent(known.reaction.row, row):
                self._get_run(delivery, known.record, [row])

    @staticmethod
    def _get_run(delivery: StreamDelivery, record: int, rows: Iterable[TaskRow]) -> None:
        for row in rows:
            fan_out = is_fan_out(row.key)
            delivery.cause(record, StartExecution(row) if fan_out else SendMessage(row))


def _was_sent(let_in: TaskRow, now: TaskRow) -> bool:
    """Whether a task that was let in is QUEUED by the next write: by whoever had sent it."""
    if let_in.slots is None or now.reported:
        return False
    return now.status is Status.QUEUED and now.version == let_in.version + 1


def _lacks_a_message(row: TaskRow) -> bool:
    """Whether a task that was given slots may have no message, or execution, yet."""
    if row.status in (Status.CREATED, Status.QUEUED):
        return row.slots is not None
    # Reported from outside before its message was sent: a worker goes on after the caller's lease.
    reported = row.status is Status.SCHEDULED and row.line_at is None
    begun = row.status in RUNNING and row.fence is None
    return (reported or begun) and not is_fan_out(row.key)


def _gates(caused: Caused) -> Hashable:
    return tuple(caused.reaction.row.gates)


def _gate(caused: Caused) -> Hashable:
    return str(caused.reaction.row.gate)


def _opened(caused: Caused) -> Hashable:
    return str(caused.reaction)
