"""CloudWatch alarms on everything that needs a person's attention, and a dashboard."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from taskmill_cdk.api import TaskApi
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.workflow import SubtaskWorkflow

_MINUTE = Duration.minutes(1)
_SUM = cloudwatch.Stats.SUM
_MAXIMUM = cloudwatch.Stats.MAXIMUM


class Monitoring(Construct):
    """Alarms that notify the alarm topic, and a dashboard of queues, executions and functions.

    Args:
        alarm_topic: Is notified of all alarms.
        functions: Alarms on errors (except those of the batch function) and on throttles.
        work_queue: Alarms on its dead letters and its unreadable messages.
        dispatcher: Alarms on its failure queue, its dead letters and its lag behind the stream.
        workflow: Alarms on executions that fail or time out.
        api: Alarm on responses of 500 and above; None: there is no API.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarm_topic: sns.ITopic,
        functions: Sequence[lambda_.Function],
        work_queue: WorkQueue,
        dispatcher: Dispatcher,
        workflow: SubtaskWorkflow,
        api: TaskApi | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarm_topic = alarm_topic
        self.alarms: list[cloudwatch.Alarm] = []
        self._watch_queues(work_queue, dispatcher)
        self._watch_functions(functions, workflow.batch)
        self._watch_stream(dispatcher)
        self._watch_executions(workflow)
        if api is not None:
            self._watch_api(api)
        self.dashboard = self._build_dashboard(functions, work_queue, dispatcher, workflow)

    def add_alarm(
        self,
        construct_id: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        threshold: float = 1,
        periods: int = 1,
    ) -> cloudwatch.Alarm:
        """Add an alarm that goes off when a metric reaches a threshold.

        Args:
            construct_id: Of the alarm.
            metric: Its period is the length of one of the ``periods``.
            description: What has happened, for whoever is notified.
            threshold: In the unit of the metric.
            periods: Consecutive periods in which the threshold must be reached.
        """
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            alarm_description=description,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(SnsAction(self.alarm_topic))
        self.alarms.append(alarm)
        return alarm

    def _watch_queues(self, work_queue: WorkQueue, dispatcher: Dispatcher) -> None:
        # Count received messages rather than visible ones: a function drains this queue at once,
        # so that the metric of visible messages stays at 0.
        self.add_alarm(
            "WorkDeadLetters",
            work_queue.dead_letters.metric_number_of_messages_received(
                period=_MINUTE, statistic=_SUM
            ),
            "Messages of tasks were received too often: the tasks are sent again, or have failed",
        )
        self.add_alarm(
            "UnreadableMessages",
            _waiting(work_queue.unreadable),
            "Malformed messages have been put aside for a person to look at and delete",
        )
        self.add_alarm(
            "DispatcherDeadLetters",
            _waiting(dispatcher.dead_letters),
            "Row changes could not be reacted to and were given up",
        )
        # A retry usually handles a parked change; one that stays this long needs a person.
        self.add_alarm(
            "FailureQueue",
            dispatcher.failure_queue.metric_approximate_age_of_oldest_message(
                period=_MINUTE, statistic=_MAXIMUM
            ),
            "A row change has been waiting for its reaction for 10 minutes",
            threshold=600,
        )

    def _watch_functions(
        self, functions: Sequence[lambda_.Function], batch: lambda_.Function
    ) -> None:
        for function in functions:
            name = function.node.id
            # The batch function raises in order to be invoked again. If it fails for good, so does
            # its step function task, which raises an alarm of its own.
            if function is not batch:
                self.add_alarm(
                    f"{name}Errors",
                    function.metric_errors(period=Duration.minutes(5), statistic=_SUM),
                    f"{name} raised, ran out of memory or timed out",
                )
            self.add_alarm(
                f"{name}Throttles",
                function.metric_throttles(period=_MINUTE, statistic=_SUM),
                f"{name} has been throttled for 5 minutes",
                periods=5,
            )

    def _watch_stream(self, dispatcher: Dispatcher) -> None:
        self.add_alarm(
            "IteratorAge",
            _iterator_age(dispatcher.function),
            "The dispatcher is more than a minute behind the table",
            threshold=60_000,
            periods=5,
        )

    def _watch_executions(self, workflow: SubtaskWorkflow) -> None:
        machine = workflow.state_machine
        self.add_alarm(
            "ExecutionsFailed",
            machine.metric_failed(period=_MINUTE, statistic=_SUM),
            "An execution failed where no Catch could see it",
        )
        self.add_alarm(
            "ExecutionsTimedOut",
            machine.metric_timed_out(period=_MINUTE, statistic=_SUM),
            "An execution ran out of time",
        )

    def _watch_api(self, api: TaskApi) -> None:
        self.add_alarm(
            "ApiServerErrors",
            api.http_api.metric_server_error(period=Duration.minutes(5), statistic=_SUM),
            "The API answered 500 or above",
        )

    def _build_dashboard(
        self,
        functions: Sequence[lambda_.Function],
        work_queue: WorkQueue,
        dispatcher: Dispatcher,
        workflow: SubtaskWorkflow,
    ) -> cloudwatch.Dashboard:
        machine = workflow.state_machine
        queues = [*work_queue.queues.values(), work_queue.dead_letters, work_queue.unreadable]
        queues += [dispatcher.failure_queue, dispatcher.dead_letters]
        rows: list[list[cloudwatch.IWidget]] = [
            [
                _graph("Messages waiting", [_waiting(queue) for queue in queues]),
                _graph("Stream lag (ms)", [_iterator_age(dispatcher.function)]),
                _graph(
                    "Executions",
                    [machine.metric_started(), machine.metric_succeeded(), machine.metric_failed()],
                ),
            ],
            [
                _graph("Invocations", [function.metric_invocations() for function in functions]),
                _graph("Duration (ms)", [function.metric_duration() for function in functions]),
                _graph("Errors", [function.metric_errors() for function in functions]),
            ],
            [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=self.alarms, width=24)],
        ]
        return cloudwatch.Dashboard(self, "Dashboard", widgets=rows)


def _waiting(queue: sqs.Queue) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic=_MAXIMUM)


def _iterator_age(function: lambda_.Function) -> cloudwatch.Metric:
    return function.metric("IteratorAge", period=_MINUTE, statistic=_MAXIMUM)


def _graph(title: str, metrics: list[Any]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=8)
