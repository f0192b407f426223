"""The dispatcher: a Lambda function on the table's stream, with queues for failed records.

It alone sends messages, starts executions and publishes notifications, as row changes require.
"""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import DynamoEventSource, SqsDlq, SqsEventSource
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge_dead_letters, acknowledge_queue_sources
from taskmill_cdk.metrics import iterator_age, waiting
from taskmill_cdk.props import checked_props, instance, seconds, whole
from taskmill_cdk.task_function import entry_of

_IS = lambda_.FilterRule.is_equal
_ANY_OF = lambda_.FilterRule.or_
_EXISTS = lambda_.FilterRule.exists


def _none_of(*statuses: str) -> Any:
    return [{"anything-but": [*statuses]}]


def _row_change(*, before: Any = None, **image: Any) -> Any:
    """An event filter for row changes whose new image has these string attributes.

    A rule on the old image tells new rows from changed ones: Lambda documents filters on the key
    `dynamodb` only, not on `eventName`. A removal has no new image and never matches.

    Args:
        before: Rule for the status in the old image; None: any status, or no old image.
    """
    images = {"NewImage": {name: {"S": rule} for name, rule in image.items()}}
    if before is not None:
        images["OldImage"] = {"status": {"S": before}}
    return lambda_.FilterCriteria.filter({"dynamodb": images})


_SENT = ("QUEUED", "SCHEDULED")
# The row changes that can cause a reaction; other changes do not invoke the function.
REACTING_CHANGES = (
    # Tasks; except for QUEUED, SCHEDULED and STARTED, which cause notifications only.
    _row_change(row=_ANY_OF("TASK", "SFN_TASK"), status=_none_of(*_SENT, "STARTED")),
    # Notifications about starts. New rows are left out: each task that its submitter sent would
    # invoke the function for nothing.
    _row_change(
        before=_EXISTS(),
        row=_ANY_OF("TASK", "SFN_TASK"),
        notify=_ANY_OF("each", "progress"),
        status=_ANY_OF(*_SENT, "STARTED"),
    ),
    # Notifications about subtasks. Nobody is told of one that is CREATED.
    _row_change(row=_IS("SUBTASK"), notify=_IS("each"), status=_none_of("CREATED")),
    # A batch that tells its counts: while it runs, and when it completes. The write that adds them
    # to the fan-out's removes `tell`.
    _row_change(row=_IS("BATCH"), tell=_EXISTS()),
    # A schedule, or a limit that an operator has set: raised, it lets waiting tasks go on.
    _row_change(row=_ANY_OF("SCHEDULE", "LIMIT")),
)  # five, Lambda's default quota


class Dispatcher(Construct):
    """The function that reads the table's stream, and the queue of changes it failed to handle.

    The function parks such a change on ``failure_queue``, as a whole record, and receives it again
    every ``retry_after``; after ``max_receives`` deliveries it moves to ``dead_letters``. If
    parking fails as well, Lambda retries the batch, and at last sends the position of the record
    in the stream to ``failure_queue``.

    Args:
        function: Reacts to changes, and reports batch item failures.
        table: The tasks table.
        parallelization: Concurrent invocations per shard, 1 to 10; order per key is kept.
        max_receives: Deliveries of a parked change before it is a dead letter.
        retry_after: Time between deliveries; 3 minutes by default.
    """

    @checked_props(
        function=instance(lambda_.Function, "a lambda_.Function"),
        parallelization=whole(1, 10),
        max_receives=whole(1, 1_000),
        retry_after=seconds(43_200),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        table: dynamodb.ITableV2,
        parallelization: int = 10,
        max_receives: int = 5,
        retry_after: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = function
        self.max_receives = max_receives
        self.dead_letters = self._build_dead_letters()
        self.failure_queue = self._build_failure_queue(
            visibility_timeout=retry_after or Duration.minutes(3)
        )
        self._read_stream(table, parallelization)
        self._retry_parked_changes()
        acknowledge_dead_letters(self.dead_letters)
        acknowledge_queue_sources(function)

    def grant_park(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to park changes on the failure queue."""
        return self.failure_queue.grant_send_messages(grantee)

    def grant_redrive(self, grantee: iam.IGrantable) -> None:
        """Allow to let SQS move changes from ``dead_letters`` back to ``failure_queue``.

        SQS moves them in the name of the caller, who therefore has to have the rights to receive,
        delete and send (SQS guide, "Configure a dead-letter queue redrive").
        """
        moves = [f"sqs:{verb}MessageMoveTask" for verb in ("Start", "Cancel")]
        takes = [f"sqs:{what}" for what in ("ReceiveMessage", "DeleteMessage")]
        self.dead_letters.grant(
            grantee, *moves, *takes, "sqs:ListMessageMoveTasks", "sqs:GetQueueAttributes"
        )
        if self.dead_letters.encryption_master_key is not None:
            self.dead_letters.encryption_master_key.grant_decrypt(grantee)
        self.grant_park(grantee)

    def metric_lag(self, **props: Any) -> cloudwatch.Metric:
        """How far the dispatcher is behind the table, in ms.

        Args:
            **props: Any of ``cloudwatch.Metric``.
        """
        return iterator_age(self.function, **props)

    def metric_parked(self, **props: Any) -> cloudwatch.Metric:
        """How many changes wait to be tried again."""
        return waiting(self.failure_queue, **props)

    def _read_stream(self, table: dynamodb.ITableV2, parallelization: int) -> None:
        self.function.add_environment("TASKMILL_FAILURE_QUEUE_URL", self.failure_queue.queue_url)
        entry_of(self.function).add_event_source(
            DynamoEventSource(
                table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=100,
                parallelization_factor=parallelization,
                filters=list(REACTING_CHANGES),
                report_batch_item_failures=True,
                bisect_batch_on_error=True,
                retry_attempts=5,
                max_record_age=Duration.hours(23),  # the stream keeps records for 24 h
                on_failure=SqsDlq(self.failure_queue),
            )
        )

    def _retry_parked_changes(self) -> None:
        entry_of(self.function).add_event_source(
            SqsEventSource(
                self.failure_queue,
                batch_size=10,
                report_batch_item_failures=True,
                max_concurrency=2,  # leaves concurrency to new changes
            )
        )

    def _build_failure_queue(self, **props: Any) -> sqs.Queue:
        defaults: dict[str, Any] = {
            "dead_letter_queue": sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=self.max_receives
            ),
            "retention_period": Duration.days(14),
            "enforce_ssl": True,
        }
        return sqs.Queue(self, "FailureQueue", **{**defaults, **props})

    def _build_dead_letters(self, **props: Any) -> sqs.Queue:
        defaults: dict[str, Any] = {"retention_period": Duration.days(14), "enforce_ssl": True}
        return sqs.Queue(self, "DeadLetters", **{**defaults, **props})
