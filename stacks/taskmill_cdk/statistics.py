"""The statistics: a second, lazy reader of the table's stream, which counts what has changed."""

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_lambda_event_sources import DynamoEventSource, SqsDlq
from constructs import Construct

from taskmill_cdk.props import checked_props, instance, seconds
from taskmill_cdk.task_function import entry_of

_COUNTED = {"row": {"S": lambda_.FilterRule.or_("TASK", "SFN_TASK")}}
# Changes of tasks and fan-outs, and their removals, which have an old image only.
COUNTED_CHANGES = (
    lambda_.FilterCriteria.filter({"dynamodb": {"NewImage": _COUNTED}}),
    lambda_.FilterCriteria.filter({"dynamodb": {"OldImage": _COUNTED}}),
)


class Statistics(Construct):
    """The function that counts changes, and its event source.

    It reads the stream beside the dispatcher: a shard serves two readers, and no more. Nothing of
    it runs while nothing changes.

    Args:
        function: Counts changes; raises if it cannot, and is then called again with the same ones.
        table: The tasks table.
        lost_changes: Where Lambda sends the position of changes that could not be counted for 23
            hours; whatever comes here must raise an alarm.
        every: How long changes are collected before they are counted; a minute by default, at most
            5. The longer, the fewer writes.
    """

    @checked_props(
        function=instance(lambda_.Function, "a lambda_.Function"),
        every=seconds(300),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        table: dynamodb.ITableV2,
        lost_changes: sqs.IQueue,
        every: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = function
        entry_of(function).add_event_source(
            DynamoEventSource(
                table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=10_000,  # Lambda hands over 6 MB at most: some 2,500 changes
                max_batching_window=every or Duration.minutes(1),
                # Only events of windows name their shard, by which changes are counted once.
                tumbling_window=Duration.minutes(1),
                parallelization_factor=1,  # a shard in order
                filters=list(COUNTED_CHANGES),
                bisect_batch_on_error=False,
                max_record_age=Duration.hours(23),  # the stream keeps records for 24 h
                on_failure=SqsDlq(lost_changes),
            )
        )
