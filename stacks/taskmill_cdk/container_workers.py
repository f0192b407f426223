"""Workers in Fargate containers, for tasks that run longer than Lambda's 15 minutes."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from taskmill_cdk.acknowledge import (
    acknowledge,
    acknowledge_inline_policies,
    acknowledge_log_group,
)
from taskmill_cdk.container_scaling import ContainerScaling
from taskmill_cdk.props import check_fargate_size, checked_props, flag, instance, whole
from taskmill_cdk.work_queue import WorkQueue

_STOP_TIMEOUT = Duration.seconds(120)  # Fargate's maximum
_GRACE = Duration.seconds(110)  # then unfinished tasks are handed back


class ContainerWorkers(Construct):
    """A Fargate service whose containers run ``taskmill work``, scaled by the messages there are.

    A container that is stopped gives its tasks 110 s to end, and hands unfinished ones back to the
    queue: they start again elsewhere, and the interrupted attempt does not count.

    Override a ``_build_*`` hook to replace one resource; hooks take further props of the resource.

    Args:
        image: Contains taskmill and the task modules; the command is set by this construct.
        work_queue: Must be created with ``containers=True``, or have the queue of ``pool``.
        pool: Drain the queue of this worker pool instead of the queue for containers.
        environment: The environment variables that the functions have as well.
        run_all: Also run tasks that Lambda could run, those of high and urgent priority first:
            in addition to the worker function, or instead of it if its concurrency is 0.
        vpc: Containers run in its private subnets if it has any, else in public ones; None: a new
            VPC.
        vpc_subnets: Containers run in these subnets of it instead.
        security_groups: Of the containers; by default one of their own, without inbound traffic.
        cpu: CPU units of a container; 1,024 are one vCPU.
        memory_mib: MiB of a container; Fargate allows certain values for each ``cpu``.
        concurrency: Tasks that a container runs at a time.
        min_containers: With 0, an idle service costs nothing, but the first task then waits a few
            minutes: up to 15 after six hours without tasks, as SQS then reports its metrics late.
        max_containers: Upper limit of containers.
        messages_per_container: Tasks for each container, waiting and running, that scaling aims
            at; ``concurrency`` by default, so that no task waits.
        interrupt: Scale in as well while some containers still have work, and interrupt their
            tasks; by default all containers stay until there is no work.
        spot: Use Fargate Spot: up to 70 % cheaper, but AWS may stop a container at any time.
        architecture: CPU architecture of the image; ARM64 by default.
        log_retention: How long logs are kept.
    """

    @checked_props(
        image=instance(ecs.ContainerImage, "an ecs.ContainerImage"),
        work_queue=instance(WorkQueue, "a WorkQueue"),
        pool=instance(str, "the name of a worker pool"),
        environment=instance(Mapping, "a mapping of texts"),
        run_all=flag,
        cpu=whole(1),
        memory_mib=whole(1),
        concurrency=whole(1, 1_000),
        min_containers=whole(0),
        max_containers=whole(1),
        messages_per_container=whole(1),
        interrupt=flag,
        spot=flag,
        architecture=instance(ecs.CpuArchitecture, "an ecs.CpuArchitecture"),
        log_retention=instance(logs.RetentionDays, "a logs.RetentionDays"),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: ecs.ContainerImage,
        work_queue: WorkQueue,
        pool: str | None = None,
        environment: Mapping[str, str],
        run_all: bool = False,
        vpc: ec2.IVpc | None = None,
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] | None = None,
        cpu: int = 1_024,
        memory_mib: int = 2_048,
        concurrency: int = 4,
        min_containers: int = 0,
        max_containers: int = 10,
        messages_per_container: int | None = None,
        interrupt: bool = False,
        spot: bool = False,
        architecture: ecs.CpuArchitecture | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        check_fargate_size(cpu, memory_mib, names=("cpu", "memory_mib"))
        if not Token.is_unresolved(min_containers) and min_containers > max_containers:
            raise ValueError(
                f"min_containers is {min_containers}; at most max_containers, {max_containers}"
            )
        super().__init__(scope, construct_id)
        self.queue = _queue_of(work_queue, pool)
        self.unreadable = work_queue.unreadable
        self.more_queues = [work_queue.priority_queue, work_queue.queue] if run_all else []
        self.vpc = vpc or self._build_vpc()
        self.cluster = self._build_cluster(enable_fargate_capacity_providers=spot)
        self.task_definition = self._build_task_definition(
            cpu=cpu,
            memory_limit_mib=memory_mib,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=architecture or ecs.CpuArchitecture.ARM64,
                operating_system_family=ecs.OperatingSystemFamily.LINUX,
            ),
        )
        self.log_group = logs.LogGroup(self, "Logs", retention=log_retention)
        self.container = self._build_container(
            image=image,
            command=_command(concurrency),
            environment={
                **environment,
                **self._queue_settings(),
                "TASKMILL_UNREADABLE_URL": self.unreadable.queue_url,
                "TASKMILL_RUNNER": "container",
                "AWS_REGION": Stack.of(self).region,
            },
        )
        network = {"vpc_subnets": vpc_subnets, "security_groups": security_groups}
        given = {name: value for name, value in network.items() if value is not None}
        self.service = self._build_service(spot=spot, **given)
        self.scaling = ContainerScaling(
            self,
            "Scaling",
            service=self.service,
            queue=self.queue,
            more_queues=self.more_queues,
            min_containers=min_containers,
            max_containers=max_containers,
            messages_per_container=messages_per_container or concurrency,
            interrupt=interrupt,
        )
        self._acknowledge()

    @property
    def task_role(self) -> iam.IRole:
        """The IAM role of the tasks. It has only the permissions that were granted to it."""
        return self.task_definition.task_role

    def grant_consume(self) -> None:
        """Allow the containers to receive, hide and delete messages of the queues they drain.

        They may also put malformed ones aside.
        """
        for queue in (self.queue, *self.more_queues):
            queue.grant_consume_messages(self.task_role)
        self.unreadable.grant_send_messages(self.task_role)

    def _queue_settings(self) -> dict[str, str]:
        if not self.more_queues:
            return {"TASKMILL_QUEUE_URL": self.queue.queue_url}
        priority, normal = self.more_queues
        return {
            "TASKMILL_QUEUE_URL": normal.queue_url,
            "TASKMILL_PRIORITY_QUEUE_URL": priority.queue_url,
            "TASKMILL_CONTAINER_QUEUE_URL": self.queue.queue_url,
        }

    def _build_vpc(self, **props: Any) -> ec2.Vpc:
        """Public subnets without inbound access: a NAT gateway alone would cost $32 a month."""
        defaults: dict[str, Any] = {
            "max_azs": 2,
            "nat_gateways": 0,
            "subnet_configuration": [
                ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)
            ],
            "gateway_endpoints": {
                "DynamoDb": {"service": ec2.GatewayVpcEndpointAwsService.DYNAMODB},
                "S3": {"service": ec2.GatewayVpcEndpointAwsService.S3},
            },
        }
        vpc = ec2.Vpc(self, "Vpc", **{**defaults, **props})
        acknowledge(
            vpc,
            rules=["AwsSolutions-VPC7", "NIST.800.53.R5-VPCFlowLogsEnabled"],
            reason="Security groups allow no inbound traffic; outbound traffic is calls to AWS.",
        )
        acknowledge(
            vpc,
            rules=[
                "NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW",
                "NIST.800.53.R5-VPCSubnetAutoAssignPublicIpDisabled",
            ],
            reason="Containers reach AWS by it; private subnets need a NAT gateway. Pass a VPC.",
        )
        acknowledge(
            vpc,
            rules=["NIST.800.53.R5-VPCDefaultSecurityGroupClosed"],
            reason="Nothing is in the default group: the service has one of its own.",
        )
        return vpc

    def _build_cluster(self, **props: Any) -> ecs.Cluster:
        # Scaling needs the number of running containers, a metric that nothing else publishes.
        defaults = {"container_insights_v2": ecs.ContainerInsights.ENABLED}
        return ecs.Cluster(self, "Cluster", vpc=self.vpc, **{**defaults, **props})

    def _build_task_definition(self, **props: Any) -> ecs.FargateTaskDefinition:
        return ecs.FargateTaskDefinition(self, "TaskDefinition", **props)

    def _build_container(self, **props: Any) -> ecs.ContainerDefinition:
        defaults: dict[str, Any] = {
            "stop_timeout": _STOP_TIMEOUT,
            "logging": ecs.LogDrivers.aws_logs(stream_prefix="work", log_group=self.log_group),
        }
        return self.task_definition.add_container("Work", **{**defaults, **props})

    def _build_service(self, *, spot: bool, **props: Any) -> ecs.FargateService:
        defaults: dict[str, Any] = {
            "assign_public_ip": not self.vpc.private_subnets,
            "min_healthy_percent": 100,
            "circuit_breaker": ecs.DeploymentCircuitBreaker(rollback=True),
        }
        if spot:
            provider = ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1)
            defaults["capacity_provider_strategies"] = [provider]
        return ecs.FargateService(
            self,
            "Service",
            cluster=self.cluster,
            task_definition=self.task_definition,
            **{**defaults, **props},
        )

    def _acknowledge(self) -> None:
        acknowledge_inline_policies(self.task_definition)
        acknowledge_log_group(self.log_group)
        acknowledge(
            self.task_definition,
            rules=["AwsSolutions-ECS2"],
            reason="The variables are names of resources and limits; none is a secret.",
        )
        acknowledge(
            self.task_definition,
            rules=["AwsSolutions-IAM5[Resource::*]"],
            reason="ecr:GetAuthorizationToken supports no resource but *.",
        )


def _queue_of(work_queue: WorkQueue, pool: str | None) -> sqs.Queue:
    if pool is not None:
        return work_queue.pool_queues[pool]
    if work_queue.container_queue is None:
        raise ValueError("the work queue has no container queue; make it with containers=True")
    return work_queue.container_queue


def _command(concurrency: int) -> list[str]:
    grace = str(_GRACE.to_seconds())
    return ["taskmill", "work", "--concurrency", str(concurrency), "--grace", grace]
