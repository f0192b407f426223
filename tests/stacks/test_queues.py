import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Match, Template
from benchmarks.ledger.stream import FILTERS, matches

from taskmill_cdk import TaskStack

QUEUE = "AWS::SQS::Queue"
SOURCE = "AWS::Lambda::EventSourceMapping"
PRIORITY_QUEUE = "WorkQueuePriorityQueue88BB4135"
TWO_WEEKS = 14 * 86_400


@pytest.mark.parametrize(
    ("queue", "receives", "parked_in"),
    [
        ("WorkQueueAD162499", 1_000, "WorkQueueDeadLetters"),
        (PRIORITY_QUEUE, 1_000, "WorkQueueDeadLetters"),
        ("DispatcherFailureQueue464146CA", 5, "DispatcherDeadLetters"),
    ],
)
def test_a_message_is_parked_after_so_many_receives(
    template: Template, queue: str, receives: int, parked_in: str
) -> None:
    redrive = template.find_resources(QUEUE)[queue]["Properties"]["RedrivePolicy"]

    assert redrive["maxReceiveCount"] == receives
    logical_id, _ = redrive["deadLetterTargetArn"]["Fn::GetAtt"]
    assert logical_id.startswith(parked_in)
    kept = template.find_resources(QUEUE, {"Properties": {"MessageRetentionPeriod": TWO_WEEKS}})
    assert logical_id in kept


@pytest.mark.parametrize("queue", ["WorkQueueAD162499", PRIORITY_QUEUE])
def test_a_message_stays_hidden_while_the_worker_may_hold_it(
    template: Template, queue: str
) -> None:
    assert template.find_resources(QUEUE)[queue]["Properties"]["VisibilityTimeout"] == 300 + 30


def test_no_queue_hides_a_message_for_less_than_its_function_runs(template: Template) -> None:
    timeouts = {
        logical_id: function["Properties"]["Timeout"]
        for logical_id, function in template.find_resources("AWS::Lambda::Function").items()
    }
    queues = template.find_resources(QUEUE)
    for source in sqs_sources(template):
        hidden = queues[source["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"][
            "VisibilityTimeout"
        ]
        assert hidden >= timeouts[source["FunctionName"]["Ref"]] + 30


def test_every_queue_refuses_plain_http(template: Template) -> None:
    refused = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policies = template.find_resources(
        "AWS::SQS::QueuePolicy",
        {
            "Properties": {
                "PolicyDocument": {"Statement": Match.array_with([Match.object_like(refused)])}
            }
        },
    )
    protected = {policy["Properties"]["Queues"][0]["Ref"] for policy in policies.values()}

    assert protected == set(template.find_resources(QUEUE))


def test_every_queue_source_reports_failures_message_by_message(template: Template) -> None:
    sources = sqs_sources(template)

    assert len(sources) == 4
    assert all(source["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for source in sources)


def test_high_and_urgent_tasks_have_half_as_many_workers_of_their_own(template: Template) -> None:
    assert worker_shares(template) == {"WorkQueueAD162499": 100, PRIORITY_QUEUE: 50}


def test_the_local_cloud_runs_two_workers_of_each(local_template: Template) -> None:
    assert worker_shares(local_template) == {"WorkQueueAD162499": 2, PRIORITY_QUEUE: 2}


@pytest.mark.parametrize(
    ("said", "shares"),
    [
        ({"worker_concurrency": 3}, [3, 2]),
        ({"worker_concurrency": 3, "priority_concurrency": 40}, [3, 40]),
        ({"worker_concurrency": 0}, []),
    ],
    ids=str,
)
def test_workers_are_as_many_as_asked(said: dict[str, int], shares: list[int]) -> None:
    assert list(worker_shares(synthesised(**said)).values()) == shares


def test_a_queue_for_containers_is_there_when_it_is_asked_for() -> None:
    queues = synthesised(container_queue=True).find_resources(QUEUE)

    [properties] = [
        queue["Properties"] for name, queue in queues.items() if "ContainerQueue" in name
    ]
    # A consumer extends what it holds; what a dead one held must not wait for long.
    assert properties["VisibilityTimeout"] == 120
    assert properties["RedrivePolicy"]["maxReceiveCount"] == 1_000
    [dead_letters] = [name for name in queues if name.startswith("WorkQueueDeadLetters")]
    assert properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0] == dead_letters


@pytest.mark.parametrize(
    ("change", "reacts"),
    [
        (("INSERT", {"row": "TASK", "notify": "none", "status": "CREATED"}), True),
        (("MODIFY", {"row": "TASK", "notify": "none", "status": "STARTED"}), False),
        (("MODIFY", {"row": "TASK", "notify": "none", "status": "WAITING"}), True),
        (("MODIFY", {"row": "TASK", "notify": "none", "status": "FAILED"}), True),
        (("MODIFY", {"row": "TASK", "notify": "each", "status": "STARTED"}), True),
        (("MODIFY", {"row": "SFN_TASK", "notify": "progress", "status": "STARTED"}), True),
        (("MODIFY", {"row": "SFN_TASK", "notify": "none", "status": "STARTED"}), False),
        (("MODIFY", {"row": "SFN_TASK", "notify": "none", "status": "FINISHED"}), True),
        (("REMOVE", {"row": "TASK", "notify": "each", "status": "COMPLETED"}), False),
        (("INSERT", {"row": "SUBTASK", "notify": "each", "status": "CREATED"}), False),
        (("INSERT", {"row": "SUBTASK", "notify": "each", "status": "FAILED"}), True),
        (("INSERT", {"row": "SUBTASK", "status": "FAILED"}), False),
        (("MODIFY", {"row": "SUBTASK", "notify": "each", "status": "STARTED"}), True),
        (("MODIFY", {"row": "SUBTASK", "notify": "each", "status": "CREATED"}), False),
        (("INSERT", {"row": "SUBTASK", "notify": "each", "status": "COMPLETED"}), True),
        (("MODIFY", {"row": "SUBTASK", "status": "COMPLETED"}), False),
        (("INSERT", {"row": "BATCH", "status": "CREATED"}), False),
        (("MODIFY", {"row": "BATCH", "status": "STARTED"}), False),
        (("MODIFY", {"row": "BATCH", "status": "STARTED", "tell": "yes"}), True),
        (("MODIFY", {"row": "BATCH", "status": "COMPLETED", "tell": "yes"}), True),
        (("MODIFY", {"row": "BATCH", "status": "COMPLETED"}), False),
        (("INSERT", {"row": "PAYLOAD"}), False),
        (("MODIFY", {"row": "PAYLOAD"}), False),
        (("INSERT", {"row": "IDEMPOTENCY"}), False),
        (("INSERT", {"row": "SCHEDULE", "state": "ENABLED"}), True),
        (("MODIFY", {"row": "SCHEDULE", "state": "DELETED"}), True),
        (("REMOVE", {"row": "SCHEDULE"}), False),
        (("INSERT", {"row": "CALLBACK"}), False),
    ],
    ids=str,
)
def test_the_dispatcher_sees_the_changes_that_something_follows_from(
    template: Template, change: tuple[str, dict[str, str]], *, reacts: bool
) -> None:
    event_name, image = change
    row = {name: {"S": value} for name, value in image.items()}
    images = {"NewImage": row, "OldImage": {"status": row.pop("before", row.get("status"))}}
    images.pop({"INSERT": "OldImage", "REMOVE": "NewImage"}.get(event_name, ""), None)
    record = {"eventName": event_name, "dynamodb": images}

    filters = stream_source(template)["FilterCriteria"]["Filters"]

    assert any(matches(json.loads(f["Pattern"]), record) for f in filters) is reacts


def test_other_tests_hold_reactions_against_these_filters(template: Template) -> None:
    patterns = [
        json.loads(each["Pattern"]) for each in stream_source(template)["FilterCriteria"]["Filters"]
    ]

    assert patterns == list(FILTERS)
    assert len(patterns) <= 5, "AWS takes no more without a quota increase"


def test_a_change_is_delivered_until_it_is_handled_or_parked(template: Template) -> None:
    source = stream_source(template)

    assert source["StartingPosition"] == "TRIM_HORIZON"
    assert source["BisectBatchOnFunctionError"] is True
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["MaximumRetryAttempts"] == 5
    assert source["MaximumRecordAgeInSeconds"] == 23 * 3_600
    parked_in = source["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    assert parked_in.startswith("DispatcherFailureQueue")


def test_changes_are_handled_ten_at_a_time_per_shard(template: Template) -> None:
    source = stream_source(template)

    assert (source["BatchSize"], source["ParallelizationFactor"]) == (100, 10)


def test_parked_changes_come_back_to_the_dispatcher(template: Template) -> None:
    [dispatcher] = [
        source
        for source in sqs_sources(template)
        if source["EventSourceArn"]["Fn::GetAtt"][0].startswith("DispatcherFailureQueue")
    ]

    assert dispatcher["FunctionName"] == stream_source(template)["FunctionName"]


def synthesised(**props: Any) -> Template:
    build = Path(__file__).resolve().parents[2] / ".build"
    return Template.from_stack(TaskStack(App(), "Asked", build_folder=build, **props))


def worker_shares(template: Template) -> dict[str, int]:
    """How many workers there may be for each queue."""
    return {
        source["EventSourceArn"]["Fn::GetAtt"][0]: source["ScalingConfig"]["MaximumConcurrency"]
        for source in sqs_sources(template)
        if source["FunctionName"]["Ref"].startswith("Worker")
    }


def sqs_sources(template: Template) -> list[dict[str, Any]]:
    return [source for source in _sources(template) if "StartingPosition" not in source]


def stream_source(template: Template) -> dict[str, Any]:
    """The dispatcher's; that of the statistics has its own tests."""
    [source] = [
        source
        for source in _sources(template)
        if "StartingPosition" in source and source["FunctionName"]["Ref"].startswith("Dispatch")
    ]
    return source


def _sources(template: Template) -> list[dict[str, Any]]:
    return [source["Properties"] for source in template.find_resources(SOURCE).values()]
