import json
from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from taskmill.errors import SubtasksDueLater
from taskmill.model.errors import SubtasksRemain
from taskmill.testing.retriers import RETRIERS, Retrier

DUE_LATER = SubtasksDueLater.__name__
KEY = {"pk.$": "$.pk", "sk.$": "$.sk"}
HISTORY_EVENTS = 25_000  # of an execution: a hard quota of Step Functions
TO_FINISH = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.cause", "Next": "FinishAfterError"}]


def test_the_way_is_split_work_finish(definition: dict[str, Any]) -> None:
    states = definition["States"]

    assert definition["StartAt"] == "Split"
    assert states["Split"]["Next"] == "Work"
    assert states["Work"]["Next"] == "Finish"
    assert states["Finish"]["End"] is True
    assert states["FinishAfterError"]["End"] is True


def test_split_tells_what_to_run_and_how_much_at_a_time(definition: dict[str, Any]) -> None:
    split = definition["States"]["Split"]

    assert split["Resource"] == "Split"
    assert split["Parameters"] == {**KEY, "execution.$": "$$.Execution.Id"}
    assert split["ResultPath"] == "$.split"


def test_the_map_is_distributed_with_children_of_their_own_history(
    definition: dict[str, Any],
) -> None:
    work = definition["States"]["Work"]

    assert work["Type"] == "Map"
    assert work["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",
    }


def test_the_map_takes_ranges_and_concurrency_from_split(definition: dict[str, Any]) -> None:
    work = definition["States"]["Work"]

    assert work["ItemsPath"] == "$.split.batches"
    assert work["MaxConcurrencyPath"] == "$.split.maxConcurrency"
    assert work["ItemSelector"] == {**KEY, "range.$": "$$.Map.Item.Value"}


def test_finish_judges_failures_not_the_map(definition: dict[str, Any]) -> None:
    work = definition["States"]["Work"]

    assert work["ToleratedFailurePercentage"] == 100
    assert [catch["ErrorEquals"] for catch in batch(definition)["Catch"]] == [[DUE_LATER]]


def test_a_batch_without_later_retries_is_one_transition(definition: dict[str, Any]) -> None:
    items = definition["States"]["Work"]["ItemProcessor"]

    assert items["StartAt"] == "Batch"
    assert batch(definition)["End"] is True


def test_a_batch_with_later_retries_only_waits_for_them_and_goes_on(
    definition: dict[str, Any],
) -> None:
    """By the exception of taskmill that says so: its message is when."""
    states = definition["States"]["Work"]["ItemProcessor"]["States"]
    [caught] = batch(definition)["Catch"]
    read = states[caught["Next"]]
    wait = states[read["Next"]]

    assert batch(definition)["Retry"][0] == {"ErrorEquals": [DUE_LATER], "MaxAttempts": 0}
    assert caught["ResultPath"] == "$.later"
    assert read["Parameters"] == {
        **KEY,
        "range.$": "$.range",
        "later.$": "States.StringToJson($.later.Cause)",
    }
    assert wait == {
        "Type": "Wait",
        "TimestampPath": "$.later.errorMessage",
        "Next": "Batch",
    }
    assert str(SubtasksDueLater(1_786_700_000_001)) == "2026-08-14T09:33:21Z"


def test_results_do_not_travel_through_the_execution(definition: dict[str, Any]) -> None:
    assert definition["States"]["Work"]["ResultPath"] is None


def test_a_batch_knows_its_range_its_execution_and_its_retry(definition: dict[str, Any]) -> None:
    assert batch(definition)["Parameters"] == {
        **KEY,
        "range.$": "$.range",
        "execution.$": "$$.Execution.Id",
        "retry.$": "$$.State.RetryCount",
    }


def test_both_ends_are_the_same_function(definition: dict[str, Any]) -> None:
    finish, after_error = (definition["States"][name] for name in ("Finish", "FinishAfterError"))

    assert finish["Resource"] == after_error["Resource"] == "Finish"
    run = {**KEY, "execution.$": "$$.Execution.Id"}
    assert finish["Parameters"] == run
    assert after_error["Parameters"] == {**run, "cause.$": "$.cause"}


@pytest.mark.parametrize("state", ["Split", "Work"])
def test_every_error_leads_to_finish(definition: dict[str, Any], state: str) -> None:
    assert definition["States"][state]["Catch"] == TO_FINISH


SERVICE_ERRORS = [
    "Lambda.TooManyRequestsException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
]


def test_a_throttle_a_hand_back_and_a_crash_of_a_batch_have_counts_of_their_own(
    definition: dict[str, Any],
) -> None:
    later, throttled, handed_back, crashed = batch(definition)["Retry"]

    assert later == {"ErrorEquals": [DUE_LATER], "MaxAttempts": 0}
    assert throttled["ErrorEquals"] == SERVICE_ERRORS
    assert handed_back["ErrorEquals"] == [SubtasksRemain.__name__]
    assert crashed["ErrorEquals"] == ["States.ALL"]
    retriers = (throttled, handed_back, crashed)
    assert [each["MaxAttempts"] for each in retriers] == [5_000, 2_000, 20]
    assert [each["MaxDelaySeconds"] for each in retriers] == [60, 10, 60]
    assert all(each["JitterStrategy"] == "FULL" for each in retriers)


@pytest.mark.parametrize("state", ["Split", "Finish", "FinishAfterError"])
def test_a_throttled_account_does_not_use_up_the_retries_of_the_other_steps(
    definition: dict[str, Any], state: str
) -> None:
    throttled, crashed = dict(steps(definition))[state]["Retry"]

    assert throttled["ErrorEquals"] == SERVICE_ERRORS
    assert crashed["ErrorEquals"] == ["States.ALL"]
    assert [throttled["MaxAttempts"], crashed["MaxAttempts"]] == [4_000, 20]
    for each in (throttled, crashed):
        assert (each["IntervalSeconds"], each["MaxDelaySeconds"]) == (2, 60)
        assert each["JitterStrategy"] == "FULL"


def test_all_retries_together_fit_the_history_of_an_execution(definition: dict[str, Any]) -> None:
    """A try is three events: LambdaFunctionScheduled, LambdaFunctionStarted and its end.

    The state is entered and exited, and the execution starts and ends; a Distributed Map has six.
    """
    split, finish = (tries(definition, name) for name in ("Split", "Finish"))

    assert 2 + (3 * split + 2) + 6 + (3 * finish + 2) < HISTORY_EVENTS
    assert 2 + (3 * tries(definition, "Batch") + 2) < HISTORY_EVENTS


def test_the_in_process_cloud_plays_the_same_retriers(definition: dict[str, Any]) -> None:
    for name, state in steps(definition):
        played = RETRIERS.get(name.removesuffix("AfterError").lower())
        if played or "Retry" in state:
            assert played is not None
            assert tuple(map(Retrier.of, state["Retry"])) == played, name


def test_an_execution_ends_within_a_week(definition: dict[str, Any]) -> None:
    assert definition["TimeoutSeconds"] == 7 * 86_400


def test_errors_are_logged_and_traced(template: Template) -> None:
    template.has_resource_properties(
        "AWS::StepFunctions::StateMachine",
        {
            "StateMachineType": "STANDARD",
            "LoggingConfiguration": Match.object_like({"Level": "ERROR"}),
            "TracingConfiguration": {"Enabled": True},
        },
    )


def test_an_execution_that_no_catch_could_save_is_finished_too(template: Template) -> None:
    [rule] = template.find_resources("AWS::Events::Rule").values()
    properties = rule["Properties"]
    [machine] = template.find_resources("AWS::StepFunctions::StateMachine")

    assert properties["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "stateMachineArn": [{"Ref": machine}],
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
        },
    }
    [target] = properties["Targets"]
    assert target["Arn"]["Fn::GetAtt"][0].startswith("Finish")


def test_an_end_that_finish_never_hears_of_is_kept(template: Template) -> None:
    """Whether EventBridge does not reach Lambda, or the function fails three times."""
    [rule] = template.find_resources("AWS::Events::Rule").values()
    [target] = rule["Properties"]["Targets"]
    [invoked] = template.find_resources("AWS::Lambda::EventInvokeConfig").values()

    for kept_in in (
        target["DeadLetterConfig"]["Arn"],
        invoked["Properties"]["DestinationConfig"]["OnFailure"]["Destination"],
    ):
        assert kept_in["Fn::GetAtt"][0].startswith("SubtaskWorkflowDeadLetters")
    finish = invoked["Properties"]["FunctionName"]["Ref"]
    assert finish.startswith("Finish")
    # Lambda refuses a destination that the function's role may not send to: the policy is first.
    needed = template.find_resources("AWS::Lambda::Function")[finish]["DependsOn"]
    assert [each for each in needed if each.startswith("FinishRoleDefaultPolicy")]
    template.has_resource_properties(
        "AWS::SQS::QueuePolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": "sqs:SendMessage",
                                "Effect": "Allow",
                                "Principal": {"Service": "events.amazonaws.com"},
                            }
                        )
                    ]
                )
            }
        },
    )


def test_a_definition_never_holds_a_payload(definition: dict[str, Any]) -> None:
    assert "$.input" not in json.dumps(definition)


def batch(definition: dict[str, Any]) -> dict[str, Any]:
    return definition["States"]["Work"]["ItemProcessor"]["States"]["Batch"]


def steps(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from definition["States"].items()
    yield "Batch", batch(definition)


def tries(definition: dict[str, Any], state: str) -> int:
    """How often a state calls its function at most."""
    return 1 + sum(each["MaxAttempts"] for each in dict(steps(definition))[state]["Retry"])
