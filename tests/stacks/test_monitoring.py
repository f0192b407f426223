import json
from typing import Any

import pytest
from aws_cdk.assertions import Template

ALARM = "AWS::CloudWatch::Alarm"
FUNCTIONS = {
    "ApiHandler",
    "Batch",
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


@pytest.mark.parametrize("queue", ["DispatcherDeadLetters", "WorkQueueUnreadable"])
def test_a_queue_that_waits_for_a_person_raises_one_alarm(template: Template, queue: str) -> None:
    """For as long as there is a message: its number, not that of receives."""
    [alarm] = [
        alarm
        for alarm in alarms(template, "ApproximateNumberOfMessagesVisible")
        if dimension(alarm, "QueueName").startswith(queue)
    ]

    assert alarm["Threshold"] == 1


def test_changes_that_stay_parked_raise_an_alarm(template: Template) -> None:
    [alarm] = alarms(template, "ApproximateAgeOfOldestMessage")

    assert dimension(alarm, "QueueName").startswith("DispatcherFailureQueue")


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


def dimension(alarm: dict[str, Any], name: str) -> str:
    """The logical id of the resource that an alarm watches."""
    [value] = [d["Value"] for d in alarm["Dimensions"] if d["Name"] == name]
    return value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]


def _is_alarm_topic(action: dict[str, str]) -> bool:
    return action["Ref"].startswith("NotificationsAlarmTopic")
