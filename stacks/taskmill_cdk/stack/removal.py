"""What CloudFormation does with data when the stack, or a resource of it, is deleted."""

from aws_cdk import RemovalPolicies, RemovalPolicy, Stack

STATEFUL = [
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::Scheduler::ScheduleGroup",
]


def apply_removal_policy(stack: Stack, *, removable: bool) -> None:
    """Delete the stateful resources along with the stack, or else retain them.

    Those of a first deployment that fails are deleted (``RetainExceptOnCreate``): they hold nothing
    yet, and every further try would add another set. Only the table stays, as DynamoDB refuses to
    delete one that is protected.
    """
    RemovalPolicies.of(stack).apply(
        RemovalPolicy.DESTROY if removable else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        apply_to_resource_types=STATEFUL,
    )
