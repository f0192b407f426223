"""Adds closed batches to the counts of their parents, up to 99 per transaction."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from taskmill.aws.dynamodb.batches import TRANSACTION_MARKS, BatchStore
from taskmill.dispatch.emitters.stream_delivery import StreamDelivery
from taskmill.dispatch.reactions import CountBatch
from taskmill.model.chunks import chunked


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
                with delivery.parking([each.record for each in chunk]):
                    closed = [each.reaction.batch for each in chunk]
                    while closed:
                        closed = self.batches.count(parent, closed)
