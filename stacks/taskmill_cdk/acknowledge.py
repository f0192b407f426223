"""Acknowledgments of cdk-nag findings, kept beside the resources that cause them."""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Token, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, *, reason: str, rules: list[str]) -> None:
    """Acknowledge rules that a construct breaks on purpose; no effect in apps without validators.

    Args:
        construct: Where the findings are: on this construct or below it.
        reason: Why the rules do not apply: one reason for all of ``rules``.
        rules: ``"Pack-Rule"`` or, where a rule has several findings, ``"Pack-Rule[finding]"``.
    """
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule in rules)
    )


def acknowledge_wildcards(construct: IConstruct, *, reason: str, resources: list[str]) -> None:
    """Acknowledge wildcards in resource ARNs of the IAM policies of a construct's stack.

    Args:
        construct: Owner of the resources.
        reason: Why the wildcards are needed: one reason for all of ``resources``.
        resources: As cdk-nag prints them: ``"<Bucket83908E77.Arn>/inputs/*"``.
    """
    rules = [f"AwsSolutions-IAM5[Resource::{resource}]" for resource in resources]
    acknowledge(Stack.of(construct), reason=reason, rules=rules)


def logical_id(construct: IConstruct) -> str:
    """The logical id of the main resource of a construct, its default child."""
    element = cast(CfnElement, construct.node.default_child)
    return Stack.of(construct).get_logical_id(element)


def arn_prefix(construct: IConstruct, service: str) -> str:
    """The beginning of a service's ARNs in the construct's stack, as cdk-nag prints it."""
    stack = Stack.of(construct)
    parts = {"Partition": stack.partition, "Region": stack.region, "AccountId": stack.account}
    partition, region, account = (
        f"<AWS::{name}>" if Token.is_unresolved(value) else value for name, value in parts.items()
    )
    return f"arn:{partition}:{service}:{region}:{account}"


def acknowledge_inline_policies(construct: IConstruct) -> None:
    """Acknowledge the policies of the roles of a construct."""
    acknowledge(
        construct,
        rules=["NIST.800.53.R5-IAMNoInlinePolicy"],
        reason="A grant is for one role only; a managed policy could be attached to others.",
    )


def acknowledge_log_group(log_group: IConstruct) -> None:
    """Acknowledge that a log group has no key of ours."""
    acknowledge(
        log_group,
        rules=["NIST.800.53.R5-CloudWatchLogGroupEncrypted"],
        reason="CloudWatch Logs encrypts it with its own key; one of ours costs $1 a month.",
    )


def acknowledge_dead_letters(queue: IConstruct) -> None:
    """Acknowledge that a dead-letter queue has none itself."""
    acknowledge(
        queue,
        rules=["AwsSolutions-SQS3", "Serverless-SQSRedrivePolicy"],
        reason="This is a queue of dead letters; an alarm calls people to it.",
    )


def acknowledge_queue_sources(function: IConstruct) -> None:
    """Acknowledge that a function's event sources of queues have no destination for failures."""
    acknowledge(
        function,
        rules=["Serverless-LambdaEventSourceMappingDestination"],
        reason="SQS keeps what failed, and moves it to the dead letters after some receives.",
    )
