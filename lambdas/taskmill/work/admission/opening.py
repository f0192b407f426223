"""Opening a gate: those that wait at it get its free slots, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.gates import Gate, unparked_together
from taskmill.aws.dynamodb.flow_control.pauses import PauseStore
from taskmill.aws.dynamodb.flow_control.waiters import Waiter
from taskmill.model.errors import Throttled
from taskmill.model.flow_control.admission import moved
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.time_bounds import too_late
from taskmill.work.admission.gatekeeper import TRIES, Gatekeeper, gates_of, limits_of, rooms

PAGE = unparked_together([None])  # waiters that are let in with one transaction
MOST_OPENED = 5_000  # by one call: more are let in when some of these have ended


@dataclass(frozen=True, kw_only=True)
class Opener:
    """Lets in those that wait at gates; whoever calls it may do so again, or at the same time.

    Attributes:
        pauses: Who is paused moves on to wait for the end of that.
    """

    keeper: Gatekeeper
    pauses: PauseStore | None = None

    def open(self, gates: Iterable[LimitId]) -> list[TaskRow]:
        """Give the free slots of gates to those that wait there.

        A task that is subject to several gates gets slots of all of them or none; it moves on to
        the first one that is full.

        Returns:
            The tasks that were given slots, as they are now: CREATED.

        Raises:
            Throttled: The rows kept changing.
        """
        opened: list[TaskRow] = []
        ahead = deque(dict.fromkeys(gates))
        tries = 0
        while ahead and len(opened) < MOST_OPENED:
            before = len(opened)
            if not self._let_in(ahead[0], opened, ahead):
                ahead.popleft()
            tries = 0 if len(opened) > before else tries + 1
            if tries > TRIES + 10 * len(ahead):
                raise Throttled(f"the gate {ahead[0]} keeps changing")
        return opened

    def waiting(self, gate: LimitId, most: int) -> list[TaskRow] | None:
        """The first tasks that wait at a gate; None: nobody does.

        Those that have gone are taken off, those that are out of time are ended; so it may be
        empty, although others wait.
        """
        waiters = self.keeper.waiters.first(gate, most)
        if not waiters:
            return None
        found = self.keeper.waiters.tasks_of(waiters)
        now = self.keeper.clock()
        rows: list[TaskRow] = []
        for waiter, row in zip(waiters, found, strict=True):
            if row is None:
                self._take_off(waiter)
            elif (late := too_late(row, now)) is None:
                if not self._moved_to_pause(row):
                    rows.append(row)
            elif self.keeper.tasks.fail(row, late, status=late.ends_as):
                self._take_off(waiter)
        return rows

    def _moved_to_pause(self, row: TaskRow) -> bool:
        """Let a task wait for the end of a pause instead, if its type or tenant is paused."""
        if self.pauses is None or not self.pauses.may_hold(row.key.tenant, row.key.type):
            return False
        gate = self.pauses.gate_of(row.key.tenant, row.key.type)
        return gate is not None and self.keeper.waiters.move(row, gate)

    def _take_off(self, waiter: Waiter) -> None:
        self.keeper.waiters.drop(waiter.gate, waiter.place, version=waiter.version)

    def _let_in(self, gate: LimitId, opened: list[TaskRow], ahead: deque[LimitId]) -> bool:
        """Let in the first who wait; False: there is nobody, or no room for the first of them."""
        seen = self.keeper.gates.look([gate])[gate]
        if seen.setting is not None and not seen.room(seen.setting):
            if self.keeper.waiters.first(gate, 1):
                self.keeper.gates.keep(seen)
            return False
        rows = self.waiting(gate, PAGE)
        if rows is None:
            return False
        self.keeper.gates.keep(seen)
        if rows and gates_of(rows[0]) != (gate,):
            return self._let_across(rows[0], gate, opened, ahead)
        return self._let_in_together(rows, seen, opened)

    def _let_in_together(self, rows: Sequence[TaskRow], seen: Gate, opened: list[TaskRow]) -> bool:
        """Let in the first of these, as far as they need this gate only and there is room."""
        fitting: list[tuple[TaskRow, int]] = []
        limit: int | None = None
        taken = 0
        for row in rows:
            if gates_of(row) != (seen.id,):
                break
            own = limits_of(row, {seen.id: seen})[seen.id]
            wanted = self.keeper.wanted(row, {seen.id: seen})
            if limit not in (None, own) or wanted > own - seen.held - taken:
                break
            limit, taken = own, taken + wanted
            fitting.append((row, wanted))
        if limit is None:
            return not rows  # only left-overs: look again
        now = self.keeper.clock()
        if self.keeper.gates.unpark(fitting, {seen.id: limit}, now=now) is None:
            opened += [_let_in(row, slots, now) for row, slots in fitting]
        return True

    def _let_across(
        self, row: TaskRow, gate: LimitId, opened: list[TaskRow], ahead: deque[LimitId]
    ) -> bool:
        """Let in a task that is subject to several gates, or let it wait at another of them."""
        seen = self.keeper.gates.look(gates_of(row))
        wanted = self.keeper.wanted(row, seen)
        full = [each for each, room in rooms(row, seen).items() if room < wanted]
        if gate in full:
            return False
        if full:
            if self.keeper.waiters.move(row, full[0]) and full[0] not in ahead:
                ahead.append(full[0])  # it may have been opened meanwhile
            return True
        now = self.keeper.clock()
        if self.keeper.gates.unpark([(row, wanted)], limits_of(row, seen), now=now) is None:
            opened.append(_let_in(row, wanted, now))
        return True


def _let_in(row: TaskRow, slots: int, now: int) -> TaskRow:
    return moved(row, Status.CREATED, now, slots=slots, gate=None, waiter=None)
