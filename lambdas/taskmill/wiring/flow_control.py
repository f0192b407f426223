"""Wiring of limits: what is set for them, rates, and who may start when."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from taskmill.wiring.stores import Stores

if TYPE_CHECKING:
    from taskmill.aws.dynamodb.flow_control.rate_grants import RateGrants
    from taskmill.aws.dynamodb.flow_control.rates import RateStore
    from taskmill.aws.dynamodb.flow_control.settings import LimitSettings


class FlowControlParts(Stores):
    """The stores of limits, for all that starts tasks or shows limits."""

    @cached_property
    def limit_settings(self) -> LimitSettings:
        from taskmill.aws.dynamodb.flow_control.settings import LimitSettings

        return LimitSettings(self.table, clock=self.clock)

    @cached_property
    def rates(self) -> RateStore:
        from taskmill.aws.dynamodb.flow_control.rates import RateStore

        return RateStore(self.table, self.limit_settings, clock=self.clock)

    @cached_property
    def rate_grants(self) -> RateGrants:
        from taskmill.aws.dynamodb.flow_control.rate_grants import RateGrants

        return RateGrants(table=self.table, rates=self.rates, clock=self.clock)
