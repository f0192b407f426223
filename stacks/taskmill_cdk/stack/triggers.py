"""What starts tasks of a stack without a Lambda function of the user's."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from taskmill_cdk.stack.pools import TaskStackPools
from taskmill_cdk.triggers import TaskSubscription, TaskTarget, TriggerSources, upload_pattern


class TaskStackTriggers(TaskStackPools):
    """Base class of ``TaskStack``: rules, uploads, topics and queues that start tasks.

    Each puts a message on the work queue, or is received by the worker itself, so that neither the
    API nor a function of the user's is needed (decision 34). A message that is delivered twice
    starts one task. A worker in Lambda must drain the queue: ``worker_concurrency`` must not be 0.
    """

    def task_target(
        self,
        task_type: str,
        *,
        tenant: str,
        tenants: Sequence[str] | None = None,
        input: Any = "$.detail",  # noqa: A002  # as targets of the CDK call it
        code: str = "$.id",
        **props: Any,
    ) -> TaskTarget:
        """A target of EventBridge rules; see ``TaskTarget`` for the arguments."""
        return TaskTarget(
            self.work_queue.queue,
            undelivered=self.work_queue.unreadable,
            task_type=task_type,
            tenant=tenant,
            tenants=tenants,
            input=input,
            code=code,
            **props,
        )

    def task_on_upload(
        self,
        construct_id: str,
        bucket: s3.IBucket,
        task_type: str,
        *,
        tenant: str,
        prefix: str | None = None,
        suffix: str | None = None,
        **props: Any,
    ) -> events.Rule:
        """Start a task with each new object of a bucket. Its input is the ``detail`` of S3's event.

        The bucket must send its events to EventBridge; one that is made in this app is told to.

        Args:
            construct_id: Of the rule.
            prefix: How the keys of the objects begin.
            suffix: How they end.
            **props: Further arguments of ``task_target``.
        """
        if isinstance(bucket, s3.Bucket):
            bucket.enable_event_bridge_notification()
        return events.Rule(
            self,
            construct_id,
            event_pattern=upload_pattern(bucket, prefix=prefix, suffix=suffix),
            targets=[self.task_target(task_type, tenant=tenant, **props)],
        )

    def task_subscription(
        self, task_type: str, *, tenant: str, code: str | None = None, **props: Any
    ) -> TaskSubscription:
        """A subscription of SNS topics; see ``TaskSubscription`` for the arguments."""
        return TaskSubscription(
            self.work_queue.queue,
            sources=self._trigger_sources,
            undelivered=self.work_queue.unreadable,
            task_type=task_type,
            tenant=tenant,
            code=code,
            **props,
        )

    def add_queue_source(
        self,
        queue: sqs.IQueue,
        task_type: str,
        *,
        tenant: str,
        code: str | None = None,
        **props: Any,
    ) -> None:
        """Start a task with each message of a queue; the worker receives them.

        The input is the message: an object or a list if it is one in JSON, else its text.

        Args:
            queue: It hides its messages for ``hidden_for(stack.worker)`` at least.
            task_type: Type of the tasks.
            tenant: Of the tasks: a name, or a path into the message such as ``$.tenant``.
            code: Of the tasks: a path into the message; None: the message's id.
            **props: Any of ``SqsEventSource``.

        Raises:
            ValueError: The queue shows messages again too soon; a name is none.
        """
        self._trigger_sources.add_queue(
            queue, task_type=task_type, tenant=tenant, code=code, **props
        )

    @cached_property
    def _trigger_sources(self) -> TriggerSources:
        if not self.work_queue.max_concurrency:
            raise ValueError(
                "worker_concurrency is 0: topics and queues start tasks by the worker in Lambda"
            )
        return TriggerSources(worker=self.worker, dead_letters_handler=self.dead_letters_handler)
