"""What the dashboard shows: queues, executions, functions, the table and the API."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch

from taskmill_cdk.api import TaskApi
from taskmill_cdk.metrics import iterator_age, oldest, waiting
from taskmill_cdk.table import ATTENTION_INDEX, CHILDREN_INDEX, TaskTable
from taskmill_cdk.watched import Watched

_SUM = cloudwatch.Stats.SUM


def dashboard_rows(
    parts: Watched, *, alarms: Sequence[cloudwatch.Alarm]
) -> list[list[cloudwatch.IWidget]]:
    """The widgets, row by row."""
    work_queues = list(parts.work_queue.queues.values())
    queues = [*work_queues, parts.work_queue.dead_letters, parts.work_queue.unreadable]
    queues += [parts.dispatcher.failure_queue, parts.dispatcher.dead_letters]
    queues += [parts.workflow.dead_letters]
    machine = parts.workflow.state_machine
    executions = [
        machine.metric_started(),
        machine.metric_succeeded(),
        machine.metric_failed(),
        machine.metric_aborted(),
    ]
    rows: list[list[cloudwatch.IWidget]] = [
        [
            _graph("Messages waiting", [waiting(queue) for queue in queues]),
            _graph("Longest wait (s)", [oldest(queue) for queue in work_queues]),
            _graph("Stream lag (ms)", [iterator_age(parts.dispatcher.function)]),
        ],
        [
            _graph("Invocations", [each.metric_invocations() for each in parts.functions]),
            _graph("Duration (ms)", [each.metric_duration() for each in parts.functions]),
            _graph("Errors", [each.metric_errors() for each in parts.functions]),
        ],
        [_graph("Executions", executions), *_of_table(parts.table), *_of_api(parts.api)],
    ]
    if parts.schedules is not None:
        names = ("InvocationAttemptCount", "TargetErrorCount", "InvocationDroppedCount")
        rows.append([_graph("Schedules", [parts.schedules.metric(name) for name in names])])
    return [*rows, [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms), width=24)]]


def _of_table(table: TaskTable | None) -> list[cloudwatch.GraphWidget]:
    """Throttles, also those of the indexes: a slow index holds up writes to the table."""
    if table is None:
        return []
    name = table.table.table_name
    metrics = [
        table.table.metric(f"{kind}ThrottleEvents", statistic=_SUM) for kind in ("Read", "Write")
    ]
    metrics += [
        cloudwatch.Metric(
            namespace="AWS/DynamoDB",
            metric_name="WriteThrottleEvents",
            dimensions_map={"TableName": name, "GlobalSecondaryIndexName": index},
            statistic=_SUM,
        )
        for index in (CHILDREN_INDEX, ATTENTION_INDEX)
    ]
    return [_graph("Throttles of the table", metrics)]


def _of_api(api: TaskApi | None) -> list[cloudwatch.GraphWidget]:
    if api is None:
        return []
    of = api.http_api
    metrics = [of.metric_count(), of.metric_client_error(), of.metric_server_error()]
    return [_graph("Requests", metrics)]


def _graph(title: str, metrics: list[Any]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=8)
