from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Annotations, Match, Template

from taskmill_cdk import Notifications

TOPIC = "AWS::SNS::Topic"


def test_topics_refuse_plain_http(template: Template) -> None:
    refused = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policies = template.find_resources(
        "AWS::SNS::TopicPolicy",
        {
            "Properties": {
                "PolicyDocument": {"Statement": Match.array_with([Match.object_like(refused)])}
            }
        },
    )

    assert len(policies) == len(template.find_resources("AWS::SNS::Topic")) == 2


def test_alarms_of_this_account_reach_the_alarm_topic(template: Template) -> None:
    # A topic policy of one's own replaces the default one, which let them in.
    statement = {
        "Action": "sns:Publish",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    [policy] = template.find_resources(
        "AWS::SNS::TopicPolicy",
        {
            "Properties": {
                "PolicyDocument": {"Statement": Match.array_with([Match.object_like(statement)])}
            }
        },
    ).values()

    [topic] = policy["Properties"]["Topics"]
    assert topic["Ref"].startswith("NotificationsAlarmTopic")


def test_without_a_key_the_status_topic_is_encrypted_by_aws_s_and_costs_nothing(
    template: Template,
) -> None:
    """But not the alarm topic: alarms cannot use that key, and would be lost."""
    keys = {
        logical_id.rstrip("0123456789ABCDEF"): topic.get("Properties", {}).get("KmsMasterKeyId")
        for logical_id, topic in template.find_resources(TOPIC).items()
    }

    assert keys == {
        "NotificationsStatusTopic": "alias/aws/sns",
        "NotificationsAlarmTopic": None,
    }
    template.resource_count_is("AWS::KMS::Key", 0)


def test_a_key_encrypts_both_topics() -> None:
    template = Template.from_stack(with_key())

    [key] = template.find_resources("AWS::KMS::Key")
    for topic in template.find_resources(TOPIC).values():
        assert topic["Properties"]["KmsMasterKeyId"] == {"Fn::GetAtt": [key, "Arn"]}


def test_alarms_may_use_the_key() -> None:
    """Without a condition: they fail one on the caller's account."""
    [key] = Template.from_stack(with_key()).find_resources("AWS::KMS::Key").values()

    assert {
        "Sid": "LetAlarmsEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
        "Resource": "*",
    } in key["Properties"]["KeyPolicy"]["Statement"]


def test_who_may_publish_may_use_the_key() -> None:
    stack = with_key()
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    notifications: Any = stack.node.find_child("Notifications")

    notifications.grant_publish(role)

    [policy] = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    actions = [each["Action"] for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    assert "sns:Publish" in actions
    assert ["kms:Decrypt", "kms:GenerateDataKey*"] in actions


def test_a_key_of_elsewhere_needs_its_policy_changed_by_hand() -> None:
    stack = Stack(App(), "Any")
    arn = "arn:aws:kms:eu-west-1:123456789012:key/1a2b"

    Notifications(stack, "Notifications", encryption_key=kms.Key.from_key_arn(stack, "Key", arn))

    Annotations.from_stack(stack).has_warning(
        "*", Match.string_like_regexp("let cloudwatch.amazonaws.com kms:Decrypt")
    )


def with_key() -> Stack:
    stack = Stack(App(), "Any")
    Notifications(stack, "Notifications", encryption_key=kms.Key(stack, "Key"))
    return stack
