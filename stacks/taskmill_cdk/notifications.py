"""The SNS topics for task statuses and for alarms."""

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import Annotations, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge


class Notifications(Construct):
    """Two SNS topics: one for changes of tasks, one for problems that need a person's attention.

    Args:
        encryption_key: Encrypts what both topics keep until it is delivered; a key of your own
            costs $1 a month. None: AWS's key for SNS, which costs nothing, encrypts the status
            topic, but not the alarm topic: CloudWatch alarms must not use that key, and its policy
            cannot be changed (decision 28).
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey | None = None
    ) -> None:
        super().__init__(scope, construct_id)
        self.encryption_key = encryption_key
        self.status_topic = self._build_status_topic(master_key=encryption_key)
        self.alarm_topic = self._build_alarm_topic(master_key=encryption_key)
        self._let_alarms_publish()
        if encryption_key is None:
            self._encrypt_status_topic()
        else:
            self._let_alarms_encrypt(encryption_key)

    def grant_publish(self, grantee: iam.IGrantable) -> None:
        """Allow to publish to both topics."""
        if self.encryption_key is not None:
            acknowledge(
                Stack.of(self),
                rules=["AwsSolutions-IAM5[Action::kms:GenerateDataKey*]"],
                reason="The CDK grants the actions that SNS documents, on one key.",
            )
        self.status_topic.grant_publish(grantee)
        self.alarm_topic.grant_publish(grantee)

    def mail_alarms(self, addresses: str | Sequence[str]) -> None:
        """Send alarms to e-mail addresses, whose owners AWS asks to confirm.

        Raises:
            ValueError: One is no address.
        """
        for address in [addresses] if isinstance(addresses, str) else addresses:
            if not Token.is_unresolved(address) and "@" not in address:
                raise ValueError(f"alarm_email has {address!r}; give an e-mail address")
            self.alarm_topic.add_subscription(subscriptions.EmailSubscription(address))

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

    def _encrypt_status_topic(self) -> None:
        # Without an object for the key, the CDK grants nothing. Nothing is needed: the key's policy
        # lets in whoever may use SNS in this account.
        topic = cast(sns.CfnTopic, self.status_topic.node.default_child)
        if topic.kms_master_key_id is None:
            topic.kms_master_key_id = "alias/aws/sns"
        acknowledge(
            self.alarm_topic,
            rules=["NIST.800.53.R5-SNSEncryptedKMS"],
            reason="CloudWatch alarms cannot use AWS's key for SNS; encryption_key adds yours.",
        )

    def _let_alarms_encrypt(self, key: kms.IKey) -> None:
        # As AWS documents it, without conditions: with kms:CallerAccount, alarms are refused
        # (re:Post, "Why didn't I receive an SNS notification for my CloudWatch alarm trigger?").
        # To publish, alarms need the topic's policy as well, which names this account.
        result = key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LetAlarmsEncrypt",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key's policy: this key
            )
        )
        if not result.statement_added:
            Annotations.of(self).add_warning_v2(
                "taskmill:imported-key",
                "The policy of an imported key cannot be changed: let cloudwatch.amazonaws.com"
                " kms:Decrypt and kms:GenerateDataKey* there, or no alarm arrives",
            )

    def _build_status_topic(self, **props: Any) -> sns.Topic:
        return sns.Topic(self, "StatusTopic", **{"enforce_ssl": True, **props})

    def _build_alarm_topic(self, **props: Any) -> sns.Topic:
        return sns.Topic(self, "AlarmTopic", **{"enforce_ssl": True, **props})
