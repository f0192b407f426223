"""The SQS queues that carry tasks to the workers."""

from typing import Any, Protocol

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge_dead_letters, acknowledge_queue_sources
from taskmill_cdk.metrics import oldest, waiting
from taskmill_cdk.props import checked_props, flag, instance, whole
from taskmill_cdk.task_function import entry_of

# Time for a response to arrive after the function's own timeout.
_GRACE = Duration.seconds(30)
# Short: consumers outside Lambda extend the visibility timeout while they need a message.
HIDDEN_FROM_CONSUMERS = Duration.minutes(2)
_LEAST_CONCURRENCY = 2  # Lambda's minimum


def hidden_for(function: lambda_.Function) -> Duration:
    """The visibility timeout of a queue that a function drains: the function's timeout + 30 s."""
    timeout = function.timeout or Duration.seconds(3)
    return timeout.plus(_GRACE)


class PoolName(Protocol):
    """The names of a worker pool: the user's, in construct ids, and in environment variables."""

    name: str

    @property
    def construct_name(self) -> str: ...

    @property
    def setting(self) -> str: ...


class WorkQueue(Construct):
    """The work queues, their dead-letter queue, and the event sources of the functions they feed.

    Tasks of high and urgent priority have a queue of their own with its own share of workers, so
    that they wait only for each other; so have those of each worker pool. All queues share one
    dead-letter queue, and one queue for messages that nobody can read: ``unreadable``, which
    nothing drains but a person.

    Override a ``_build_*`` hook to replace one resource; hooks take further props of the resource.

    Args:
        worker: Receives batches of messages, and reports batch item failures.
        dead_letters_handler: Receives messages that could not be processed; sends those again
            whose tasks can still run.
        max_receives: Deliveries before a message moves to ``dead_letters``.
        max_concurrency: Concurrent invocations of the worker, 2 to 1,000; 0: none, consumers
            outside Lambda drain the queues.
        priority_concurrency: The same for the queue of high and urgent tasks, in addition to
            ``max_concurrency``; half of that by default, but at least 2.
        containers: Whether to add a queue for tasks that run in containers.
    """

    @checked_props(
        worker=instance(lambda_.Function, "a lambda_.Function"),
        dead_letters_handler=instance(lambda_.Function, "a lambda_.Function"),
        max_receives=whole(1, 1_000),
        max_concurrency=whole(_LEAST_CONCURRENCY, 1_000, or_none=True),
        priority_concurrency=whole(_LEAST_CONCURRENCY, 1_000, or_none=True),
        containers=flag,
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        worker: lambda_.Function,
        dead_letters_handler: lambda_.Function,
        max_receives: int = 1_000,
        max_concurrency: int = 100,
        priority_concurrency: int | None = None,
        containers: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.max_receives = max_receives
        self.max_concurrency = max_concurrency
        self.priority_concurrency = _priority_share(max_concurrency, priority_concurrency)
        self.dead_letters = self._build_dead_letters(
            visibility_timeout=hidden_for(dead_letters_handler)
        )
        self.unreadable = self._build_unreadable()
        hidden = hidden_for(worker)
        self.queue = self._build_queue("Queue", visibility_timeout=hidden)
        self.priority_queue = self._build_queue("PriorityQueue", visibility_timeout=hidden)
        self.container_queue: sqs.Queue | None = None
        if containers:
            self.container_queue = self._build_queue(
                "ContainerQueue", visibility_timeout=HIDDEN_FROM_CONSUMERS
            )
        self.pool_queues: dict[str, sqs.Queue] = {}
        self._pools: dict[str, sqs.Queue] = {}  # by their names in environment variables
        self._dead_letters_handler = dead_letters_handler
        self._drain_queues(worker)
        self._drain_dead_letters(dead_letters_handler)
        acknowledge_dead_letters(self.dead_letters)
        self.grant_send(dead_letters_handler)  # tasks that can still run
        for function in (worker, dead_letters_handler):
            self.take_unreadable_of(function)
            acknowledge_queue_sources(function)

    @property
    def queues(self) -> dict[str, sqs.Queue]:
        """The queues without the dead letters, by their names in environment variables."""
        queues = {"QUEUE": self.queue, "PRIORITY_QUEUE": self.priority_queue}
        if self.container_queue is not None:
            queues["CONTAINER_QUEUE"] = self.container_queue
        return queues | self._pools

    def metric_age(self, **props: Any) -> cloudwatch.Metric:
        """How long the oldest task waits or runs, in seconds; not those in the other queues.

        Args:
            **props: Any of ``cloudwatch.Metric``.
        """
        return oldest(self.queue, **props)

    def metric_priority_age(self, **props: Any) -> cloudwatch.Metric:
        """The same of tasks of high and urgent priority."""
        return oldest(self.priority_queue, **props)

    def metric_waiting(self, **props: Any) -> cloudwatch.Metric:
        """How many tasks wait for a worker, without those of the other queues."""
        return waiting(self.queue, **props)

    def metric_priority_waiting(self, **props: Any) -> cloudwatch.Metric:
        """The same of tasks of high and urgent priority."""
        return waiting(self.priority_queue, **props)

    def metric_unreadable(self, **props: Any) -> cloudwatch.Metric:
        """How many malformed messages wait for a person."""
        return waiting(self.unreadable, **props)

    def add_pool(self, pool: PoolName, **props: Any) -> sqs.Queue:
        """Add the queue of a worker pool; without more props, consumers are to drain it.

        Whatever is granted by ``grant_send`` and ``grant_consume`` from then on is granted for it
        as well, and ``settings`` name it: so pools are added before anything that sends.
        """
        defaults = {"visibility_timeout": HIDDEN_FROM_CONSUMERS}
        queue = self._build_queue(f"{pool.construct_name}Queue", **{**defaults, **props})
        self.pool_queues[pool.name] = self._pools[pool.setting] = queue
        handler = self._dead_letters_handler  # it sends tasks that can still run again
        handler.add_environment(f"TASKMILL_{pool.setting}_URL", queue.queue_url)
        queue.grant_send_messages(handler)
        return queue

    def urls(self) -> dict[str, str]:
        """Environment variables of a function that sends work: the URL of each queue."""
        return {f"TASKMILL_{name}_URL": each.queue_url for name, each in self.queues.items()}

    def settings(self) -> dict[str, str]:
        """As `urls`, and the ARN of each queue, for schedules."""
        arns = {f"TASKMILL_{name}_ARN": each.queue_arn for name, each in self.queues.items()}
        return {**self.urls(), **arns}

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Allow to send messages to all work queues."""
        for queue in self.queues.values():
            queue.grant_send_messages(grantee)

    def grant_consume(self, grantee: iam.IGrantable) -> None:
        """Allow a consumer outside Lambda to receive, hide and delete messages of all queues.

        It may also put malformed ones on ``unreadable``.
        """
        for queue in self.queues.values():
            queue.grant_consume_messages(grantee)
        self.unreadable.grant_send_messages(grantee)

    def take_unreadable_of(self, function: lambda_.Function) -> None:
        """Let a function put malformed messages on ``unreadable``."""
        function.add_environment("TASKMILL_UNREADABLE_URL", self.unreadable.queue_url)
        self.unreadable.grant_send_messages(function)

    def _drain_queues(self, worker: lambda_.Function) -> None:
        for name, url in self.urls().items():
            worker.add_environment(name, url)
        for queue, concurrency in (
            (self.queue, self.max_concurrency),
            (self.priority_queue, self.priority_concurrency),
        ):
            if concurrency:
                entry_of(worker).add_event_source(
                    SqsEventSource(
                        queue,
                        batch_size=10,
                        report_batch_item_failures=True,
                        max_concurrency=concurrency,
                    )
                )

    def _drain_dead_letters(self, dead_letters_handler: lambda_.Function) -> None:
        dead_letters_handler.add_environment(
            "TASKMILL_DEAD_LETTERS_URL", self.dead_letters.queue_url
        )
        for name, url in self.urls().items():
            dead_letters_handler.add_environment(name, url)
        entry_of(dead_letters_handler).add_event_source(
            SqsEventSource(self.dead_letters, batch_size=10, report_batch_item_failures=True)
        )

    def _build_queue(self, construct_id: str, **props: Any) -> sqs.Queue:
        """One of the work queues: ``Queue``, ``PriorityQueue``, ``ContainerQueue``, or a pool's."""
        defaults: dict[str, Any] = {
            "dead_letter_queue": sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=self.max_receives
            ),
            "retention_period": Duration.days(14),
            "enforce_ssl": True,
        }
        return sqs.Queue(self, construct_id, **{**defaults, **props})

    def _build_dead_letters(self, **props: Any) -> sqs.Queue:
        defaults: dict[str, Any] = {"retention_period": Duration.days(14), "enforce_ssl": True}
        return sqs.Queue(self, "DeadLetters", **{**defaults, **props})

    def _build_unreadable(self, **props: Any) -> sqs.Queue:
        defaults: dict[str, Any] = {"retention_period": Duration.days(14), "enforce_ssl": True}
        queue = sqs.Queue(self, "Unreadable", **{**defaults, **props})
        acknowledge_dead_letters(queue)  # only people receive from it
        return queue


def _priority_share(max_concurrency: int, given: int | None) -> int:
    if given is not None:
        return given
    return max(max_concurrency // 2, _LEAST_CONCURRENCY) if max_concurrency else 0
