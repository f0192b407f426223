"""Tells the counts of batches to their parents, up to 99 per transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from taskmill.aws.dynamodb.batch_counts import TRANSACTION_MARKS, BatchCounts
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import CountBatch
from taskmill.model.chunks import chunked
from taskmill.model.keys import TaskKey


@dataclass(frozen=True, kw_only=True)
class BatchEmitter:
    """Adds the counts of each batch to its parent's, while it runs and when it has closed."""

    counts: BatchCounts

    def emit(self, delivery: StreamDelivery) -> None:
        by_run = defaultdict(list)
        for each in delivery.of(CountBatch):
            batch = each.reaction.batch
            by_run[batch.key.parent, batch.run].append(each)
        for (parent, _), group in by_run.items():
            for chunk in chunked(group, TRANSACTION_MARKS):
                delivery.together(chunk, partial(self._tell, parent))

    def _tell(self, parent: TaskKey, caused: Sequence[Caused]) -> None:
        # Of several changes of one batch, the last one says it all.
        batches = [*{each.reaction.batch.key: each.reaction.batch for each in caused}.values()]
        while batches:
            batches = self.counts.tell(parent, batches)
