"""The permission to read metrics."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from taskmill_cdk.acknowledge import acknowledge


def grant_read_metrics(function: lambda_.Function) -> None:
    """Allow a function to ask CloudWatch for metrics, such as the age of a queue's messages."""
    # The CDK has no grant for metrics, and the action supports no resource but *.
    iam.Grant.add_to_principal(
        grantee=function,
        actions=["cloudwatch:GetMetricStatistics"],
        resource_arns=["*"],
    )
    acknowledge(
        function,
        rules=["AwsSolutions-IAM5[Resource::*]"],
        reason="Reading metrics, like sending traces, supports no resource but *.",
    )
