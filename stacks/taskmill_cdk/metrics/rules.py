"""Metrics of EventBridge rules."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events


def failed_invocations(rule: events.IRule, **props: Any) -> cloudwatch.Metric:
    """The events of a rule that did not reach their target."""
    defaults: dict[str, Any] = {
        "namespace": "AWS/Events",
        "metric_name": "FailedInvocations",
        "dimensions_map": {"RuleName": rule.rule_name},
        "period": Duration.minutes(1),
        "statistic": cloudwatch.Stats.SUM,
    }
    return cloudwatch.Metric(**{**defaults, **props})
