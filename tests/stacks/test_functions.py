from collections.abc import Callable
from importlib.metadata import version

import pytest
from aws_cdk.assertions import Match, Template

FUNCTION = "AWS::Lambda::Function"
Environment = Callable[[str], dict[str, str]]

COMMON = {
    "POWERTOOLS_SERVICE_NAME": "taskmill",
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "TASKMILL_TABLE": "TasksTable",
    "TASKMILL_BUCKET": "PayloadsBucket",
    "TASKMILL_RETENTION_DAYS": "90",
    "TASKMILL_MAX_PAYLOAD_BYTES": "268435456",
    "TASKMILL_IDS": "ulid",
    "TASKMILL_MODULES": "orders",
    "TASKMILL_FACTORY": "orders:Factory",
}


@pytest.mark.parametrize(
    ("handler", "timeout", "memory"),
    [
        ("api.handler", 29, 512),
        ("dispatch.handler", 60, 512),
        ("statistics.handler", 300, 512),
        ("work.handler", 300, 512),
        ("subtasks.split", 900, 1769),
        ("subtasks.batch", 900, 512),
        ("subtasks.finish", 900, 512),
        ("dead_letters.handler", 60, 256),
    ],
)
def test_each_handler_has_the_time_and_memory_it_needs(
    template: Template, handler: str, timeout: int, memory: int
) -> None:
    template.has_resource_properties(
        FUNCTION,
        {"Handler": f"taskmill.handlers.{handler}", "Timeout": timeout, "MemorySize": memory},
    )


def test_all_functions_run_alike(template: Template) -> None:
    template.all_resources_properties(
        FUNCTION,
        {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "TracingConfig": {"Mode": "Active"},
            "LoggingConfig": Match.object_like(
                {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
            ),
        },
    )


def test_all_functions_share_one_asset_and_one_layer(template: Template) -> None:
    functions = [f["Properties"] for f in template.find_resources(FUNCTION).values()]

    assert len({str(function["Code"]) for function in functions}) == 1
    assert len({str(function["Layers"]) for function in functions}) == 1
    template.resource_count_is("AWS::Lambda::LayerVersion", 1)


def test_logs_are_kept_for_a_month(template: Template) -> None:
    template.all_resources_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})


@pytest.mark.parametrize(
    ("function", "more"),
    [
        (
            "ApiHandler",
            {
                "TASKMILL_FAST_START": "1",
                "TASKMILL_QUEUE_URL": "WorkQueue",
                "TASKMILL_PRIORITY_QUEUE_URL": "WorkQueuePriorityQueue",
                "TASKMILL_DEAD_LETTERS_URL": "WorkQueueDeadLetters",
                "TASKMILL_UNREADABLE_URL": "WorkQueueUnreadable",
                "TASKMILL_FAILURE_QUEUE_URL": "DispatcherFailureQueue",
                "TASKMILL_FAILURE_DEAD_LETTERS_URL": "DispatcherDeadLetters",
                "TASKMILL_WORKFLOW_DEAD_LETTERS_URL": "SubtaskWorkflowDeadLetters",
                "TASKMILL_STACK_NAME": "Taskmill",
                "TASKMILL_VERSION": version("taskmill"),
            },
        ),
        ("Count", {}),
        (
            "Worker",
            {
                "TASKMILL_FAST_START": "1",
                "TASKMILL_QUEUE_URL": "WorkQueue",
                "TASKMILL_PRIORITY_QUEUE_URL": "WorkQueuePriorityQueue",
                "TASKMILL_UNREADABLE_URL": "WorkQueueUnreadable",
            },
        ),
        (
            "DeadLettersHandler",
            {
                "TASKMILL_DEAD_LETTERS_URL": "WorkQueueDeadLetters",
                "TASKMILL_QUEUE_URL": "WorkQueue",
                "TASKMILL_PRIORITY_QUEUE_URL": "WorkQueuePriorityQueue",
                "TASKMILL_UNREADABLE_URL": "WorkQueueUnreadable",
            },
        ),
        ("Split", {"TASKMILL_MAX_CONCURRENCY": "100"}),
        ("Batch", {}),
        ("Finish", {}),
        (
            "Dispatch",
            {
                "TASKMILL_FAST_START": "1",
                "TASKMILL_QUEUE_URL": "WorkQueue",
                "TASKMILL_QUEUE_ARN": "WorkQueue",
                "TASKMILL_PRIORITY_QUEUE_URL": "WorkQueuePriorityQueue",
                "TASKMILL_PRIORITY_QUEUE_ARN": "WorkQueuePriorityQueue",
                "TASKMILL_FAILURE_QUEUE_URL": "DispatcherFailureQueue",
                "TASKMILL_STATE_MACHINE_ARN": "SubtaskWorkflowStateMachine",
                "TASKMILL_STATUS_TOPIC_ARN": "NotificationsStatusTopic",
                "TASKMILL_ALARM_TOPIC_ARN": "NotificationsAlarmTopic",
                "TASKMILL_SCHEDULE_GROUP": "SchedulesGroup",
                "TASKMILL_SCHEDULE_ROLE_ARN": "SchedulesRole",
                "TASKMILL_SCHEDULE_DEAD_LETTERS_ARN": "WorkQueueDeadLetters",
            },
        ),
    ],
)
def test_a_function_is_told_where_things_are(
    environment: Environment, function: str, more: dict[str, str]
) -> None:
    assert environment(function) == COMMON | more


def test_the_local_cloud_runs_four_batches_at_a_time(local_template: Template) -> None:
    local_template.has_resource_properties(
        FUNCTION,
        {
            "Handler": "taskmill.handlers.subtasks.split",
            "Environment": {"Variables": {"TASKMILL_MAX_CONCURRENCY": "4"}},
        },
    )


def test_the_outputs_tell_clients_what_they_need(template: Template) -> None:
    assert set(template.to_json()["Outputs"]) == {
        "ApiId",
        "ApiUrl",
        "TableName",
        "BucketName",
        "QueueUrl",
        "PriorityQueueUrl",
        "DeadLettersUrl",
        "UnreadableUrl",
        "StateMachineArn",
        "StatusTopicArn",
        "AlarmTopicArn",
        "WorkerFunctionName",
        "DispatcherFunctionName",
        "Region",
    }
