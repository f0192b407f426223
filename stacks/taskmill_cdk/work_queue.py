"""The queue between the dispatcher and the worker."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import SqsEventSource
from constructs import Construct

# Time for an answer to travel back after the function's own timeout.
_GRACE = Duration.seconds(30)


def hidden_for(function: lambda_.Function) -> Duration:
    """How long a message that a function received stays invisible: its timeout + 30 s."""
    timeout = function.timeout or Duration.seconds(3)
    return timeout.plus(_GRACE)


class WorkQueue(Construct):
    """A queue, its dead letters, the function that drains it and the one that drains those.

    Override a ``_build_*`` hook to replace one resource; hooks take further props of the resource.

    Args:
        worker: Runs once per batch and reports failures record by record.
        dead_letters_handler: Runs for messages that nobody could process.
        max_receives: Deliveries before a message moves to ``dead_letters``.
        max_concurrency: Invocations of the worker at a time, 2 to 1,000.
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
    ) -> None:
        super().__init__(scope, construct_id)
        self.max_receives = max_receives
        self.max_concurrency = max_concurrency
        self.dead_letters = self._build_dead_letters(
            visibility_timeout=hidden_for(dead_letters_handler)
        )
        self.queue = self._build_queue(visibility_timeout=hidden_for(worker))
        self._drain_queue(worker)
        self._drain_dead_letters(dead_letters_handler)

    def grant_send(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to send work."""
        return self.queue.grant_send_messages(grantee)

    def grant_consume(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to receive, hide and delete work, for a consumer outside Lambda."""
        return self.queue.grant_consume_messages(grantee)

    def _drain_queue(self, worker: lambda_.Function) -> None:
        worker.add_environment("TASKMILL_QUEUE_URL", self.queue.queue_url)
        worker.add_event_source(
            SqsEventSource(
                self.queue,
                batch_size=10,
                report_batch_item_failures=True,
                max_concurrency=self.max_concurrency,
            )
        )

    def _drain_dead_letters(self, dead_letters_handler: lambda_.Function) -> None:
        dead_letters_handler.add_environment(
            "TASKMILL_DEAD_LETTERS_URL", self.dead_letters.queue_url
        )
        dead_letters_handler.add_event_source(
            SqsEventSource(self.dead_letters, batch_size=10, report_batch_item_failures=True)
        )

    def _build_queue(self, **props: Any) -> sqs.Queue:
        defaults: dict[str, Any] = {
            "dead_letter_queue": sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=self.max_receives
            ),
            "retention_period": Duration.days(14),
            "enforce_ssl": True,
        }
        return sqs.Queue(self, "Queue", **{**defaults, **props})

    def _build_dead_letters(self, **props: Any) -> sqs.Queue:
        defaults: dict[str, Any] = {"retention_period": Duration.days(14), "enforce_ssl": True}
        return sqs.Queue(self, "DeadLetters", **{**defaults, **props})
