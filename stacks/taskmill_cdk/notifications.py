"""The SNS topics for task statuses and for alarms."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct


class Notifications(Construct):
    """Two SNS topics: one for changes of tasks, one for problems that need a person's attention."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.status_topic = self._build_status_topic()
        self.alarm_topic = self._build_alarm_topic()
        self._let_alarms_publish()

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Allow to publish to both topics."""
        self.status_topic.grant_publish(grantee)
        self.alarm_topic.grant_publish(grantee)

    def _let_alarms_publish(self) -> None:
        # ``enforce_ssl`` gives the topic a policy. It replaces the default policy, which allows
        # this account's CloudWatch alarms to publish.
        self.alarm_topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LetAlarmsPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.alarm_topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def _build_status_topic(self, **props: Any) -> sns.Topic:
        return sns.Topic(self, "StatusTopic", **{"enforce_ssl": True, **props})

    def _build_alarm_topic(self, **props: Any) -> sns.Topic:
        return sns.Topic(self, "AlarmTopic", **{"enforce_ssl": True, **props})
