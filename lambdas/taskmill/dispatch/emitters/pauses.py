"""Pauses: fan-outs of a paused type are parked; when a pause is over, those who wait go on."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.pauses import PauseStore
from taskmill.aws.dynamodb.flow_control.waiters import PARKED_TOGETHER, WaiterStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.dispatch.emitters.stream_delivery import StreamDelivery
from taskmill.dispatch.reactions import Admit, OpenGate, StartExecution
from taskmill.model.flow_control.limit_ids import PAUSE, LimitId
from taskmill.model.rows.task_row import TaskRow

PAGES = 40  # of tasks that go on in one delivery; then the row of the pause is written again


@dataclass(frozen=True, kw_only=True)
class PauseEmitter:
    """Opens the gates of pauses that are over, and parks what would be started or given slots.

    Other tasks are parked by the workers that their messages come to.
    """

    pauses: PauseStore
    waiters: WaiterStore
    tasks: TaskStore

    def emit(self, delivery: StreamDelivery) -> None:
        gates: dict[LimitId, int] = {}
        for each in delivery.of(OpenGate):
            if each.reaction.gate.name == PAUSE:
                gates.setdefault(each.reaction.gate, each.record)
        for gate, record in gates.items():
            with delivery.parking([record]):
                self._open(gate)
        for kind in (Admit, StartExecution):
            delivery.keep(kind, lambda reaction: not self._parked(reaction.row))

    def _open(self, gate: LimitId) -> None:
        """Let those go on who wait at the gate of a pause, if it is over."""
        if not self.pauses.is_open(gate):
            return
        for _ in range(PAGES):
            waiting = self.waiters.first(gate, PARKED_TOGETHER)
            if not waiting:
                return
            rows = self.waiters.tasks_of(waiting)
            for each, row in zip(waiting, rows, strict=True):
                if row is None:  # it waits there no longer: its waiter row is left over
                    self.waiters.drop(gate, each.place, version=each.version + 1)
            self._let_go_on([row for row in rows if row is not None])
        self.pauses.touch(gate)

    def _let_go_on(self, rows: list[TaskRow]) -> None:
        changed = self.waiters.unpark(rows) if rows else frozenset()
        if changed:  # then nothing was done: the others go on one by one
            for place, row in enumerate(rows):
                if place not in changed:
                    self.waiters.unpark([row])

    def _parked(self, row: TaskRow) -> bool:
        """Park a task if its type is paused; True if it waits now, or has changed."""
        key = row.key
        if row.slots is not None or not self.pauses.may_hold(key.tenant, key.type):
            return False
        gate = self.pauses.gate_of(key.tenant, key.type)
        if gate is None:
            return False
        self.waiters.park([row], gate)
        return True
