"""The scheduled sweep: a rule that invokes the function which finds stuck tasks."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge
from taskmill_cdk.metrics.reading import grant_read_metrics
from taskmill_cdk.task_function import entry_of


class Sweep(Construct):
    """Invokes the sweep at a rate. Each sweep reads the whole table: see ``docs/costs.md``.

    A sweep that its function's time does not suffice for continues at the next invocation.

    Args:
        function: Sweeps, from where the last invocation stopped.
        every: Time between invocations; at least an hour, the time that a task may be overdue.

    Raises:
        ValueError: ``every`` is shorter than an hour.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, function: lambda_.Function, every: Duration
    ) -> None:
        super().__init__(scope, construct_id)
        if every.to_seconds() < Duration.hours(1).to_seconds():
            raise ValueError(
                f"sweep_every is {every.to_human_string()}: at least an hour, since tasks"
                " are not overdue before"
            )
        self.function = function
        # A second try would read the table again; the next invocation does that anyway.
        entry_of(function).configure_async_invoke(retry_attempts=0)
        self.rule = events.Rule(
            self,
            "Rule",
            schedule=events.Schedule.rate(every),
            targets=[targets.LambdaFunction(entry_of(function))],
        )
        acknowledge(
            self.rule,
            rules=["Serverless-EventBusDLQ"],
            reason="A sweep that is lost is made up for by the next one.",
        )
        acknowledge(
            function,
            rules=["Serverless-LambdaAsyncFailureDestination"],
            reason="A sweep that fails is made up for by the next one; an alarm tells.",
        )

    def grant_read_metrics(self) -> None:
        """Allow to ask CloudWatch for the age of the queues' oldest messages."""
        grant_read_metrics(self.function)
