"""What a sweep does about limits: slots that nobody may keep, tasks that wait in vain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.stepfunctions import Workflow
from taskmill.dispatch.repairs import Stuck, Swept, swept
from taskmill.model.flow_control.admission import gives_back
from taskmill.model.flow_control.limit_ids import LimitId
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import Status
from taskmill.work.admission.one_at_a_time import OneAtATime
from taskmill.work.admission.releasing import Releaser


def concerns_gates(row: TaskRow) -> bool:
    """Whether a stuck task is moved on by its gates; a single one without slots by a message."""
    if gives_back(row) or row.status is Status.PARKED:
        return True
    new = row.status is Status.CREATED and row.slots is None
    return new and bool(row.gates) and is_fan_out(row.key)


@dataclass(frozen=True, kw_only=True)
class GateRepairs:
    """Releases slots, opens gates and admits fan-outs, as the stream's records should have."""

    releaser: Releaser
    one_at_a_time: OneAtATime
    tasks: TaskStore
    workflow: Workflow

    def groups(self, found: Iterable[Stuck]) -> Iterator[list[Stuck]]:
        """Those that wait at the same gate together, all others by themselves."""
        waiting: defaultdict[str, list[Stuck]] = defaultdict(list)
        for each in found:
            if each.row.status is Status.PARKED:
                waiting[each.row.gate or ""].append(each)
            else:
                yield [each]
        yield from waiting.values()

    def repair(self, group: Sequence[Stuck], *, dry_run: bool) -> list[Swept]:
        """Repair one group of `groups`; what is under way already is left alone."""
        first = group[0]
        if first.row.status is Status.PARKED:
            return self._open(group, dry_run=dry_run)
        if gives_back(first.row):
            if not dry_run:
                self.releaser.release([first.row])
            return [swept(first, "released")]
        return self._admit(first, dry_run=dry_run)

    def _open(self, group: Sequence[Stuck], *, dry_run: bool) -> list[Swept]:
        """Let in those for whom there is room; the stream's records send them."""
        if dry_run:  # most of them wait rightly
            return []
        if group[0].row.gate is None:  # each waits for a key of its own
            return [swept(each, "admitted") for each in group if self.one_at_a_time.wake(each.row)]
        gate = LimitId.from_text(group[0].row.gate)
        let_in = {row.key for row in self.releaser.opener.open([gate])}
        return [swept(each, "admitted") for each in group if each.row.key in let_in]

    def _admit(self, stuck: Stuck, *, dry_run: bool) -> list[Swept]:
        if dry_run:
            return [swept(stuck, "admitted")]
        decided = self.releaser.opener.keeper.admit([stuck.row])
        for row in decided.admitted:
            self.workflow.start(row)
            self.tasks.mark([(row, Status.STARTED)])
        if decided.admitted:
            return [swept(stuck, "admitted")]
        return [swept(stuck, "parked")] if decided.parked else []
