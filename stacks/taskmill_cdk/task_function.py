"""``TaskFunction``: a Lambda function with the defaults that all functions of taskmill share."""

from typing import Any, cast

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from taskmill_cdk.acknowledge import (
    acknowledge,
    acknowledge_inline_policies,
    acknowledge_log_group,
)
from taskmill_cdk.props import (
    LAMBDA_MEMORY,
    LAMBDA_SECONDS,
    checked_props,
    flag,
    instance,
    seconds,
    whole,
)

_IMAGES = (lambda_.AssetImageCode, lambda_.EcrImageCode)


class TaskFunction(lambda_.Function):
    """A Python Lambda function on arm64 with JSON logs, log retention and active tracing.

    Its role may write to its own log group and send traces; all else has to be granted. Not to be
    confused with a task function (``@task``): that is the user's code, which the worker calls.
    If ``code`` is a container image, its command is ``handler``, and it gets no layers.

    Args:
        snap_start: Restore new processes from a SnapStart snapshot. Only published versions have
            snapshots, so event sources and callers must invoke ``entry_of(function)``.
        log_level: Lowest level that is logged.
        log_retention: How long its logs are kept.
        **props: Any of ``lambda_.Function``: ``handler``, ``code``, ``layers``, ``environment``,
            ``timeout``, ``memory_size`` ...
    """

    @checked_props(
        lambda_.Function,
        snap_start=flag,
        memory_size=whole(*LAMBDA_MEMORY),
        timeout=seconds(LAMBDA_SECONDS),
        log_level=instance(lambda_.ApplicationLogLevel, "a lambda_.ApplicationLogLevel"),
        log_retention=instance(logs.RetentionDays, "a logs.RetentionDays"),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        snap_start: bool = False,
        log_level: lambda_.ApplicationLogLevel = lambda_.ApplicationLogLevel.INFO,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        **props: Any,
    ) -> None:
        log_group = logs.LogGroup(scope, f"{construct_id}Logs", retention=log_retention)
        role = iam.Role(
            scope,
            f"{construct_id}Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        log_group.grant_write(role)
        defaults: dict[str, Any] = {
            "runtime": lambda_.Runtime.PYTHON_3_13,
            "architecture": lambda_.Architecture.ARM_64,
            "memory_size": 512,
            "timeout": Duration.seconds(60),
            "tracing": lambda_.Tracing.ACTIVE,
            "logging_format": lambda_.LoggingFormat.JSON,
            "application_log_level_v2": log_level,
        }
        if snap_start:
            defaults["snap_start"] = lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS
        props, handler = {**defaults, **props}, props.get("handler")
        is_image = isinstance(props.get("code"), _IMAGES)
        if is_image:
            props, snap_start = _of_image(props), False
        if props.get("vpc") is not None:
            _let_into_vpc(role)
        super().__init__(scope, construct_id, log_group=log_group, role=role, **props)
        if is_image:  # one image for several functions: each names its handler
            resource = cast(lambda_.CfnFunction, self.node.default_child)
            resource.add_property_override("ImageConfig.Command", [handler])
        self.live = self._build_live() if snap_start else None
        self.add_environment("POWERTOOLS_LOG_LEVEL", log_level.value)
        acknowledge(
            role,
            rules=["AwsSolutions-IAM5[Resource::*]"],
            reason="The actions of X-Ray, and those for a VPC, support no resource but *.",
        )
        acknowledge_inline_policies(role)
        acknowledge_log_group(log_group)
        self._acknowledge()

    def _acknowledge(self) -> None:
        acknowledge(
            self,
            rules=["AwsSolutions-L1", "Serverless-LambdaLatestVersion"],
            reason="The layer has wheels for this Python version; both are upgraded together.",
        )
        acknowledge(
            self,
            rules=["NIST.800.53.R5-LambdaConcurrency"],
            reason="Event sources, Map and API have limits; a reserve takes from other functions.",
        )
        acknowledge(
            self,
            rules=["NIST.800.53.R5-LambdaInsideVPC"],
            reason="It calls AWS by TLS and IAM; a VPC would add NAT gateways, billed by the hour.",
        )
        acknowledge(
            self,
            rules=["NIST.800.53.R5-LambdaDLQ", "Serverless-LambdaDLQ"],
            reason="Such a queue is for asynchronous events; only finish gets any, and has one.",
        )

    def _build_live(self, **props: Any) -> lambda_.Alias:
        """An alias of the newest version. A deployment deletes the older one and its snapshot."""
        defaults: dict[str, Any] = {"alias_name": "live", "version": self.current_version}
        return lambda_.Alias(self, "Live", **{**defaults, **props})


def _of_image(props: dict[str, Any]) -> dict[str, Any]:
    """The props of a function whose code is an image: it has the runtime and all layers in it."""
    rest = {name: value for name, value in props.items() if name not in ("layers", "snap_start")}
    image = {"runtime": lambda_.Runtime.FROM_IMAGE, "handler": lambda_.Handler.FROM_IMAGE}
    return {**rest, **image}


def _let_into_vpc(role: iam.Role) -> None:
    """Allow Lambda to attach the function to a VPC in its name, as AWS's own policy for that does.

    The CDK grants this only to roles that it makes itself.
    """
    verbs = ("CreateNetworkInterface", "DescribeNetworkInterfaces", "DescribeSubnets")
    more = ("DeleteNetworkInterface", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses")
    iam.Grant.add_to_principal(
        grantee=role,
        actions=[f"ec2:{each}" for each in (*verbs, *more)],
        resource_arns=["*"],
    )


def entry_of(function: lambda_.Function) -> lambda_.IFunction:
    """What event sources and callers must invoke: a function's alias if it has one, else itself."""
    live = function.live if isinstance(function, TaskFunction) else None
    return function if live is None else live
