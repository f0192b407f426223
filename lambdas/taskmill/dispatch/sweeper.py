"""The sweep: finds open tasks that nothing will move any more, and gets them going again.

It repeats what the stream, a queue or EventBridge should have delivered, and all of that may be
delivered twice: so a task that was not stuck after all comes to the same end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.sweeps import START, Position, SweepStore
from taskmill.dispatch.gate_repairs import GateRepairs, concerns_gates
from taskmill.dispatch.overdue import GRACE_MS, Look, why_overdue
from taskmill.dispatch.repairs import FanOuts, Resends, Stuck, Swept, Tallies
from taskmill.model.clock import Clock, now_ms
from taskmill.model.keys import StoredKey
from taskmill.model.lanes import Lane
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import Status
from taskmill.model.time_bounds import beyond_deadline

MARGIN_MS = 60_000  # of a function's time that is kept for the page in hand


@dataclass
class Sweep:
    """What a sweep came to.

    Attributes:
        open_tasks: How many open tasks had not changed for the grace period.
        done: How often each thing was done, as `Swept.did` says.
        errors: How many rows could not be read or repaired; the log has each.
        left: Where to continue; empty: the whole table was seen.
    """

    open_tasks: int = 0
    done: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    left: Position = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Sweeper:
    """Looks at every open task, and repeats what should have happened to the overdue ones.

    Attributes:
        oldest: Returns, by lane, the time before which no message of its queue was sent; see
            `QueueAge.oldest_sent_at`.
        grace_ms: How long a task must have been due.
    """

    store: SweepStore
    resends: Resends
    tallies: Tallies
    fan_outs: FanOuts
    gates: GateRepairs
    oldest: Callable[[int], Mapping[Lane, int | None]]
    logger: Any
    clock: Clock = now_ms
    grace_ms: int = GRACE_MS

    def resume(self, *, remaining_ms: Callable[[], int]) -> Sweep:
        """Sweep from where the last one stopped, and store where this one stops.

        Args:
            remaining_ms: Returns the milliseconds until the process is stopped.
        """
        before = self.store.position()
        sweep = self.sweep(before, remaining_ms=remaining_ms)
        if sweep.left or before != START:
            self.store.keep(sweep.left)
        return sweep

    def sweep(
        self,
        position: Position = START,
        *,
        dry_run: bool = False,
        remaining_ms: Callable[[], int] | None = None,
        found: Callable[[Swept], None] = lambda _: None,
    ) -> Sweep:
        """Sweep the table from a position on.

        Args:
            dry_run: Only tell what would be done.
            remaining_ms: Returns the milliseconds until the process is stopped; None: no limit.
            found: Called with each task that was found stuck.
        """
        now = self.clock()
        look = Look(now=now, grace_ms=self.grace_ms, oldest=self.oldest(now))
        left = dict(position)
        sweep = Sweep(left=left)
        for page in self.store.pages(position, updated_before=now - self.grace_ms):
            sweep.open_tasks += len(page.found)
            for each in self._repair(page.found, look, sweep, dry_run=dry_run):
                sweep.done[each.did] += 1
                self.logger.warning("swept", key=str(each.key), did=each.did, reason=each.why)
                found(each)
            left[page.segment] = page.after
            if page.after is None:
                del left[page.segment]
            if remaining_ms is not None and remaining_ms() < MARGIN_MS:
                break
        return sweep

    def _repair(
        self, scanned: Sequence[Mapping[str, Any]], look: Look, sweep: Sweep, *, dry_run: bool
    ) -> Iterator[Swept]:
        """Repair the stuck tasks of a page, each by itself: one odd row stops nothing."""
        silent: list[Stuck] = []
        at_gates: list[Stuck] = []
        for stuck in self._stuck(scanned, look, sweep):
            row, done = stuck.row, None
            if concerns_gates(row):
                at_gates.append(stuck)
                continue
            with self._by_itself(sweep, str(row.key)):
                if is_fan_out(row.key):
                    done = self.fan_outs.repair(row, dry_run=dry_run)
                elif beyond_deadline(row, look.now) is None and (
                    row.status is Status.FINISHED
                    or (row.status is Status.WAITING and not row.is_awake)
                ):
                    done = self.tallies.repair(stuck, dry_run=dry_run)
                else:
                    silent.append(stuck)
            if done is not None:
                yield done
        for done in self._at_gates(at_gates, sweep, dry_run=dry_run):
            yield done
        sent: list[Swept] = []
        with self._by_itself(sweep, "messages"):
            sent = self.resends.repair(silent, dry_run=dry_run)
        yield from sent

    def _at_gates(self, found: Sequence[Stuck], sweep: Sweep, *, dry_run: bool) -> Iterator[Swept]:
        """Repair what limits of concurrency should have done."""
        for group in self.gates.groups(found):
            done: list[Swept] = []
            with self._by_itself(sweep, str(group[0].row.key)):
                done = self.gates.repair(group, dry_run=dry_run)
            yield from done

    def _stuck(
        self, scanned: Sequence[Mapping[str, Any]], look: Look, sweep: Sweep
    ) -> Iterator[Stuck]:
        """The overdue rows of a page; suspects are read again, whole and strongly consistently."""
        suspects = [
            StoredKey(values["pk"], values["sk"])
            for values in scanned
            if self._why(values, look, sweep) is not None
        ]
        for values in self.store.read(suspects):
            if values is not None and (stuck := self._why(values, look, sweep)) is not None:
                yield stuck

    def _why(self, values: Mapping[str, Any], look: Look, sweep: Sweep) -> Stuck | None:
        with self._by_itself(sweep, f"{values['pk']}/{values['sk']}"):
            row = TaskRow.from_values(values)
            if (why := why_overdue(row, look)) is not None:
                return Stuck(row, why)
        return None

    @contextmanager
    def _by_itself(self, sweep: Sweep, subject: str) -> Iterator[None]:
        """Log an error of the `with` block and count it; the sweep goes on."""
        try:
            yield
        except Exception:  # a row may hold anything, and AWS may refuse anything
            self.logger.exception("not swept", subject=subject)
            sweep.errors += 1
