"""Counts ended children on their parents, ends parents, and cancels children."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from taskmill.aws.dynamodb.children import TRANSACTION_MARKS, ChildStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.hints import Hints
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import CancelChildren, CountChild, SettleParent, is_settled
from taskmill.model.chunks import chunked
from taskmill.model.error_details import describe_error
from taskmill.model.errors import ChildrenFailed, IllegalStatusChange, TaskNotFound, Throttled
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.work.cascade import Cascade

_TRIES = 10


@dataclass(frozen=True, kw_only=True)
class ChildEmitter:
    """Counts each child once on its parent, ends settled parents, cancels children.

    Attributes:
        hints: Wakes parents at once; None: the stream does, later.
    """

    tasks: TaskStore
    children: ChildStore
    cascade: Cascade
    hints: Hints | None = None

    def emit(self, delivery: StreamDelivery) -> None:
        self._count(delivery)
        delivery.each(SettleParent, lambda each: self._settle(each.row.key))
        delivery.each(CancelChildren, lambda each: self.cascade.cancel(each.row))

    def _count(self, delivery: StreamDelivery) -> None:
        by_parent: defaultdict[tuple[str, int], list[Caused]] = defaultdict(list)
        for each in delivery.of(CountChild):
            row = each.reaction.row
            by_parent[row.parent, row.parent_run].append(each)
        for (parent, run), group in by_parent.items():
            for chunk in chunked(group, TRANSACTION_MARKS):
                delivery.together(chunk, partial(self._count_together, parent, run))
        if self.hints is not None:
            rows = [each.reaction.row for each in delivery.of(CountChild)]
            awaiting = dict.fromkeys(row.parent for row in rows if row.awaited)
            self.hints.send([TaskKey.from_text(parent) for parent in awaiting])

    def _count_together(self, parent: str, run: int, caused: Sequence[Caused]) -> None:
        ended = {each.reaction.row.key: each.reaction.row for each in caused}
        self._count_chunk(TaskKey.from_text(parent), run, list(ended.values()))

    def _count_chunk(self, parent: TaskKey, run: int, ended: Sequence[TaskRow]) -> None:
        """Count children of one parent, first as their stream records show them.

        If one has changed since, the transaction is refused. Then they are read again, and those
        that are still uncounted are tried again.
        """
        for _ in range(_TRIES):
            if not ended or self.children.count(parent, run, ended):
                return
            current = self.children.read([row.key for row in ended])
            ended = [row for row in current if row and _uncounted(row, run)]
        raise Throttled(f"the children of {parent} keep changing")

    def _settle(self, key: TaskKey) -> None:
        """End a FINISHED task whose children have all ended."""
        for _ in range(_TRIES):
            row = self.tasks.get(key)
            if not is_settled(row):
                return  # settled before, or a child has been started again
            status, attributes = _outcome(row)
            try:
                self.tasks.move(
                    key, status, attributes=attributes, run=row.run, where={"version": row.version}
                )
            except IllegalStatusChange:
                continue
            except TaskNotFound:
                return
            return
        raise Throttled(f"{key} keeps changing")


def _uncounted(row: TaskRow, run: int) -> bool:
    return row.ended and not row.counted and row.parent_run == run


def _outcome(row: TaskRow) -> tuple[Status, dict[str, Any]]:
    """The parent's final status and attributes.

    Only children whose end the function did not see matter: FAILED if one of them failed, else
    CANCELLED if one was cancelled, else COMPLETED.
    """
    known = row.settlement or {}
    failed = (row.children_failed or 0) - known.get("failed", 0)
    cancelled = (row.children_cancelled or 0) - known.get("cancelled", 0)
    if failed > 0:
        error = ChildrenFailed(f"{failed:,} of {known.get('total', 0):,} children failed")
        return Status.FAILED, {"error": describe_error(error)}
    return (Status.CANCELLED if cancelled > 0 else Status.COMPLETED), {}
