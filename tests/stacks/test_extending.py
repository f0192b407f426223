"""Subclasses change a part by overriding the hook that builds it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk.assertions import Template

from taskmill_cdk import TaskStack, TaskTable


class InfrequentTable(TaskTable):
    def _build_table(self, **props: Any) -> dynamodb.TableV2:
        rare = dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS
        return super()._build_table(table_class=rare, **props)


class SmallStack(TaskStack):
    def _build_table(self, **props: Any) -> TaskTable:
        return InfrequentTable(self, "Tasks", **props)


@pytest.fixture(scope="module")
def small_stack() -> SmallStack:
    """Without an API, with everything said that can be."""
    return SmallStack(
        App(),
        "Small",
        api=False,
        removable=True,
        retention_days=7,
        worker_memory=1024,
        worker_timeout=Duration.minutes(10),
        worker_concurrency=5,
        max_concurrency=9,
        max_payload_bytes=1_000,
        ids="integer",
        build_folder=Path(__file__).resolve().parents[2] / ".build",
    )


@pytest.fixture(scope="module")
def small(small_stack: SmallStack) -> Template:
    return Template.from_stack(small_stack)


def test_a_hook_swaps_one_resource_and_keeps_its_logical_id(small: Template) -> None:
    tables = small.find_resources("AWS::DynamoDB::GlobalTable")

    [replica] = tables["TasksTable45D1B62D"]["Properties"]["Replicas"]
    assert replica["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert tables["TasksTable45D1B62D"]["Properties"]["StreamSpecification"]


def test_the_api_can_be_left_out(small: Template) -> None:
    small.resource_count_is("AWS::ApiGatewayV2::Api", 0)
    small.resource_count_is("AWS::Lambda::Function", 7)
    assert not {"ApiId", "ApiUrl"} & set(small.to_json()["Outputs"])


def test_who_asks_for_an_api_that_was_left_out_is_told_why(small_stack: SmallStack) -> None:
    with pytest.raises(AttributeError, match=r"Small has no api: it was made with api=False"):
        _ = small_stack.api


def test_the_worker_is_as_large_and_as_patient_as_asked(small: Template) -> None:
    small.has_resource_properties(
        "AWS::Lambda::Function",
        {"Handler": "taskmill.handlers.work.handler", "MemorySize": 1024, "Timeout": 600},
    )
    small.has_resource_properties("AWS::SQS::Queue", {"VisibilityTimeout": 630})
    small.has_resource_properties(
        "AWS::Lambda::EventSourceMapping", {"ScalingConfig": {"MaximumConcurrency": 5}}
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("TASKMILL_RETENTION_DAYS", "7"),
        ("TASKMILL_MAX_PAYLOAD_BYTES", "1000"),
        ("TASKMILL_MAX_CONCURRENCY", "9"),
        ("TASKMILL_MODULES", ""),
        ("TASKMILL_IDS", "integer"),
    ],
)
def test_functions_are_told_the_props(small: Template, variable: str, value: str) -> None:
    small.has_resource_properties(
        "AWS::Lambda::Function",
        {
            "Handler": "taskmill.handlers.subtasks.split",
            "Environment": {"Variables": {variable: value}},
        },
    )


def test_ids_of_a_kind_that_there_is_not_are_refused() -> None:
    with pytest.raises(
        ValueError, match="ids is 'snowflake'; known are ulid, uuid4, uuid7, integer"
    ):
        TaskStack(App(), "Wrong", ids="snowflake")  # type: ignore[arg-type]


def test_a_removable_stack_takes_its_data_along(small: Template) -> None:
    [table] = small.find_resources("AWS::DynamoDB::GlobalTable").values()

    assert table["DeletionPolicy"] == "Delete"


def test_the_example_s_work_queues_have_a_key_of_their_own(example: Template) -> None:
    encrypted = {
        logical_id
        for logical_id, queue in example.find_resources("AWS::SQS::Queue").items()
        if "KmsMasterKeyId" in queue["Properties"]
    }

    assert len(encrypted) == 5
    assert all(logical_id.startswith("WorkQueue") for logical_id in encrypted)
    example.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})


def test_the_example_s_work_goes_on_to_a_larger_worker_then_to_dead_letters(
    example: Template,
) -> None:
    queues = example.find_resources("AWS::SQS::Queue")
    next_of = {
        logical_id: queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for logical_id, queue in queues.items()
        if "RedrivePolicy" in queue["Properties"]
    }

    [large] = [logical_id for logical_id in queues if logical_id.startswith("WorkQueueLarge")]
    assert next_of[large] == "WorkQueueDeadLettersB76E31B9"
    assert memory_of_consumer(example, large) == 3008
    for small in ("WorkQueueAD162499", "WorkQueuePriorityQueue88BB4135"):
        assert next_of[small] == large
        assert memory_of_consumer(example, small) == 512


def test_the_example_s_larger_worker_may_do_what_a_worker_may(
    example: Template, allowed: Callable[[Template, str], dict[str, set[str]]]
) -> None:
    small, large = allowed(example, "WorkerRole"), allowed(example, "LargeWorkerRole")

    assert small.pop("WorkQueue") == small.pop("WorkQueuePriorityQueue")
    drained = allowed(example, "WorkerRole")["WorkQueue"] - {"sqs:SendMessage"}
    assert large.pop("WorkQueueLargeQueue") == drained
    own_logs = small.pop("WorkerLogs"), large.pop("LargeWorkerLogs")
    assert small == large
    assert own_logs[0] == own_logs[1]


def memory_of_consumer(template: Template, queue: str) -> int:
    sources = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    [function] = [
        source["Properties"]["FunctionName"]["Ref"]
        for source in sources
        if source["Properties"]["EventSourceArn"]["Fn::GetAtt"][0] == queue
    ]
    memory: int = template.to_json()["Resources"][function]["Properties"]["MemorySize"]
    return memory
