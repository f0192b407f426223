"""EventBridge Scheduler: the group of schedules for delayed and repeated tasks, and its role."""

from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from taskmill_cdk.acknowledge import (
    acknowledge_inline_policies,
    acknowledge_wildcards,
    arn_prefix,
)
from taskmill_cdk.work_queue import WorkQueue

_SCHEDULER = "scheduler.amazonaws.com"


class Schedules(Construct):
    """A schedule group, and the role with which its schedules send messages to the work queues.

    A message that a schedule cannot send for 24 hours goes to the dead letters of the work queues,
    whose handler ends its task.

    Args:
        work_queue: Receives the messages of schedules that are due.
    """

    def __init__(self, scope: Construct, construct_id: str, *, work_queue: WorkQueue) -> None:
        super().__init__(scope, construct_id)
        self.group = self._build_group()
        self.role = self._build_role()
        self.dead_letters = work_queue.dead_letters
        work_queue.grant_send(self.role)
        self.dead_letters.grant_send_messages(self.role)
        acknowledge_inline_policies(self.role)

    def grant_manage(self, grantee: iam.IGrantable) -> None:
        """Allow to create, change and delete schedules of the group."""
        stack = Stack.of(self)
        schedules = stack.format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{self.group.ref}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        prefix = f"{arn_prefix(self, 'scheduler')}:schedule"
        acknowledge_wildcards(
            self,
            resources=[f"{prefix}/<{stack.get_logical_id(self.group)}>/*"],
            reason="Schedules are named at run time, by task.",
        )
        # The CDK has no grant for the schedules of a group.
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=[f"scheduler:{verb}Schedule" for verb in ("Create", "Update", "Delete")],
            resource_arns=[schedules],
        )
        # The CDK's own grant lets the role be passed to any service.
        iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["iam:PassRole"],
            resource_arns=[self.role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": _SCHEDULER}},
        )

    def metric(self, name: str, **props: Any) -> cloudwatch.Metric:
        """A metric of EventBridge Scheduler about all schedules of the group."""
        defaults: dict[str, Any] = {
            "namespace": "AWS/Scheduler",
            "dimensions_map": {"ScheduleGroup": self.group.ref},
            "statistic": cloudwatch.Stats.SUM,
        }
        return cloudwatch.Metric(metric_name=name, **{**defaults, **props})

    def _build_group(self, **props: Any) -> scheduler.CfnScheduleGroup:
        # The L2 group gives itself a physical name; this one leaves it to CloudFormation.
        return scheduler.CfnScheduleGroup(self, "Group", **props)

    def _build_role(self, **props: Any) -> iam.Role:
        in_this_account = {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}}
        defaults: dict[str, Any] = {
            "assumed_by": iam.ServicePrincipal(_SCHEDULER, conditions=in_this_account)
        }
        return iam.Role(self, "Role", **{**defaults, **props})
