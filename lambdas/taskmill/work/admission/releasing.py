"""Releasing slots: from tasks that may not keep them, to those that wait, or back to the gate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.gates import PAIRS, admitted_together
from taskmill.aws.dynamodb.refusals import pause_seconds
from taskmill.model.chunks import chunked
from taskmill.model.errors import Throttled
from taskmill.model.flow_control.admission import gives_back, moved
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import Status
from taskmill.work.admission.gatekeeper import TRIES, gates_of, limits_of
from taskmill.work.admission.opening import Opener


@dataclass(frozen=True, kw_only=True)
class Releaser:
    """Takes slots from tasks that may not keep them. What is released already, stays so.

    While others wait at a gate, a slot goes from hand to hand: the gate's row, which all its
    transactions would contend for, is not touched.
    """

    opener: Opener

    def release(self, rows: Iterable[TaskRow]) -> list[TaskRow]:
        """Release the slots of tasks, and give them to those that wait.

        Args:
            rows: As they were read; what they are now decides.

        Returns:
            The tasks that were given slots, as they are now: CREATED.

        Raises:
            Throttled: The rows kept changing.
        """
        groups: defaultdict[tuple[LimitId, ...], list[TaskRow]] = defaultdict(list)
        for row in rows:
            groups[gates_of(row)].append(row)
        given: list[TaskRow] = []
        for gates, group in groups.items():
            left, is_open = group, True
            if len(gates) == 1:
                left, is_open = self._hand_over(gates[0], group, given)
            self._release(gates, left)
            if left or is_open:
                given += self.opener.open(gates)
        return given

    def _hand_over(
        self, gate: LimitId, rows: Sequence[TaskRow], given: list[TaskRow]
    ) -> tuple[list[TaskRow], bool]:
        """Pass slots on to those that wait.

        Returns:
            The rows that have not passed theirs on, and whether the gate has room for more.
        """
        keeper = self.opener.keeper
        givers = [row for row in rows if row.slots == 1]
        takers = self.opener.waiting(gate, PAIRS) or []
        while takers and not all(map(_takes_one, takers)):
            takers.pop()  # only those before the first that needs more: it has its turn, too
        if not givers or not takers:
            return list(rows), True
        seen = keeper.gates.look([gate])[gate]
        limit = min(limits_of(each, {gate: seen})[gate] for each in takers)
        surplus = max(0, seen.held - limit)
        passed = set[int]()
        for pairs in chunked(zip(givers[surplus:], takers, strict=False), PAIRS):
            now = keeper.clock()
            if keeper.gates.hand_over(pairs, now=now) is None:
                passed |= {id(giver) for giver, _ in pairs}
                given += [
                    moved(taker, Status.CREATED, now, slots=1, gate=None, waiter=None)
                    for _, taker in pairs
                ]
        return [row for row in rows if id(row) not in passed], seen.held < limit

    def _release(self, gates: tuple[LimitId, ...], rows: Sequence[TaskRow]) -> None:
        """Give slots back to their gates."""
        keeper = self.opener.keeper
        for attempt in range(TRIES):
            rows = [row for row in rows if gives_back(row)]
            if not rows:
                return
            seen, again = keeper.gates.look(gates), list[TaskRow]()
            for chunk in chunked(rows, admitted_together(gates)):
                if keeper.gates.release(chunk, list(seen.values())) is not None:
                    again += chunk
            rows = keeper.present(again)
            if rows:
                keeper.sleep(pause_seconds(attempt))
        raise Throttled(f"the gates of {rows[0].key} keep changing")


def _takes_one(row: TaskRow) -> bool:
    return len(row.gates) == 1 and not is_fan_out(row.key)
