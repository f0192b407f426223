"""Wiring of the sweep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from taskmill.model.lanes import ByLane, Lane
from taskmill.wiring.dispatch import DispatchParts

if TYPE_CHECKING:
    from taskmill.dispatch.sweeper import Sweeper


class SweepParts(DispatchParts):
    """The objects that find stuck tasks and get them going again."""

    @cached_property
    def sweeper(self) -> Sweeper:
        from taskmill.aws.dynamodb.sweeps import SweepStore
        from taskmill.dispatch.emitters.children import ChildEmitter
        from taskmill.dispatch.gate_repairs import GateRepairs
        from taskmill.dispatch.repairs import FanOuts, Resends, Tallies
        from taskmill.dispatch.sweeper import Sweeper

        store = SweepStore(self.table, clock=self.clock)
        counter = ChildEmitter(tasks=self.tasks, children=self.children, cascade=self.cascade)
        return Sweeper(
            store=store,
            resends=Resends(store=store, tasks=self.tasks, lanes=self.lanes),
            tallies=Tallies(children=self.children, counter=counter, logger=self.logger),
            gates=GateRepairs(
                releaser=self.releaser,
                one_at_a_time=self.one_at_a_time,
                workflow=self.workflow,
                tasks=self.tasks,
            ),
            fan_outs=FanOuts(tasks=self.tasks, workflow=self.workflow, finisher=self.finisher),
            oldest=self._oldest_messages,
            logger=self.logger,
            clock=self.clock,
        )

    @property
    def _oldest_messages(self) -> Callable[[int], Mapping[Lane, int | None]]:
        """Reads the age of each lane's queue; unknown for queues that are not SQS."""
        if self.settings.queue_service != "sqs":
            return lambda _: {}
        return partial(_by_lane, self.settings.by_lane("URL"), self.oldest_sent_at)


def _by_lane(
    urls: Mapping[Lane, str], age_of: Callable[[str, int], int | None], now: int
) -> ByLane[int | None]:
    ages = {url: age_of(url, now) for url in set(urls.values())}
    return ByLane({lane: ages[url] for lane, url in urls.items()})
