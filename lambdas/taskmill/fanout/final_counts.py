"""The final counts of a fan-out: of closed batches, and of those that are given up now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.given_up import BatchEnd, GivingUp, together_at_most
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.model.batch_plan import batch_count
from taskmill.model.chunks import chunked
from taskmill.model.errors import Throttled
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statistics.failures import Failures, summed
from taskmill.model.statuses import FINAL, Status
from taskmill.model.subtask_states import is_later, standing

_TRIES = 10  # of a batch whose row changes between reading and writing it
Found = BatchRow | UnreadableRow | None


class Stale(Exception):
    """The fan-out is in a later run than this finish: that one counts."""


@dataclass(frozen=True, kw_only=True)
class FinalCounts:
    """Sums the batches of a fan-out, after each that is open was given up.

    What it has given up stays so: called again, after a crash, it goes on where it was.
    """

    subtasks: SubtaskStore
    batches: BatchStore

    def of(self, parent: TaskRow, reason: str) -> tuple[Counter[str], Failures, Counter[str]]:
        """The counts by `completed`, `failed` and `cancelled`, and the errors that batches told.

        The third are numbers of batches that an earlier run has left as they are: `cancelled`, and
        `untold`, those failed without an error that a batch told.

        Raises:
            Stale: A batch is of a later run; all of those are left alone.
            Throttled: A batch changes all the time.
        """
        counts: Counter[str] = Counter()
        errors: list[Mapping[str, Any]] = []
        stood: Counter[str] = Counter()
        for each in self._each(parent, reason):
            counts.update(each.counts)
            errors.append(_not_new(each.errors) if each.stood else each.errors)
            if each.stood:
                told = sum(int(entry["n"]) for entry in each.errors.values())
                stood["untold"] += each.counts.get("failed", 0) - told
                stood["cancelled"] += each.counts.get("cancelled", 0)
        rest = "cancelled" if parent.ended else "failed"
        counts[rest] += (parent.child_count or 0) - counts.total()  # of unreadable rows
        return counts, summed(errors), stood

    def _each(self, parent: TaskRow, reason: str) -> Iterator[BatchEnd]:
        number = batch_count(parent.child_count or 0, parent.batch_size or 1)
        found = self.batches.find(parent, range(number))
        if any(isinstance(each, BatchRow) and is_later(parent, each) for each in found.values()):
            raise Stale(f"{parent.key} is in a later run")
        giving_up = GivingUp(
            batches=self.batches,
            subtasks=self.subtasks,
            parent=parent,
            status=Status.CANCELLED if parent.ended else Status.FAILED,
            reason=None if parent.ended else reason,
        )
        untouched = [each for each, row in found.items() if row is None]
        if parent.run > 1 or parent.rows_stored:
            untouched = []  # some of their subtasks may have rows
        for each, counts in giving_up.absent(untouched):
            del found[each]
            yield counts
        still_open: dict[int, Found] = {}
        for each, row in found.items():
            if (known := _final_counts(parent, row)) is None:
                still_open[each] = row
            else:
                yield known
        for group in chunked(still_open, together_at_most(parent)):
            given_up = giving_up.together({each: still_open[each] for each in group})
            for each in group:
                yield given_up.get(each) or self._one(giving_up, each, still_open[each])

    def _one(self, giving_up: GivingUp, number: int, found: Found) -> BatchEnd:
        for _ in range(_TRIES):
            if (counts := _final_counts(giving_up.parent, found)) is not None:
                return counts
            if (counts := giving_up.one(number, found)) is not None:
                return counts
            found = self.batches.find(giving_up.parent, [number])[number]
        raise Throttled(f"batch {number} of {giving_up.parent.key} changes all the time")


def _final_counts(parent: TaskRow, found: Found) -> BatchEnd | None:
    """The counts of a batch that has closed, or was given up; None: neither.

    Raises:
        Stale: It is of a later run.
    """
    known = standing(parent, found) if isinstance(found, BatchRow) else None
    if known is not None and is_later(parent, known):
        raise Stale(f"{parent.key} is in a later run")
    if known is None or known.status not in FINAL:
        return None
    stood = known.run is not None and known.run < parent.run
    return BatchEnd(known.counts, known.errors, stood)


def _not_new(errors: Mapping[str, Any]) -> dict[str, Any]:
    return {mark: {**entry, "new": 0} for mark, entry in errors.items()}
