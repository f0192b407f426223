"""CloudWatch alarms on everything that needs a person's attention, and a dashboard."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from taskmill_cdk.api import TaskApi
from taskmill_cdk.dashboard import dashboard_rows
from taskmill_cdk.dispatcher import Dispatcher
from taskmill_cdk.metrics import failed_invocations, iterator_age, oldest, waiting
from taskmill_cdk.pool_workers import PoolWorkers
from taskmill_cdk.schedules import Schedules
from taskmill_cdk.table import TaskTable
from taskmill_cdk.watched import Watched
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.workflow import SubtaskWorkflow

_MINUTE = Duration.minutes(1)
_FIVE_MINUTES = Duration.minutes(5)
_SUM = cloudwatch.Stats.SUM


class Monitoring(Construct):
    """Alarms that notify the alarm topic, and a dashboard of queues, executions and functions.

    Args:
        alarm_topic: Is notified of all alarms.
        functions: Alarms on errors (except those of batch functions) and on throttles.
        work_queue: Alarms on its dead letters, on its unreadable messages, and on tasks that wait
            for ``longest_wait``.
        dispatcher: Alarms on its failure queue, its dead letters and its lag behind the stream.
        workflow: Alarms on executions that fail, time out or are aborted in numbers, and on those
            whose end could not be handled.
        api: Alarms on responses of 500 and above, and on many refusals; None: there is no API.
        table: Alarms on throttled reads and writes; None: not watched.
        schedules: Alarm on messages that they could not send; None: not watched.
        pools: Alarms on tasks of these worker pools that wait for ``longest_wait``.
        longest_wait: How long a task may wait for a worker; 1 hour by default. Not watched where
            consumers outside Lambda drain the queues: there the metric includes tasks that run.
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
        table: TaskTable | None = None,
        schedules: Schedules | None = None,
        pools: Sequence[PoolWorkers] = (),
        longest_wait: Duration | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarm_topic = alarm_topic
        self.alarms: list[cloudwatch.Alarm] = []
        self._watch_queues(work_queue, dispatcher)
        self._watch_waiting(work_queue, longest_wait or Duration.hours(1))
        self._watch_pools(pools, longest_wait or Duration.hours(1))
        self._watch_functions(functions, workflow.batches)
        self._watch_stream(dispatcher)
        self._watch_executions(workflow)
        self._watch_ends(workflow)
        if api is not None:
            self._watch_api(api)
        if table is not None:
            self._watch_table(table)
        if schedules is not None:
            self._watch_schedules(schedules)
        parts = Watched(
            functions=functions,
            work_queue=work_queue,
            dispatcher=dispatcher,
            workflow=workflow,
            api=api,
            table=table,
            schedules=schedules,
        )
        self.dashboard = self._build_dashboard(parts)

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

    def watch_function(self, function: lambda_.Function) -> None:
        """Add the alarms of a function: on errors, and on throttles."""
        self._watch_functions([function], ())

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
            waiting(work_queue.unreadable),
            "Malformed messages have been put aside for a person to look at and delete",
        )
        self.add_alarm(
            "DispatcherDeadLetters",
            waiting(dispatcher.dead_letters),
            "Row changes could not be reacted to and were given up",
        )
        # A retry usually handles a parked change; one that stays this long needs a person.
        self.add_alarm(
            "FailureQueue",
            oldest(dispatcher.failure_queue),
            "A row change has been waiting for its reaction for 10 minutes",
            threshold=600,
        )

    def _watch_waiting(self, work_queue: WorkQueue, longest_wait: Duration) -> None:
        if not work_queue.max_concurrency:
            return
        for name, queue in (
            ("TasksWaiting", work_queue.queue),
            ("PriorityTasksWaiting", work_queue.priority_queue),
        ):
            self.add_alarm(
                name,
                oldest(queue),
                f"A task has been waiting for a worker for {longest_wait.to_human_string()}",
                threshold=longest_wait.to_seconds(),
                periods=5,
            )

    def _watch_pools(self, pools: Sequence[PoolWorkers], longest_wait: Duration) -> None:
        for each in pools:
            if each.max_concurrency:
                self.add_alarm(
                    f"{each.pool.construct_name}TasksWaiting",
                    oldest(each.queue),
                    f"A task of the pool {each.pool.name!r} has been waiting for a worker for"
                    f" {longest_wait.to_human_string()}",
                    threshold=longest_wait.to_seconds(),
                    periods=5,
                )

    def _watch_functions(
        self, functions: Sequence[lambda_.Function], batches: Sequence[lambda_.Function]
    ) -> None:
        for function in functions:
            name = function.node.id
            # A batch function raises in order to be invoked again. If it fails for good, so does
            # its step function task, which raises an alarm of its own.
            if function not in batches:
                self.add_alarm(
                    f"{name}Errors",
                    function.metric_errors(period=_FIVE_MINUTES, statistic=_SUM),
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
            iterator_age(dispatcher.function),
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
        # Cancelling a fan-out aborts its execution, so that a few are normal.
        self.add_alarm(
            "ExecutionsAborted",
            machine.metric_aborted(period=_FIVE_MINUTES, statistic=_SUM),
            "Ten executions were aborted within 5 minutes: cancelled by callers, or in the console",
            threshold=10,
        )

    def _watch_ends(self, workflow: SubtaskWorkflow) -> None:
        self.add_alarm(
            "EndsNotDelivered",
            failed_invocations(workflow.rule),
            "The end of an execution could not be delivered to the function that finishes its task",
        )
        self.add_alarm(
            "WorkflowDeadLetters",
            waiting(workflow.dead_letters),
            "Executions ended badly and their tasks could not be finished",
        )

    def _watch_table(self, table: TaskTable) -> None:
        for kind in ("Read", "Write"):
            self.add_alarm(
                f"{kind}Throttles",
                table.table.metric(f"{kind}ThrottleEvents", period=_MINUTE, statistic=_SUM),
                f"The table has throttled {kind.lower()}s for 5 minutes",
                periods=5,
            )

    def _watch_schedules(self, schedules: Schedules) -> None:
        self.add_alarm(
            "SchedulesDropped",
            schedules.metric("InvocationDroppedCount", period=_MINUTE),
            "A schedule could not send its message for 24 hours; its task is a dead letter",
        )

    def _watch_api(self, api: TaskApi) -> None:
        self.add_alarm(
            "ApiServerErrors",
            api.http_api.metric_server_error(period=_FIVE_MINUTES, statistic=_SUM),
            "The API answered 500 or above",
        )
        # Callers' own mistakes are normal; 1,000 in 5 minutes, three times running, are more: calls
        # above the rate limit (429), expired credentials, or somebody who tries names.
        self.add_alarm(
            "ApiClientErrors",
            api.http_api.metric_client_error(period=_FIVE_MINUTES, statistic=_SUM),
            "The API refuses more than 3 requests a second; the access log says which, and why",
            threshold=1_000,
            periods=3,
        )

    def _build_dashboard(self, parts: Watched, **props: Any) -> cloudwatch.Dashboard:
        defaults: dict[str, Any] = {"widgets": dashboard_rows(parts, alarms=self.alarms)}
        return cloudwatch.Dashboard(self, "Dashboard", **{**defaults, **props})
