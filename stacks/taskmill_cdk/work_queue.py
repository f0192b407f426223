"""The queues between the dispatcher and whoever runs tasks."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

from taskmill_cdk.task_function import entry_of

# Time for an answer to travel back after the function's own timeout.
_GRACE = Duration.seconds(30)
# A consumer keeps messages hidden for as long as it needs them, and no longer.
_HIDDEN_FROM_CONSUMERS = Duration.minutes(2)
_LEAST_CONCURRENCY = 2  # Lambda takes no less


def hidden_for(function: lambda_.Function) -> Duration:
    """How long a message that a function received stays invisible: its timeout + 30 s."""
    timeout = function.timeout or Duration.seconds(3)
    return timeout.plus(_GRACE)


class WorkQueue(Construct):
    """Queues, their dead letters, the function that drains them and the one that drains those.

    Tasks of high and urgent priority have a queue of their own with its own share of workers: they
    wait behind nothing but each other. Dead letters of all queues meet in one.

    Override a ``_build_*`` hook to replace one resource; hooks take further props of the resource.

    Args:
        worker: Runs once per batch and reports failures record by record.
        dead_letters_handler: Runs for messages that nobody could process.
        max_receives: Deliveries before a message moves to ``dead_letters``.
        max_concurrency: Invocations of the worker at a time, 2 to 1,000; 0: it drains nothing,
            consumers outside Lambda do.
        priority_concurrency: The same, for the queue of high and urgent tasks and on top of the
            others; half of ``max_concurrency`` by default, but no less than 2.
        containers: Whether tasks that run in containers have a queue, too.
    """

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

    @property
    def queues(self) -> dict[str, sqs.Queue]:
        """All but the dead letters, by the names that settings have for them."""
        queues = {"QUEUE": self.queue, "PRIORITY_QUEUE": self.priority_queue}
        if self.container_queue is not None:
            queues["CONTAINER_QUEUE"] = self.container_queue
        return queues

    def settings(self) -> dict[str, str]:
        """Variables that tell a function where to send work."""
        return {
            setting: value
            for name, queue in self.queues.items()
            for setting, value in (
                (f"TASKMILL_{name}_URL", queue.queue_url),
                (f"TASKMILL_{name}_ARN", queue.queue_arn),
            )
        }

    def grant_send(self, grantee: iam.IGrantable) -> None:
        """Allow to send work."""
        for queue in self.queues.values():
            queue.grant_send_messages(grantee)

    def grant_consume(self, grantee: iam.IGrantable) -> None:
        """Allow to receive, hide and delete all work, for a consumer outside Lambda."""
        for queue in self.queues.values():
            queue.grant_consume_messages(grantee)

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
        entry_of(dead_letters_handler).add_event_source(
            SqsEventSource(self.dead_letters, batch_size=10, report_batch_item_failures=True)
        )

    def _build_queue(self, construct_id: str, **props: Any) -> sqs.Queue:
        """Any of the queues of work: ``Queue``, ``PriorityQueue``, ``ContainerQueue``."""
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


def _priority_share(max_concurrency: int, said: int | None) -> int:
    if said is not None:
        return said
    return max(max_concurrency // 2, _LEAST_CONCURRENCY) if max_concurrency else 0
