"""Findings of cdk-nag that are meant, recorded beside what they are about."""

from typing import cast

from aws_cdk import Acknowledgment, CfnElement, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, *, reason: str, rules: list[str]) -> None:
    """Tell validators, if an app uses any, why these of their rules do not apply here.

    Args:
        construct: The findings may be on it or on anything below it.
        reason: One for all of ``rules``.
        rules: ``"Pack-Rule"`` or, where a rule has several findings, ``"Pack-Rule[finding]"``.
    """
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason=reason) for rule in rules)
    )


def acknowledge_wildcards(construct: IConstruct, *, reason: str, resources: list[str]) -> None:
    """Tell why roles of this construct's stack may name these resources by a pattern.

    Args:
        construct: Owner of the resources.
        reason: One for all of them.
        resources: As cdk-nag prints them: ``"<Bucket83908E77.Arn>/inputs/*"``.
    """
    rules = [f"AwsSolutions-IAM5[Resource::{resource}]" for resource in resources]
    acknowledge(Stack.of(construct), reason=reason, rules=rules)


def logical_id(construct: IConstruct) -> str:
    """The logical id of the resource that a construct is made around."""
    element = cast(CfnElement, construct.node.default_child)
    return Stack.of(construct).get_logical_id(element)
