"""EventBridge Scheduler: the group of schedules for delayed and repeated tasks, and its role."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge_wildcards
from taskmill_cdk.work_queue import WorkQueue


class Schedules(Construct):
    """A schedule group, and the role with which its schedules send messages to the work queues.

    Args:
        work_queue: Receives the messages of schedules that are due.
    """

    def __init__(self, scope: Construct, construct_id: str, *, work_queue: WorkQueue) -> None:
        super().__init__(scope, construct_id)
        self.group = self._build_group()
        self.role = self._build_role()
        work_queue.grant_send(self.role)

    def grant_manage(self, grantee: iam.IGrantable) -> None:
        """Allow to create, change and delete schedules of the group."""
        stack = Stack.of(self)
        schedules = stack.format_arn(
            service="scheduler",
            resource="schedule",
            resource_name=f"{self.group.ref}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        prefix = "arn:<AWS::Partition>:scheduler:<AWS::Region>:<AWS::AccountId>:schedule"
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
        self.role.grant_pass_role(grantee.grant_principal)

    def _build_group(self) -> scheduler.CfnScheduleGroup:
        # The L2 group gives itself a physical name; this one leaves it to CloudFormation.
        return scheduler.CfnScheduleGroup(self, "Group")

    def _build_role(self) -> iam.Role:
        return iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
        )
