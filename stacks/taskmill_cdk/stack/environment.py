"""Environment variables of the functions and containers: names of resources, and limits."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, get_args

from aws_cdk import Duration, Stack
from aws_cdk import aws_lambda as lambda_

from taskmill_cdk.notifications import Notifications
from taskmill_cdk.payload_bucket import PayloadBucket
from taskmill_cdk.schedules import Schedules
from taskmill_cdk.table import TaskTable
from taskmill_cdk.task_source import TaskSource
from taskmill_cdk.work_queue import WorkQueue
from taskmill_cdk.workflow import SubtaskWorkflow

Ids = Literal["ulid", "uuid4", "uuid7", "integer"]


def common_environment(
    *,
    table: TaskTable,
    payloads: PayloadBucket,
    tasks: TaskSource | None,
    retention_days: int,
    max_payload_bytes: int,
    ids: Ids,
    log_level: lambda_.ApplicationLogLevel,
    limits: dict[str, str],
    variables: Mapping[str, str],
) -> dict[str, str]:
    """The variables that every function and every container of the stack has.

    Args:
        variables: The user's own. All functions import the user's modules, so all have them.

    Raises:
        ValueError: ``ids`` is not one of ``Ids``.
    """
    if ids not in get_args(Ids):
        raise ValueError(f"ids is {ids!r}; known are {', '.join(get_args(Ids))}")
    return {
        **variables,
        "POWERTOOLS_SERVICE_NAME": variables.get("POWERTOOLS_SERVICE_NAME", "taskmill"),
        "POWERTOOLS_LOG_LEVEL": log_level.value,
        "TASKMILL_TABLE": table.table.table_name,
        "TASKMILL_BUCKET": payloads.bucket.bucket_name,
        "TASKMILL_RETENTION_DAYS": str(retention_days),
        "TASKMILL_MAX_PAYLOAD_BYTES": str(max_payload_bytes),
        "TASKMILL_IDS": ids,
        **limits,
        **_task_modules(tasks),
    }


def redact_settings(names: Sequence[str]) -> dict[str, str]:
    """The variable that names the fields which are masked everywhere.

    Raises:
        ValueError: A name is empty, or has a comma in it.
    """
    for name in names:
        if not name.strip() or "," in name:
            raise ValueError(f"redact has {name!r}; give names of fields, without commas")
    return {"TASKMILL_REDACT": ",".join(names)} if names else {}


def marks_of(stack: Stack, environment_name: str | None) -> dict[str, str]:
    """The variables by which the API tells which stack it is, and of which version."""
    marks = {"TASKMILL_STACK_NAME": stack.stack_name}
    if environment_name is not None:
        marks["TASKMILL_STACK_ENVIRONMENT"] = environment_name
    with suppress(PackageNotFoundError):  # it may lie beside this package, not installed
        marks["TASKMILL_VERSION"] = version("taskmill")
    return marks


def hand_back_settings(after: Duration | None) -> dict[str, str]:
    """The variable that says when workers hand back what they have not begun; None: by default."""
    if after is None:
        return {}
    return {"TASKMILL_HAND_BACK_SECONDS": f"{after.to_seconds(integral=False):g}"}


def dispatcher_environment(
    *,
    work_queue: WorkQueue,
    workflow: SubtaskWorkflow,
    notifications: Notifications,
    schedules: Schedules,
) -> dict[str, str]:
    """The further variables of the dispatcher: everything that it sends to."""
    return {
        **work_queue.settings(),
        "TASKMILL_STATE_MACHINE_ARN": workflow.state_machine.state_machine_arn,
        "TASKMILL_STATUS_TOPIC_ARN": notifications.status_topic.topic_arn,
        "TASKMILL_ALARM_TOPIC_ARN": notifications.alarm_topic.topic_arn,
        "TASKMILL_SCHEDULE_GROUP": schedules.group.ref,
        "TASKMILL_SCHEDULE_ROLE_ARN": schedules.role.role_arn,
        "TASKMILL_SCHEDULE_DEAD_LETTERS_ARN": schedules.dead_letters.queue_arn,
    }


def _task_modules(tasks: TaskSource | None) -> dict[str, str]:
    if tasks is None:
        return {"TASKMILL_MODULES": ""}
    variables = {"TASKMILL_MODULES": ",".join(tasks.modules)}
    if tasks.factory is not None:
        variables["TASKMILL_FACTORY"] = tasks.factory
    return variables
