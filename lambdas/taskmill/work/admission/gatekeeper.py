"""The gatekeeper: gives tasks the slots that their limits of concurrency demand, or parks them.

Nothing here is decided by what somebody remembers: each step reads the rows as they are, and its
writes are refused if they are not so any more. Who parks a task, gives a slot back or raises a
limit writes that first, and looks at the gate second; the look follows the write's stream record,
so that it takes place also if a process dies in between.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from taskmill.aws.dynamodb.flow_control.gates import Gate, GateStore, admitted_together
from taskmill.aws.dynamodb.flow_control.waiters import PARKED_TOGETHER, WaiterStore, place_of
from taskmill.aws.dynamodb.refusals import pause_seconds
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.model.chunks import chunked
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import Throttled
from taskmill.model.flow_control.admission import moved, wants_slots
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import Status

TRIES = 20
DEFAULT_WIDTH = 100  # batches of a fan-out that run at a time; see `Splitter.max_concurrency`


@dataclass
class Decided:
    """What has become of tasks that wanted slots; those that want none any more are in neither.

    Attributes:
        admitted: The tasks that were given slots, as they are now: QUEUED.
        parked: The tasks that wait now, as they were before that.
    """

    admitted: list[TaskRow] = field(default_factory=list)
    parked: list[TaskRow] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Gatekeeper:
    """Admits tasks at their gates, all or none, and parks those for which there is no room.

    Attributes:
        width: Slots that a fan-out wants, unless its submit sets its own number.
    """

    gates: GateStore
    waiters: WaiterStore
    tasks: TaskStore
    width: int = DEFAULT_WIDTH
    clock: Clock = now_ms
    sleep: Callable[[float], None] = time.sleep

    def admit(self, rows: Iterable[TaskRow]) -> Decided:
        """Give tasks slots, or park them.

        Args:
            rows: Tasks that want slots, as they were read; those that have changed are read again.

        Raises:
            Throttled: Their rows, or those of their gates, kept changing.
        """
        decided = Decided()
        groups: defaultdict[tuple[LimitId, ...], list[TaskRow]] = defaultdict(list)
        for row in rows:
            if wants_slots(row):
                groups[gates_of(row)].append(row)
        for gates, group in groups.items():
            self._admit(gates, group, decided)
        return decided

    def _admit(self, gates: tuple[LimitId, ...], rows: Sequence[TaskRow], decided: Decided) -> None:
        """Admit or park tasks that are subject to the same gates."""
        for attempt in range(TRIES):
            rows = self._tried(gates, sorted(rows, key=place_of), decided)
            if not rows:
                return
            self.sleep(pause_seconds(attempt))
        raise Throttled(f"the gates of {rows[0].key} keep changing")

    def _tried(
        self, gates: tuple[LimitId, ...], rows: Sequence[TaskRow], decided: Decided
    ) -> list[TaskRow]:
        """Try once; returns the tasks to try again, as they are then."""
        plan = self._planned(self.gates.look(gates), rows)
        again: list[TaskRow] = []
        for limits, fitting in plan.by_limits():
            for chunk in chunked(fitting, admitted_together(gates)):
                now = self.clock()
                if self.gates.admit(chunk, limits, now=now) is None:
                    decided.admitted += [
                        moved(row, Status.QUEUED, now, slots=slots) for row, slots in chunk
                    ]
                else:
                    again += [row for row, _ in chunk]
        for gate, waiting in plan.parked.items():
            for group in chunked(waiting, PARKED_TOGETHER):
                changed = self.waiters.park(group, gate)
                (again if changed else decided.parked).extend(group)
        return [row for row in self.present(again) if wants_slots(row)]

    def _planned(self, seen: Mapping[LimitId, Gate], rows: Sequence[TaskRow]) -> _Plan:
        plan = _Plan()
        taken: defaultdict[LimitId, int] = defaultdict(int)
        shut = set[LimitId]()
        for row in rows:
            wanted = self.wanted(row, seen)
            full = next(
                (
                    gate
                    for gate, room in rooms(row, seen).items()
                    if gate in shut or room - taken[gate] < wanted
                ),
                None,
            )
            if full is None and not any(taken[gate] for gate in seen):
                # Who came earlier goes first; only a gate with room has to be asked.
                full = next((gate for gate in seen if self.waiters.first(gate, 1)), None)
            if full is not None:
                shut.add(full)
                plan.parked[full].append(row)
                continue
            for gate in seen:
                taken[gate] += wanted
            plan.fitting.append((row, wanted, limits_of(row, seen)))
        return plan

    def wanted(self, row: TaskRow, seen: Mapping[LimitId, Gate]) -> int:
        """How many slots a task wants at each of its gates; at least 1, also if a limit is 0."""
        if not is_fan_out(row.key):
            return 1
        least = min(limits_of(row, seen).values())
        return max(1, min(row.max_concurrency or self.width, least))

    def present(self, rows: Sequence[TaskRow]) -> list[TaskRow]:
        """Tasks as they are now, without those that are gone."""
        found = self.tasks.find_many([row.key for row in rows]) if rows else []
        return [row for row in found if row is not None]


@dataclass
class _Plan:
    """What to do with tasks: those that fit with their slots and limits, others by gate."""

    fitting: list[tuple[TaskRow, int, Mapping[LimitId, int]]] = field(default_factory=list)
    parked: defaultdict[LimitId, list[TaskRow]] = field(default_factory=lambda: defaultdict(list))

    def by_limits(self) -> list[tuple[Mapping[LimitId, int], list[tuple[TaskRow, int]]]]:
        """Tasks that may share a transaction: their types declare the same limits."""
        groups: defaultdict[tuple[tuple[LimitId, int], ...], list[tuple[TaskRow, int]]]
        groups = defaultdict(list)
        for row, wanted, limits in self.fitting:
            groups[tuple(limits.items())].append((row, wanted))
        return [(dict(limits), rows) for limits, rows in groups.items()]


def gates_of(row: TaskRow) -> tuple[LimitId, ...]:
    """The gates at which a task needs slots."""
    return tuple(LimitId.from_text(text) for text, _ in row.gates)


def limits_of(row: TaskRow, seen: Mapping[LimitId, Gate]) -> dict[LimitId, int]:
    """The limits that apply to a task at its gates."""
    declared = {LimitId.from_text(text): number for text, number in row.gates}
    return {gate: seen[gate].limit(number) for gate, number in declared.items()}


def rooms(row: TaskRow, seen: Mapping[LimitId, Gate]) -> dict[LimitId, int]:
    """How many slots are free at each of a task's gates."""
    return {gate: max(0, limit - seen[gate].held) for gate, limit in limits_of(row, seen).items()}
