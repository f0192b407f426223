"""Log groups that AWS services, rather than functions, write to."""

from aws_cdk import Aws, Fn, Names
from aws_cdk import aws_logs as logs
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge_log_group


def vended_log_group(
    scope: Construct, construct_id: str, *, service: str, retention: logs.RetentionDays
) -> logs.LogGroup:
    """A log group that one of AWS's services may write to, below ``/aws/vendedlogs/``.

    It is the one resource with a name of our own. A service that delivers logs is let in by a
    resource policy of the account: one for all of ``/aws/vendedlogs/*``, or else an entry for each
    group. The account has ten such policies of 5,120 characters, so that with generated names some
    tens of stacks fill them and further deployments fail (Step Functions guide, "Log resource
    policy size limit"; API Gateway guide, "Troubleshooting issues with HTTP API logs").

    The name ends in the id of the stack, which CloudFormation never gives twice: stacks do not
    meet, and a stack that is made again does not find the retained group of its predecessor.

    Args:
        service: Part of the name: ``apis``, ``states``.
        retention: How long its lines are kept.
    """
    # arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID
    unique = Fn.select(2, Fn.split("/", Aws.STACK_ID))
    name = f"/aws/vendedlogs/{service}/{Names.unique_id(scope)}-{unique}"
    log_group = logs.LogGroup(scope, construct_id, log_group_name=name, retention=retention)
    acknowledge_log_group(log_group)
    return log_group
