"""Wiring of the statistics."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from taskmill.wiring.stores import Stores

if TYPE_CHECKING:
    from taskmill.tally.recount import Recount
    from taskmill.tally.tally import Tally


class TallyParts(Stores):
    """What counts the changes of the table."""

    @cached_property
    def tally(self) -> Tally:
        from taskmill.aws.dynamodb.statistics import StatisticsStore
        from taskmill.tally.groups import Groups
        from taskmill.tally.tally import Tally

        store = StatisticsStore(self.table)
        return Tally(store=store, groups=Groups(store), clock=self.clock)

    @cached_property
    def recount(self) -> Recount:
        from taskmill.aws.dynamodb.statistics import StatisticsStore
        from taskmill.tally.recount import Recount

        return Recount(store=StatisticsStore(self.table), clock=self.clock)
