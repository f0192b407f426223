"""The only part that emits: row changes in, messages, executions and notifications out."""

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import DynamoEventSource, SqsDlq, SqsEventSource
from constructs import Construct

from taskmill_cdk.task_function import entry_of

_IS = lambda_.FilterRule.is_equal
_IS_NOT = lambda_.FilterRule.not_equals
_ANY_OF = lambda_.FilterRule.or_
_EXISTS = lambda_.FilterRule.exists


def _row_change(*, before: Any = None, **image: Any) -> Any:
    """A filter for changes of rows whose new image has these string attributes.

    Whether a row is new is asked of its old image: Lambda's guide promises filters on the key
    `dynamodb` only, and a removal has no new image.

    Args:
        before: A rule for the status in the old image; None: any, or no old image.
    """
    images = {"NewImage": {name: {"S": rule} for name, rule in image.items()}}
    if before is not None:
        images["OldImage"] = {"status": {"S": before}}
    return lambda_.FilterCriteria.filter({"dynamodb": images})


# Every change some reaction can follow from; the others never invoke the function.
REACTING_CHANGES = (
    # From a start nothing follows but a notification.
    _row_change(row=_ANY_OF("TASK", "SFN_TASK"), status=_IS_NOT("STARTED")),
    # What is told: starts and progress; of the subtasks that have a mode, the ends, and of those
    # that are just stored only the refused ones: 1,000 others a fan-out invoke nothing.
    _row_change(
        row=_ANY_OF("TASK", "SFN_TASK", "SUBTASK"),
        notify=_ANY_OF("each", "progress"),
        status=_IS_NOT("CREATED"),
    ),
    # A subtask that is to run again.
    _row_change(before=_EXISTS(), row=_IS("SUBTASK"), notify=_IS("each"), status=_IS("CREATED")),
    # The closing of a batch; not the mark that it was counted.
    _row_change(before=_IS("STARTED"), row=_IS("BATCH"), status=_IS("COMPLETED")),
    _row_change(row=_IS("SCHEDULE")),
)  # five: more need a quota increase


class Dispatcher(Construct):
    """The function at the table's stream, and the queue of changes it could not handle yet.

    The function parks such a change, whole, on ``failure_queue`` and is called for it again every
    ``retry_after``; after ``max_receives`` times it moves to ``dead_letters``. Only when the
    function cannot even do that does Lambda retry, and at last put the record's position there.

    Args:
        function: Reacts to changes; reports failures record by record.
        table: Whose stream it reads.
        parallelization: Concurrent invocations per shard, 1 to 10; order per key is kept.
        max_receives: Tries of a parked change.
        retry_after: Time between them.
    """

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

    def grant_park(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow to park changes on the failure queue."""
        return self.failure_queue.grant_send_messages(grantee)

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
                max_record_age=Duration.hours(23),  # the stream keeps 24
                on_failure=SqsDlq(self.failure_queue),
            )
        )

    def _retry_parked_changes(self) -> None:
        entry_of(self.function).add_event_source(
            SqsEventSource(
                self.failure_queue,
                batch_size=10,
                report_batch_item_failures=True,
                max_concurrency=2,  # a redrive must not crowd out what is new
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
