"""What a stack costs in a month in which nothing happens, computed from its template.

Free tiers are left out. What is stored costs something too, by the GB: an empty stack has none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.ledger.prices import PRICES
from benchmarks.ledger.usage import What

ALARM_DOLLARS = 0.10  # a month, for each metric that an alarm watches (CloudWatch's price page)
DASHBOARD_DOLLARS = 3.00  # a month (the same)
POLLERS = 5  # that Lambda keeps for each queue that feeds a function (Lambda guide, SQS scaling)
POLL_SECONDS = 20  # each waits so long for a message
MONTH_SECONDS = 30 * 86_400


@dataclass(frozen=True)
class Idle:
    """What a stack has that is billed for being there."""

    alarm_metrics: int
    dashboards: int
    queues: int

    @property
    def polls(self) -> int:
        """Requests to receive a message that Lambda makes in a month."""
        return self.queues * POLLERS * MONTH_SECONDS // POLL_SECONDS

    @property
    def alarm_dollars(self) -> float:
        return self.alarm_metrics * ALARM_DOLLARS

    @property
    def dashboard_dollars(self) -> float:
        return self.dashboards * DASHBOARD_DOLLARS

    @property
    def poll_dollars(self) -> float:
        """An answer without a message has no message group: it is no fair queue's request."""
        return self.polls * PRICES[What.QUEUE_REQUESTS].dollars / 1e6

    @property
    def dollars(self) -> float:
        return self.alarm_dollars + self.dashboard_dollars + self.poll_dollars


def idle_of(template: Mapping[str, Any]) -> Idle:
    """What of a CloudFormation template is billed while nothing happens."""
    resources = list(template["Resources"].values())

    def of(kind: str) -> list[Mapping[str, Any]]:
        return [each["Properties"] for each in resources if each["Type"] == kind]

    polled = [
        each
        for each in of("AWS::Lambda::EventSourceMapping")
        if "StartingPosition" not in each  # a queue; a stream has one
    ]
    return Idle(
        alarm_metrics=sum(_metrics(alarm) for alarm in of("AWS::CloudWatch::Alarm")),
        dashboards=len(of("AWS::CloudWatch::Dashboard")),
        queues=len(polled),
    )


def _metrics(alarm: Mapping[str, Any]) -> int:
    """How many metrics an alarm reads; each is billed as an alarm, an expression is not."""
    return sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1
