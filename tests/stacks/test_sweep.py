"""``sweep_every``: a function and a rule, off by default."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App, Duration, Validations
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from taskmill_cdk import TaskStack

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
HANDLER = "taskmill.handlers.sweep.handler"
Allowed = Callable[[Template, str], dict[str, set[str]]]
SEND = {"sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sweep")
    app = App(context=CONTEXT, outdir=str(out))
    TaskStack(app, "Taskmill", sweep_every=Duration.days(1), build_folder=ROOT / ".build")
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return out


@pytest.fixture(scope="module")
def swept(out: Path) -> Template:
    return Template.from_json(json.loads((out / "Taskmill.template.json").read_text()))


def test_by_default_nothing_sweeps(template: Template) -> None:
    assert not template.find_resources(
        "AWS::Lambda::Function", {"Properties": {"Handler": HANDLER}}
    )
    template.resource_properties_count_is(
        "AWS::Events::Rule", {"ScheduleExpression": Match.any_value()}, 0
    )


def test_a_rule_invokes_it_as_often_as_the_prop_says(swept: Template) -> None:
    [function] = swept.find_resources("AWS::Lambda::Function", {"Properties": {"Handler": HANDLER}})
    swept.has_resource_properties(
        "AWS::Events::Rule",
        {
            "ScheduleExpression": "rate(1 day)",
            "Targets": [Match.object_like({"Arn": {"Fn::GetAtt": [function, "Arn"]}})],
        },
    )


def test_it_has_as_long_as_lambda_gives_and_is_not_tried_again(swept: Template) -> None:
    swept.has_resource_properties("AWS::Lambda::Function", {"Handler": HANDLER, "Timeout": 900})
    swept.has_resource_properties("AWS::Lambda::EventInvokeConfig", {"MaximumRetryAttempts": 0})


def test_it_may_do_just_what_it_needs(swept: Template, allowed: Allowed) -> None:
    executions = (
        "arn:AWS::Partition:states:AWS::Region:AWS::AccountId:execution:"
        "SubtaskWorkflowStateMachine:*"
    )
    assert allowed(swept, "SweepHandlerRole") == {
        "TasksTable": {
            f"dynamodb:{action}"
            for action in (
                *("Scan", "GetItem", "BatchGetItem", "UpdateItem", "PutItem", "DeleteItem"),
                *("Query", "PartiQLInsert", "PartiQLUpdate"),
            )
        },
        "TasksTable/index/children": {"dynamodb:Query"},
        "WorkQueue": SEND,
        "WorkQueuePriorityQueue": SEND,
        "SubtaskWorkflowStateMachine": {"states:StartExecution"},
        executions: {"states:DescribeExecution"},
        "SweepHandlerLogs": {"logs:CreateLogStream", "logs:PutLogEvents"},
        "*": {
            "cloudwatch:GetMetricStatistics",
            "xray:PutTraceSegments",
            "xray:PutTelemetryRecords",
        },
    }


def test_it_is_watched_as_every_function_is(swept: Template) -> None:
    for metric in ("Errors", "Throttles"):
        found = swept.find_resources(
            "AWS::CloudWatch::Alarm",
            {
                "Properties": {
                    "MetricName": metric,
                    "Dimensions": [{"Value": {"Ref": Match.string_like_regexp("SweepHandler.*")}}],
                }
            },
        )
        assert len(found) == 1


def test_more_often_than_hourly_is_refused() -> None:
    with pytest.raises(ValueError, match=r"sweep_every is 30 minutes: at least an hour"):
        TaskStack(
            App(context=CONTEXT),
            "Taskmill",
            sweep_every=Duration.minutes(30),
            build_folder=ROOT / ".build",
        )


def test_nothing_is_left_to_acknowledge(
    out: Path, findings_of: Callable[[Path], list[str]]
) -> None:
    report = out / "validation-report.json"
    assert findings_of(report) == []
