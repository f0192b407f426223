"""The second reader of the stream: when it runs, what it may do, and where its failures go."""

from typing import Any

import pytest
from aws_cdk import App, Duration
from aws_cdk.assertions import Match, Template

from taskmill_cdk import TaskStack


def template_of(**props: Any) -> Template:
    return Template.from_stack(TaskStack(App(), "Tasks", **props))


@pytest.fixture(scope="module")
def counting() -> Template:
    return template_of()


def mapping(**properties: Any) -> dict[str, Any]:
    return {"TumblingWindowInSeconds": 60, **properties}


def test_changes_are_collected_for_a_minute_and_handed_over_in_order(counting: Template) -> None:
    counting.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        mapping(
            BatchSize=10_000,
            MaximumBatchingWindowInSeconds=60,
            ParallelizationFactor=1,
            BisectBatchOnFunctionError=False,
        ),
    )


def test_only_changes_and_removals_of_tasks_invoke_it(counting: Template) -> None:
    rule = '{"row":{"S":["TASK","SFN_TASK"]}}'
    filters = [
        {"Pattern": f'{{"dynamodb":{{"{image}":{rule}}}}}'} for image in ("NewImage", "OldImage")
    ]

    counting.has_resource_properties(
        "AWS::Lambda::EventSourceMapping", mapping(FilterCriteria={"Filters": filters})
    )


def test_changes_that_cannot_be_counted_go_to_the_dead_letters_that_have_an_alarm(
    counting: Template,
) -> None:
    counting.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        mapping(
            DestinationConfig={
                "OnFailure": {
                    "Destination": {
                        "Fn::GetAtt": [Match.string_like_regexp("^DispatcherDeadLetters"), "Arn"]
                    }
                }
            }
        ),
    )


def test_it_may_write_rows_and_read_none(counting: Template) -> None:
    policies = counting.find_resources("AWS::IAM::Policy")
    (mine,) = [each for name, each in policies.items() if name.startswith("CountRole")]
    actions = set()
    for each in mine["Properties"]["PolicyDocument"]["Statement"]:
        found = each["Action"]
        actions |= {found} if isinstance(found, str) else set(found)

    assert {each for each in actions if each.startswith("dynamodb:")} == {
        "dynamodb:UpdateItem",
        "dynamodb:PutItem",
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    }


def test_the_window_can_be_longer() -> None:
    template_of(statistics=Duration.minutes(5)).has_resource_properties(
        "AWS::Lambda::EventSourceMapping", mapping(MaximumBatchingWindowInSeconds=300)
    )


def test_without_statistics_the_stream_has_one_reader() -> None:
    mappings = template_of(statistics=False).find_resources(
        "AWS::Lambda::EventSourceMapping",
        {"Properties": {"TumblingWindowInSeconds": Match.any_value()}},
    )

    assert not mappings


def test_a_window_beyond_five_minutes_is_refused() -> None:
    with pytest.raises(ValueError, match="statistics"):
        TaskStack(App(), "Tasks", statistics=Duration.minutes(6))
