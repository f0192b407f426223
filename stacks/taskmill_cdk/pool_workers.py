"""A worker pool in Lambda: its queue, and the functions that run its tasks and subtasks."""

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge_queue_sources
from taskmill_cdk.metrics import oldest, waiting
from taskmill_cdk.props import checked_props, instance, whole
from taskmill_cdk.task_function import entry_of
from taskmill_cdk.work_queue import HIDDEN_FROM_CONSUMERS, WorkQueue, hidden_for
from taskmill_cdk.worker_pool import WorkerPool


class PoolWorkers(Construct):
    """The queue of a worker pool, drained by a function of its own.

    Dead letters and malformed messages go where those of the other queues go.

    Args:
        pool: Its name, and the messages that a worker receives at a time.
        work_queue: Gets the pool's queue.
        worker: Runs the pool's tasks.
        batch: Runs the subtasks of fan-outs whose type runs in the pool.
        max_concurrency: Concurrent invocations of the worker; 0: none, consumers drain the queue.
    """

    @checked_props(
        pool=instance(WorkerPool, "a WorkerPool"),
        work_queue=instance(WorkQueue, "a WorkQueue"),
        worker=instance(lambda_.Function, "a lambda_.Function"),
        batch=instance(lambda_.Function, "a lambda_.Function"),
        max_concurrency=whole(2, 1_000, or_none=True),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        pool: WorkerPool,
        work_queue: WorkQueue,
        worker: lambda_.Function,
        batch: lambda_.Function,
        max_concurrency: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.pool = pool
        self.worker = worker
        self.batch = batch
        self.max_concurrency = max_concurrency
        self.queue = self._build_queue(work_queue)
        work_queue.take_unreadable_of(worker)
        acknowledge_queue_sources(worker)
        worker.add_environment("TASKMILL_QUEUE_URL", self.queue.queue_url)
        if max_concurrency:
            self._drain_queue()

    def metric_age(self, **props: Any) -> cloudwatch.Metric:
        """How long the oldest task of the pool waits or runs, in seconds.

        Args:
            **props: Any of ``cloudwatch.Metric``.
        """
        return oldest(self.queue, **props)

    def metric_waiting(self, **props: Any) -> cloudwatch.Metric:
        """How many tasks of the pool wait for a worker."""
        return waiting(self.queue, **props)

    def _build_queue(self, work_queue: WorkQueue, **props: Any) -> sqs.Queue:
        hidden = hidden_for(self.worker) if self.max_concurrency else HIDDEN_FROM_CONSUMERS
        return work_queue.add_pool(self.pool, **{"visibility_timeout": hidden, **props})

    def _drain_queue(self) -> None:
        entry_of(self.worker).add_event_source(
            SqsEventSource(
                self.queue,
                batch_size=self.pool.batch_size,
                report_batch_item_failures=True,
                max_concurrency=self.max_concurrency,
            )
        )
