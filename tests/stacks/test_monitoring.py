import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from taskmill_cdk import TaskStack

ALARM = "AWS::CloudWatch::Alarm"
FUNCTIONS = {
    "ApiHandler",
    "Batch",
    "Count",
    "DeadLettersHandler",
    "Dispatch",
    "Finish",
    "Split",
    "Worker",
}


@pytest.mark.parametrize(("metric", "unwatched"), [("Errors", {"Batch"}), ("Throttles", set())])
def test_every_function_is_watched(template: Template, metric: str, unwatched: set[str]) -> None:
    """But for the errors of a batch: raising is how it asks to be invoked again."""
    watched = {dimension(alarm, "FunctionName") for alarm in alarms(template, metric)}
    functions = set(template.find_resources("AWS::Lambda::Function"))

    missing = functions - watched
    assert watched <= functions
    assert {name.rstrip("0123456789ABCDEF") for name in missing} == unwatched


def test_given_up_tasks_raise_an_alarm_though_they_are_drained_at_once(template: Template) -> None:
    [alarm] = alarms(template, "NumberOfMessagesReceived")

    assert dimension(alarm, "QueueName").startswith("WorkQueueDeadLetters")
    assert alarm["Threshold"] == 1


def test_a_queue_that_waits_for_a_person_raises_one_alarm(template: Template) -> None:
    """For as long as there is a message: its number, not that of receives."""
    assert thresholds(template, "ApproximateNumberOfMessagesVisible", "QueueName") == {
        "DispatcherDeadLetters": 1,
        "SubtaskWorkflowDeadLetters": 1,
        "WorkQueueUnreadable": 1,
    }


def test_what_waits_too_long_raises_an_alarm(template: Template) -> None:
    """A parked change for ten minutes, a task for a worker for an hour."""
    assert thresholds(template, "ApproximateAgeOfOldestMessage", "QueueName") == {
        "DispatcherFailureQueue": 600,
        "WorkQueue": 3_600,
        "WorkQueuePriorityQueue": 3_600,
    }


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_a_throttled_table_raises_an_alarm(template: Template, metric: str) -> None:
    [alarm] = alarms(template, metric)

    assert dimension(alarm, "TableName").startswith("TasksTable")
    assert alarm["EvaluationPeriods"] == 5  # a burst is retried, and nobody need know


def test_events_that_reach_nobody_raise_an_alarm(template: Template) -> None:
    [alarm] = alarms(template, "FailedInvocations")

    assert dimension(alarm, "RuleName").startswith("SubtaskWorkflowEndedBadly")


def test_schedules_that_cannot_send_raise_an_alarm(template: Template) -> None:
    [alarm] = alarms(template, "InvocationDroppedCount")

    assert alarm["Namespace"] == "AWS/Scheduler"
    assert dimension(alarm, "ScheduleGroup").startswith("SchedulesGroup")


def test_refusals_in_numbers_raise_an_alarm(template: Template) -> None:
    [alarm] = alarms(template, "4xx")

    assert dimension(alarm, "ApiId").startswith("ApiHttp")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1_000, 3)


def test_aborts_in_numbers_raise_an_alarm(template: Template) -> None:
    """Each cancelled fan-out is one."""
    [alarm] = alarms(template, "ExecutionsAborted")

    assert dimension(alarm, "StateMachineArn").startswith("SubtaskWorkflow")
    assert alarm["Threshold"] == 10


def test_tasks_that_only_consumers_run_may_take_as_long_as_they_like() -> None:
    build = Path(__file__).resolve().parents[2] / ".build"
    stack = TaskStack(App(), "Consumed", build_folder=build, worker_concurrency=0)

    assert set(
        thresholds(Template.from_stack(stack), "ApproximateAgeOfOldestMessage", "QueueName")
    ) == {"DispatcherFailureQueue"}


def test_a_stream_that_lags_raises_an_alarm(template: Template) -> None:
    [alarm] = alarms(template, "IteratorAge")

    assert dimension(alarm, "FunctionName").startswith("Dispatch")
    assert alarm["Threshold"] == 60_000


@pytest.mark.parametrize("metric", ["ExecutionsFailed", "ExecutionsTimedOut"])
def test_executions_that_end_badly_raise_an_alarm(template: Template, metric: str) -> None:
    [alarm] = alarms(template, metric)

    assert dimension(alarm, "StateMachineArn").startswith("SubtaskWorkflow")


def test_every_alarm_goes_to_the_alarm_topic(template: Template) -> None:
    actions = [
        alarm["Properties"]["AlarmActions"] for alarm in template.find_resources(ALARM).values()
    ]

    assert len(actions) >= 2 * len(FUNCTIONS) + 6
    assert all(_is_alarm_topic(action) for [action] in actions)


def test_silence_is_no_alarm(template: Template) -> None:
    treated = {a["Properties"]["TreatMissingData"] for a in template.find_resources(ALARM).values()}

    assert treated == {"notBreaching"}


def test_there_is_one_dashboard_that_shows_every_queue(template: Template) -> None:
    [dashboard] = template.find_resources("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["Properties"]["DashboardBody"])

    for queue in template.find_resources("AWS::SQS::Queue"):
        assert f'["{queue}", "QueueName"]' in body


def alarms(template: Template, metric: str) -> list[dict[str, Any]]:
    properties = [alarm["Properties"] for alarm in template.find_resources(ALARM).values()]
    return [alarm for alarm in properties if alarm["MetricName"] == metric]


def thresholds(template: Template, metric: str, name: str) -> dict[str, float]:
    """The thresholds of a metric's alarms, by what they watch."""
    return {
        re.sub("[0-9A-F]{8}$", "", dimension(alarm, name)): alarm["Threshold"]
        for alarm in alarms(template, metric)
    }


def dimension(alarm: dict[str, Any], name: str) -> str:
    """The logical id of the resource that an alarm watches."""
    [value] = [d["Value"] for d in alarm["Dimensions"] if d["Name"] == name]
    return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]


def _is_alarm_topic(action: dict[str, str]) -> bool:
    return action["Ref"].startswith("NotificationsAlarmTopic")
