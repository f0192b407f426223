"""Wiring of limits: what is set for them, rates, and who may start when."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from taskmill.wiring.stores import Stores

if TYPE_CHECKING:
    from taskmill.aws.dynamodb.flow_control.gates import GateStore
    from taskmill.aws.dynamodb.flow_control.pauses import PauseStore
    from taskmill.aws.dynamodb.flow_control.rate_grants import RateGrants
    from taskmill.aws.dynamodb.flow_control.rates import RateStore
    from taskmill.aws.dynamodb.flow_control.settings import LimitSettings
    from taskmill.aws.dynamodb.flow_control.waiters import WaiterStore
    from taskmill.work.admission.gatekeeper import Gatekeeper
    from taskmill.work.admission.one_at_a_time import OneAtATime
    from taskmill.work.admission.releasing import Releaser


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

    @cached_property
    def gates(self) -> GateStore:
        from taskmill.aws.dynamodb.flow_control.gates import GateStore

        return GateStore(self.table, clock=self.clock)

    @cached_property
    def waiters(self) -> WaiterStore:
        from taskmill.aws.dynamodb.flow_control.waiters import WaiterStore

        return WaiterStore(self.table, clock=self.clock)

    @cached_property
    def pauses(self) -> PauseStore:
        from taskmill.aws.dynamodb.flow_control.pauses import PauseStore

        return PauseStore(self.table, clock=self.clock)

    @cached_property
    def gatekeeper(self) -> Gatekeeper:
        from taskmill.work.admission.gatekeeper import Gatekeeper

        return Gatekeeper(
            gates=self.gates,
            waiters=self.waiters,
            tasks=self.tasks,
            width=self.settings.max_concurrency,
            clock=self.clock,
            sleep=self.sleep,
        )

    @cached_property
    def one_at_a_time(self) -> OneAtATime:
        from taskmill.aws.dynamodb.flow_control.holders import HolderStore
        from taskmill.work.admission.one_at_a_time import OneAtATime

        holders = HolderStore(self.table, **self._row_options)
        return OneAtATime(holders=holders, clock=self.clock)

    @cached_property
    def releaser(self) -> Releaser:
        from taskmill.work.admission.opening import Opener
        from taskmill.work.admission.releasing import Releaser

        return Releaser(opener=Opener(keeper=self.gatekeeper, pauses=self.pauses))
