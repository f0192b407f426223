"""Adds closed batches to the counts of their parents, up to 99 per transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from taskmill.aws.dynamodb.batches import TRANSACTION_MARKS, BatchStore
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import CountBatch
from taskmill.model.chunks import chunked
from taskmill.model.keys import TaskKey


@dataclass(frozen=True, kw_only=True)
class BatchEmitter:
    """Counts each closed batch once on its parent."""

    batches: BatchStore

    def emit(self, delivery: StreamDelivery) -> None:
        by_parent = defaultdict(list)
        for each in delivery.of(CountBatch):
            by_parent[each.reaction.batch.key.parent].append(each)
        for parent, group in by_parent.items():
            for chunk in chunked(group, TRANSACTION_MARKS):
                delivery.together(chunk, partial(self._count, parent))

    def _count(self, parent: TaskKey, caused: Sequence[Caused]) -> None:
        closed = [each.reaction.batch for each in caused]
        while closed:
            closed = self.batches.count(parent, closed)
