"""The stores of limits, as one dependency of the task service."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.aws.dynamodb.flow_control.gates import GateStore
from taskmill.aws.dynamodb.flow_control.limit_rows import LimitRows
from taskmill.aws.dynamodb.flow_control.pauses import PauseStore
from taskmill.aws.dynamodb.flow_control.settings import SetLimits
from taskmill.aws.dynamodb.flow_control.waiters import WaiterStore


@dataclass(frozen=True, kw_only=True)
class LimitStores:
    """What holds limits, and what they hold."""

    gates: GateStore
    waiters: WaiterStore
    settings: SetLimits
    rows: LimitRows
    pauses: PauseStore
