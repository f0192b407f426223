"""``TaskSubscription``: a subscription of SNS topics that starts a task with each message."""

from typing import Any

import jsii
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from taskmill_cdk.triggers.names import check_name
from taskmill_cdk.triggers.sources import TriggerSources


@jsii.implements(sns.ITopicSubscription)
class TaskSubscription:
    """Starts a task with each message of a topic, whose id is the task's code.

    The topic may send to the work queue and to no other.

    Args:
        queue: The work queue.
        sources: Told what the messages of the topic start.
        undelivered: Takes messages that SNS could not put on the queue.
        task_type: Type of the tasks.
        tenant: Of the tasks: a name, or a path into the message such as ``$.tenant``.
        code: Of the tasks: a path into the message; None: the message's id.
        **props: Any of ``SqsSubscription``: ``filter_policy`` ...
    """

    def __init__(
        self,
        queue: sqs.IQueue,
        *,
        sources: TriggerSources,
        undelivered: sqs.IQueue,
        task_type: str,
        tenant: str,
        code: str | None = None,
        **props: Any,
    ) -> None:
        check_name("task_type", task_type)
        check_name("tenant", tenant, path="the message")
        self._queue = queue
        self._sources = sources
        self._asked: dict[str, Any] = {"task_type": task_type, "tenant": tenant, "code": code}
        self._props = {"dead_letter_queue": undelivered, **props}

    def bind(self, topic: sns.ITopic) -> sns.TopicSubscriptionConfig:
        """What SNS is to send where; the CDK calls it."""
        self._sources.add_topic(topic, **self._asked)
        return subscriptions.SqsSubscription(self._queue, **self._props).bind(topic)
