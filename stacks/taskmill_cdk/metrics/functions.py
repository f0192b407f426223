"""Metrics of Lambda functions."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_


def iterator_age(function: lambda_.Function, **props: Any) -> cloudwatch.Metric:
    """How far a function is behind the stream that it reads, in ms."""
    defaults = {"period": Duration.minutes(1), "statistic": cloudwatch.Stats.MAXIMUM}
    return function.metric("IteratorAge", **{**defaults, **props})
