"""The parts of a stack that are watched, and metrics that both alarms and the dashboard show."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from taskmill_cdk.api import TaskApi
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.schedules import Schedules
from taskmill_cdk.table import TaskTable
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.workflow import SubtaskWorkflow

_MINUTE = Duration.minutes(1)
_MAXIMUM = cloudwatch.Stats.MAXIMUM
_SUM = cloudwatch.Stats.SUM


@dataclass(frozen=True, kw_only=True)
class Watched:
    """The parts of a stack that alarms and the dashboard are about; None: there is none."""

    functions: Sequence[lambda_.Function]
    work_queue: WorkQueue
    dispatcher: Dispatcher
    workflow: SubtaskWorkflow
    api: TaskApi | None
    table: TaskTable | None
    schedules: Schedules | None


def waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    """The messages that nobody has received."""
    return queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic=_MAXIMUM)


def iterator_age(function: lambda_.Function) -> cloudwatch.Metric:
    """How far a function is behind the stream that it reads, in ms."""
    return function.metric("IteratorAge", period=_MINUTE, statistic=_MAXIMUM)


def oldest(queue: sqs.Queue) -> cloudwatch.Metric:
    """How long a message has been there, in seconds; also one that is being worked on."""
    return queue.metric_approximate_age_of_oldest_message(period=_MINUTE, statistic=_MAXIMUM)


def failed_invocations(rule: events.IRule) -> cloudwatch.Metric:
    """The events of a rule that did not reach their target."""
    return cloudwatch.Metric(
        namespace="AWS/Events",
        metric_name="FailedInvocations",
        dimensions_map={"RuleName": rule.rule_name},
        period=_MINUTE,
        statistic=_SUM,
    )
