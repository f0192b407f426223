"""The worker pools of a task service: the attributes that hold them, the hooks that build them."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs

from taskmill_cdk.container_workers import ContainerWorkers
from taskmill_cdk.monitoring import Monitoring
from taskmill_cdk.pool_workers import PoolWorkers
from taskmill_cdk.stack.parts import TaskStackParts
from taskmill_cdk.stack.user_resources import check_variables
from taskmill_cdk.task_function import TaskFunction
from taskmill_cdk.task_source import TaskSource
from taskmill_cdk.worker_pool import ContainerPool, Pool, WorkerPool


class TaskStackPools(TaskStackParts):
    """Base class of ``TaskStack``: a hook for each part of a worker pool.

    Attributes:
        pools: The pools in Lambda, by name.
        container_pools: Those in containers that the stack itself runs, by name.
    """

    pools: dict[str, PoolWorkers]
    container_pools: dict[str, ContainerWorkers]
    _known_pools: Sequence[Pool]

    @property
    def pool_batches(self) -> dict[str, lambda_.Function]:
        """The function that runs subtasks, by the name of the pool."""
        return {name: each.batch for name, each in self.pools.items()}

    def _build_monitoring(self, **props: Any) -> Monitoring:
        return super()._build_monitoring(pools=list(self.pools.values()), **props)

    def _add_pool(
        self,
        pool: Pool,
        *,
        tasks: TaskSource | None,
        local: bool,
        log_retention: logs.RetentionDays,
        network: Mapping[str, Any],
    ) -> None:
        if isinstance(pool, WorkerPool):
            if tasks is not None and pool.modules and (local or pool.image is None):
                tasks.check_modules(pool.modules)
            props = pool.function_props(local=local)
            if pool.vpc is None:
                props = {**network, **props}
            check_variables(f"environment of pool {pool.name!r}", pool.props.get("environment", {}))
            self.pools[pool.name] = self._build_pool(
                pool,
                worker=self._build_pool_worker(pool, **props),
                batch=self._build_pool_batch(pool, **props),
                max_concurrency=_concurrency(pool, local=local),
            )
        elif isinstance(pool, ContainerPool):
            self.work_queue.add_pool(pool)
            if pool.image is not None and not local:
                props = pool.props if "vpc" in pool.props else {**network, **pool.props}
                self.container_pools[pool.name] = self._build_container_pool(
                    pool, image=pool.image, log_retention=log_retention, **props
                )

    def _build_pool(self, pool: WorkerPool, **props: Any) -> PoolWorkers:
        return PoolWorkers(
            self, pool.construct_name, pool=pool, work_queue=self.work_queue, **props
        )

    def _build_pool_worker(self, pool: WorkerPool, **props: Any) -> TaskFunction:
        return self.add_function(
            f"{pool.construct_name}Worker", "work.handler", timeout=pool.timeout, **props
        )

    def _build_pool_batch(self, pool: WorkerPool, **props: Any) -> TaskFunction:
        defaults = {"timeout": Duration.minutes(15)}
        return self.add_function(
            f"{pool.construct_name}Batch", "subtasks.batch", **{**defaults, **props}
        )

    def _build_container_pool(self, pool: ContainerPool, **props: Any) -> ContainerWorkers:
        return ContainerWorkers(
            self,
            f"{pool.construct_name}Containers",
            work_queue=self.work_queue,
            pool=pool.name,
            environment=self._environment,
            **props,
        )


def _concurrency(pool: WorkerPool, *, local: bool) -> int:
    if pool.max_concurrency is not None:
        return pool.max_concurrency
    return 2 if local else 10
