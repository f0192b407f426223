"""What must survive: a changed logical id replaces a resource and loses what it holds."""

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk.assertions import Template

STATEFUL = {
    "TasksTable45D1B62D": "AWS::DynamoDB::GlobalTable",
    "PayloadsBucket1715615A": "AWS::S3::Bucket",
    "WorkQueueAD162499": "AWS::SQS::Queue",
    "WorkQueuePriorityQueue88BB4135": "AWS::SQS::Queue",
    "WorkQueueDeadLettersB76E31B9": "AWS::SQS::Queue",
    "WorkQueueUnreadable97B16469": "AWS::SQS::Queue",
    "DispatcherFailureQueue464146CA": "AWS::SQS::Queue",
    "DispatcherDeadLetters1D9C63AF": "AWS::SQS::Queue",
    "SubtaskWorkflowDeadLettersAF556580": "AWS::SQS::Queue",
    "NotificationsStatusTopic2F2D5C22": "AWS::SNS::Topic",
    "NotificationsAlarmTopic670C799A": "AWS::SNS::Topic",
    "SchedulesGroupC7F67308": "AWS::Scheduler::ScheduleGroup",
}
# But a first deployment that fails takes them along: they hold nothing yet.
KEPT = "RetainExceptOnCreate"


@pytest.mark.parametrize("of_type", sorted(set(STATEFUL.values())))
def test_stateful_resources_keep_their_logical_ids(template: Template, of_type: str) -> None:
    expected = {logical_id for logical_id, type_ in STATEFUL.items() if type_ == of_type}

    assert set(template.find_resources(of_type)) == expected


@pytest.mark.parametrize("logical_id", STATEFUL)
def test_stateful_resources_outlive_the_stack_on_aws(template: Template, logical_id: str) -> None:
    resource = template.to_json()["Resources"][logical_id]

    assert resource["DeletionPolicy"] == KEPT
    assert resource["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("logical_id", STATEFUL)
def test_stateful_resources_go_with_the_local_stack(
    local_template: Template, logical_id: str
) -> None:
    assert local_template.to_json()["Resources"][logical_id]["DeletionPolicy"] == "Delete"


def test_logs_outlive_the_stack_on_aws(template: Template) -> None:
    groups = template.find_resources("AWS::Logs::LogGroup").values()

    assert {group["DeletionPolicy"] for group in groups} == {KEPT}


# API Gateway and IAM demand these names, and do not need them to be unique. Log groups of services
# must be below a prefix; their names end in the id of the stack.
HARMLESS = {
    ("AWS::ApiGatewayV2::Api", "Name"),
    ("AWS::ApiGatewayV2::Stage", "StageName"),
    ("AWS::IAM::Policy", "PolicyName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
}


def test_no_resource_has_a_physical_name(template: Template) -> None:
    names = {
        (resource["Type"], name)
        for resource in template.to_json()["Resources"].values()
        for name in resource.get("Properties", {})
        if name == "Name" or name == f"{_kind(resource['Type'])}Name"
    }

    assert names == HARMLESS


def _kind(resource_type: str) -> str:
    """``Table`` of ``AWS::DynamoDB::GlobalTable``: the word before ``Name`` in its properties."""
    return resource_type.rpartition("::")[2].removeprefix("Global")


def test_logs_of_services_need_no_entry_in_the_account_s_resource_policies(
    template: Template, rendered: Callable[[Any], str]
) -> None:
    names = {
        rendered(group["Properties"]["LogGroupName"])
        for group in template.find_resources("AWS::Logs::LogGroup").values()
        if "LogGroupName" in group["Properties"]
    }

    assert {name.rpartition("/")[0] for name in names} == {
        "/aws/vendedlogs/apis",
        "/aws/vendedlogs/states",
    }


def test_two_stacks_share_no_log_group(template: Template) -> None:
    """A name ends in the UUID of its stack's id, which no other stack ever has."""
    unique = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    groups = template.find_resources("AWS::Logs::LogGroup").values()
    names = [each["Properties"].get("LogGroupName") for each in groups]

    assert all(name["Fn::Join"][1][-1] == unique for name in names if name)
