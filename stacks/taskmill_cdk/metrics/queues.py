"""Metrics of SQS queues."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

_A_MINUTES_MAXIMUM = {"period": Duration.minutes(1), "statistic": cloudwatch.Stats.MAXIMUM}


def waiting(queue: sqs.IQueue, **props: Any) -> cloudwatch.Metric:
    """The messages that nobody has received."""
    return queue.metric_approximate_number_of_messages_visible(**{**_A_MINUTES_MAXIMUM, **props})


def oldest(queue: sqs.IQueue, **props: Any) -> cloudwatch.Metric:
    """How long a message has been there, in seconds; also one that is being worked on."""
    return queue.metric_approximate_age_of_oldest_message(**{**_A_MINUTES_MAXIMUM, **props})
