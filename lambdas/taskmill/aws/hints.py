"""Early messages to parents whose last awaited child has just been counted.

The dispatcher sends them, and the worker that has counted the only child of a parent itself.

The count is a change of the parent's row, and the stream sends the parent's message for it, about
200 ms later: that is the guarantee. A hint only comes sooner. A worker that does not get the task
for it drops it at once; one that does keeps it to the end, as any message.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.sqs.protocol import Message, Queue
from taskmill.model.keys import TaskKey
from taskmill.model.lanes import Lane, lane_of


@dataclass(frozen=True, kw_only=True)
class Hints:
    """Sends hints to parents that can be resumed.

    Attributes:
        lanes: The work queues to send to; parents of other lanes get no hint.
    """

    tasks: TaskStore
    lanes: Mapping[Lane, Queue]
    logger: Any

    def send(self, parents: Collection[TaskKey]) -> None:
        """Look which of these wait no longer, and send these a hint. Trouble is only logged."""
        if not parents:
            return
        try:
            by_lane: defaultdict[Lane, list[Message]] = defaultdict(list)
            for row in self.tasks.find_many(list(parents)):
                if row is not None and row.is_awake:
                    by_lane[lane_of(row)].append(Message(row.key, hint=True))
            for lane, messages in by_lane.items():
                if lane in self.lanes:
                    self.lanes[lane].send(messages)
        except Exception as error:  # noqa: BLE001  # of the network or AWS: the stream sends, too
            self.logger.warning("no hints", error=repr(error))
