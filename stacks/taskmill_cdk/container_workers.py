"""Tasks in containers: for as long as they take, where Lambda stops after 15 minutes."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge
from taskmill_cdk.container_scaling import ContainerScaling
from taskmill_cdk.work_queue import WorkQueue

_STOP_TIMEOUT = Duration.seconds(120)  # Fargate gives no more
_GRACE = Duration.seconds(110)  # what is left then is handed back


class ContainerWorkers(Construct):
    """A Fargate service of containers that run ``taskmill work``, as many as the work asks for.

    A container that is stopped lets its tasks end for 110 s and hands back the rest: they start
    anew elsewhere, and the attempt does not count.

    Override a ``_build_*`` hook to replace one resource; hooks take further props of the resource.

    Args:
        image: Holds taskmill and the modules of the tasks; what it runs is said here.
        work_queue: Made with ``containers=True``.
        environment: The settings that functions have as well.
        run_all: Also take tasks that Lambda could run, high and urgent ones first: besides the
            worker function, or in its place where that has a concurrency of 0.
        vpc: In private subnets if it has any, else in public ones; None: one of their own.
        cpu: 1,024 are one vCPU.
        memory_mib: What Fargate allows with that CPU.
        concurrency: Tasks that a container runs at a time.
        min_containers: 0 costs nothing while there is no work, but the first task then waits a
            few minutes; up to 15 after six hours without any, as SQS is slow to tell of it.
        max_containers: How many there may be.
        messages_per_container: How many tasks, waiting and running, there are to be for each
            container; ``concurrency`` by default, so that none waits.
        interrupt: Also take containers away while others still have work, and with them the tasks
            in them; by default they stay until there is no work for any.
        spot: On spare capacity: up to 70 % cheaper, and stopped when AWS needs it.
        architecture: Of the image.
        log_retention: How long logs are kept.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: ecs.ContainerImage,
        work_queue: WorkQueue,
        environment: Mapping[str, str],
        run_all: bool = False,
        vpc: ec2.IVpc | None = None,
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
        super().__init__(scope, construct_id)
        if work_queue.container_queue is None:
            raise ValueError("the work queue has none for containers; make it with containers=True")
        self.queue = work_queue.container_queue
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
                "TASKMILL_RUNNER": "container",
                "AWS_REGION": Stack.of(self).region,
            },
        )
        self.service = self._build_service(spot=spot)
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
        """What tasks may do: nothing yet but what was granted to it."""
        return self.task_definition.task_role

    def grant_consume(self) -> None:
        """Allow the containers to receive, hide and delete what they drain."""
        for queue in (self.queue, *self.more_queues):
            queue.grant_consume_messages(self.task_role)

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
        """Public subnets that nothing leads into: a NAT gateway alone would cost $32 a month."""
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
            rules=["AwsSolutions-VPC7"],
            reason="No security group lets anything in, and all that goes out is calls to AWS.",
        )
        return vpc

    def _build_cluster(self, **props: Any) -> ecs.Cluster:
        # Scaling needs the number of running containers, which nothing else tells.
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
        acknowledge(
            self.task_definition,
            rules=["AwsSolutions-ECS2"],
            reason="The variables are names of resources and limits; none is a secret.",
        )
        acknowledge(
            self.task_definition,
            rules=["AwsSolutions-IAM5[Resource::*]"],
            reason="ECR gives tokens on no resource but *.",
        )


def _command(concurrency: int) -> list[str]:
    grace = str(_GRACE.to_seconds())
    return ["taskmill", "work", "--concurrency", str(concurrency), "--grace", grace]
