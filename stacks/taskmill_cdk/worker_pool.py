"""``WorkerPool`` and ``ContainerPool``: what a stack is told about workers for some task types."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_

from taskmill_cdk.container_workers import ContainerWorkers
from taskmill_cdk.props import (
    LAMBDA_MEMORY,
    LAMBDA_SECONDS,
    check_fargate_size,
    checked_props,
    has_vpc_id,
    instance,
    seconds,
    whole,
)

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_RESERVED = ("normal", "priority", "container")  # the queues that a stack has anyway


class Pool:
    """Base class of the pools: a name, which task types give as ``@task(pool="...")``.

    Raises:
        ValueError: The name is not a small letter and up to 31 small letters, digits and dashes,
            or it is that of one of a stack's own queues.
    """

    kind = "lambda"

    def __init__(self, name: str) -> None:
        if not _NAME.fullmatch(str(name)):
            raise ValueError(
                f"the pool's name is {name!r}; give a small letter and up to 31 of a-z 0-9 -"
            )
        if name in _RESERVED:
            raise ValueError(f"the pool's name is {name!r}, a queue that every stack may have")
        self.name = name

    @property
    def construct_name(self) -> str:
        """The name as a part of construct ids: ``PoolLarge`` of ``large``."""
        return "Pool" + "".join(map(str.capitalize, self.name.split("-")))

    @property
    def setting(self) -> str:
        """The name as a part of environment variables: ``POOL_LARGE`` of ``large``."""
        return f"POOL_{self.name.upper().replace('-', '_')}"


class WorkerPool(Pool):
    """Workers in Lambda for some task types, with memory, time, code and network of their own.

    A pool has a queue, a function that runs tasks and one that runs subtasks, each with a role of
    its own. Subclass it to change what both functions get, in ``function_props``.

    Args:
        name: Which ``@task(pool="...")`` names.
        memory: MB of both functions.
        timeout: Longest attempt at a task, up to Lambda's 15 minutes; 5 by default.
        max_concurrency: Concurrent workers, 2 to 1,000; 0: none, ``taskmill work --pool`` drains
            the queue. 10 by default, 2 if the stack is ``local``.
        batch_size: Messages that a worker receives at a time; 1 for long tasks.
        modules: The modules that its functions import; by default those of the stack's ``tasks``.
        image: Code of the functions as a container image: ``lambda_.Code.from_asset_image(...)`` or
            ``lambda_.Code.from_ecr_image(...)``. It contains taskmill, the task modules and AWS's
            runtime interface client. Ignored if the stack is ``local``.
        vpc: The functions run in its private subnets; ignored if the stack is ``local``.
        **props: Any of ``TaskFunction``, for both functions: ``vpc_subnets``, ``architecture``,
            ``ephemeral_storage_size`` ...
    """

    @checked_props(
        lambda_.Function,
        memory=whole(*LAMBDA_MEMORY),
        timeout=seconds(LAMBDA_SECONDS),
        max_concurrency=whole(2, 1_000, or_none=True),
        batch_size=whole(1, 10),
        modules=instance((list, tuple), "a list of names"),
        image=instance(
            (lambda_.AssetImageCode, lambda_.EcrImageCode),
            "lambda_.Code.from_asset_image(...) or .from_ecr_image(...)",
        ),
        vpc=has_vpc_id,
    )
    def __init__(
        self,
        name: str,
        *,
        memory: int = 512,
        timeout: Duration | None = None,
        max_concurrency: int | None = None,
        batch_size: int = 10,
        modules: Sequence[str] | None = None,
        image: lambda_.Code | None = None,
        vpc: ec2.IVpc | None = None,
        **props: Any,
    ) -> None:
        super().__init__(name)
        self.memory = memory
        self.timeout = timeout or Duration.minutes(5)
        self.max_concurrency = max_concurrency
        self.batch_size = batch_size
        self.modules = modules
        self.image = image
        self.vpc = vpc
        self.props = props

    def function_props(self, *, local: bool) -> dict[str, Any]:
        """What both functions get, as props of ``TaskFunction``."""
        props: dict[str, Any] = {"memory_size": self.memory, **self.props}
        if self.modules is not None:
            modules = {"TASKMILL_MODULES": ",".join(self.modules)}
            props["environment"] = {**props.get("environment", {}), **modules}
        if local:
            return {name: value for name, value in props.items() if name not in _OF_VPC}
        if self.vpc is not None:
            props["vpc"] = self.vpc
        if self.image is not None:
            props["code"] = self.image
        return props


class ContainerPool(Pool):
    """Workers in Fargate containers for some task types: those of ``runner="container"``.

    Args:
        name: Which ``@task(pool="...", runner="container")`` names.
        image: Contains taskmill and the task modules; None, or if the stack is ``local``:
            ``taskmill work --pool`` drains the queue, wherever you run it.
        cpu: CPU units of a container; 1,024 are one vCPU.
        memory_mib: MiB of a container; Fargate allows certain values for each ``cpu``.
        **props: Any of ``ContainerWorkers``: ``vpc``, ``concurrency``, ``max_containers``,
            ``spot`` ...
    """

    kind = "container"

    @checked_props(
        ContainerWorkers,
        image=instance(ecs.ContainerImage, "an ecs.ContainerImage"),
        cpu=whole(1),
        memory_mib=whole(1),
    )
    def __init__(
        self,
        name: str,
        *,
        image: ecs.ContainerImage | None = None,
        cpu: int = 1_024,
        memory_mib: int = 2_048,
        **props: Any,
    ) -> None:
        check_fargate_size(cpu, memory_mib, names=("cpu", "memory_mib"))
        super().__init__(name)
        self.image = image
        self.props = {"cpu": cpu, "memory_mib": memory_mib, **props}


_OF_VPC = ("vpc_subnets", "security_groups", "allow_all_outbound", "ipv6_allowed_for_dual_stack")


def pool_settings(pools: Sequence[Pool]) -> dict[str, str]:
    """The environment variable by which a function knows the pools; none without pools.

    Raises:
        ValueError: Two pools have names that resources cannot tell apart.
    """
    names: dict[str, str] = {}
    for pool in pools:
        if (other := names.setdefault(pool.construct_name, pool.name)) != pool.name:
            raise ValueError(f"pools {other!r} and {pool.name!r} are too much alike")
    if len(names) < len(pools):
        raise ValueError(f"two of the pools have one name: {', '.join(p.name for p in pools)}")
    kinds: Mapping[str, str] = {"lambda": "", "container": ":container"}
    known = ",".join(f"{pool.name}{kinds[pool.kind]}" for pool in pools)
    return {"TASKMILL_POOLS": known} if known else {}
