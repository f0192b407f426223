"""The SQS queues that carry tasks from the dispatcher to the workers."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge_dead_letters, acknowledge_queue_sources
from taskmill_cdk.props import checked_props, flag, instance, whole
from taskmill_cdk.task_function import entry_of

# Time for a response to arrive after the function's own timeout.
_GRACE = Duration.seconds(30)
# Short: consumers outside Lambda extend the visibility timeout while they need a message.
_HIDDEN_FROM_CONSUMERS = Duration.minutes(2)
_LEAST_CONCURRENCY = 2  # Lambda's minimum


def hidden_for(function: lambda_.Function) -> Duration:
    """The visibility timeout of a queue that a function drains: the function's timeout + 30 s."""
    timeout = function.timeout or Duration.seconds(3)
    return timeout.plus(_GRACE)


class WorkQueue(Construct):
    """The work queues, their dead-letter queue, and the event sources of the functions they feed.

    Tasks of high and urgent priority have a queue of their own with its own share of workers, so
    that they wait only for each other. All queues share one dead-letter queue, and one queue for
    messages that nobody can read: ``unreadable``, which nothing drains but a person.

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
        max_receives: int = 10,
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
                "ContainerQueue", visibility_timeout=_HIDDEN_FROM_CONSUMERS
            )
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
        return queues

    def settings(self) -> dict[str, str]:
        """Environment variables of a function that sends work: URL and ARN of each queue."""
        return {
            setting: value
            for name, queue in self.queues.items()
            for setting, value in (
                (f"TASKMILL_{name}_URL", queue.queue_url),
                (f"TASKMILL_{name}_ARN", queue.queue_arn),
            )
        }

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
        worker.add_environment("TASKMILL_QUEUE_URL", self.queue.queue_url)
        worker.add_environment("TASKMILL_PRIORITY_QUEUE_URL", self.priority_queue.queue_url)
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
        for name, queue in self.queues.items():
            dead_letters_handler.add_environment(f"TASKMILL_{name}_URL", queue.queue_url)
        entry_of(dead_letters_handler).add_event_source(
            SqsEventSource(self.dead_letters, batch_size=10, report_batch_item_failures=True)
        )

    def _build_queue(self, construct_id: str, **props: Any) -> sqs.Queue:
        """One of the work queues: ``Queue``, ``PriorityQueue`` or ``ContainerQueue``."""
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
