"""Acknowledgments of cdk-nag findings, kept beside the resources that cause them."""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
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
