"""The settings of a process: the environment variables of the runtime, with their meanings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from taskmill.model.callback_budget import DEFAULT_BUDGET
from taskmill.model.lanes import IN_ORDER, ByLane, Lane
from taskmill.model.pools import kinds_of_pools
from taskmill.wiring.setting_values import (
    duration,
    is_on,
    limit,
    names,
    of_pools,
    path,
    positive,
    runner,
    whole_number,
)
from taskmill.work.triggers.sources import Source, sources


class MissingSetting(RuntimeError):
    """A required environment variable is not set."""


class InvalidSetting(RuntimeError):
    """An environment variable has a value that is not valid."""


def _setting(
    name: str, meaning: str, *, default: Any = None, read: Callable[[str], Any] = str
) -> Any:
    """A field that is read from the environment variable `name`."""
    return field(default=default, metadata={"name": name, "meaning": meaning, "read": read})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process.

    The CDK constructs set these variables for each Lambda function; other processes, such as your
    own consumers, set them themselves. An empty variable counts as not set. Code that requires a
    variable reads it with `need`.
    """

    table: str | None = _setting("TASKMILL_TABLE", "name of the tasks table")
    bucket: str | None = _setting("TASKMILL_BUCKET", "name of the payload bucket")
    max_payload_bytes: int = _setting(
        "TASKMILL_MAX_PAYLOAD_BYTES",
        "largest input or result",
        default=256 * 1024 * 1024,
        read=whole_number,
    )
    retention_days: int = _setting(
        "TASKMILL_RETENTION_DAYS",
        "days that rows are kept after their task has ended; 0: for ever",
        default=90,
        read=whole_number,
    )

    modules: tuple[str, ...] = _setting(
        "TASKMILL_MODULES", "task modules, separated by commas", default=(), read=names
    )
    factory: str | None = _setting("TASKMILL_FACTORY", '"module:Class" of a TaskEventFactory')
    runner: str | None = _setting(
        "TASKMILL_RUNNER",
        '"lambda" or "container": whose limits apply here; by default "lambda" if'
        " AWS_LAMBDA_FUNCTION_NAME is set",
        read=runner,
    )
    execute_now: bool = _setting(
        "TASKMILL_EXECUTE_NOW",
        "1: submitted tasks run in the process that submits them",
        default=False,
        read=is_on,
    )
    fast_start: bool = _setting(
        "TASKMILL_FAST_START",
        "1: new tasks are sent when they are submitted, to the queues whose URLs are given here",
        default=False,
        read=is_on,
    )
    callback_budget: int = _setting(
        "TASKMILL_CALLBACK_BUDGET",
        "callbacks that one submitted task may cause in all",
        default=DEFAULT_BUDGET,
        read=positive,
    )
    hand_back_seconds: float = _setting(
        "TASKMILL_HAND_BACK_SECONDS",
        "how long received messages wait behind a task that runs, before they go back to the queue",
        default=1.0,
        read=duration,
    )
    ids: str = _setting(
        "TASKMILL_IDS", 'codes of new tasks: "ulid", "uuid4", "uuid7", "integer"', default="ulid"
    )
    tenant: str | None = _setting("TASKMILL_TENANT", "tenant of submits that name none")
    tenant_claim: str | None = _setting(
        "TASKMILL_TENANT_CLAIM",
        "token claim that must name the tenant in the path; absent: IAM policies limit callers",
    )
    several_tenants: bool = _setting(
        "TASKMILL_SEVERAL_TENANTS",
        "1: the tenant claim may name several, in a list or between spaces or commas",
        default=False,
        read=is_on,
    )
    role_claim: str | None = _setting(
        "TASKMILL_ROLE_CLAIM", "token claim of the caller's roles; absent: all may do everything"
    )
    write_roles: tuple[str, ...] = _setting(
        "TASKMILL_WRITE_ROLES", "roles that may change anything", default=(), read=names
    )
    reveal_roles: tuple[str, ...] = _setting(
        "TASKMILL_REVEAL_ROLES", "roles that may read secrets in the clear", default=(), read=names
    )
    redact: tuple[str, ...] = _setting(
        "TASKMILL_REDACT",
        "names of fields that are masked in inputs and results of all types",
        default=(),
        read=names,
    )
    stack_name: str | None = _setting("TASKMILL_STACK_NAME", "name of the stack, for `whoami`")
    stack_environment: str | None = _setting(
        "TASKMILL_STACK_ENVIRONMENT", 'what the stack is marked as, such as "prod"'
    )
    version: str | None = _setting("TASKMILL_VERSION", "version of taskmill that was deployed")
    region: str | None = _setting("AWS_REGION", "set by Lambda: the region it runs in")
    base_path: str = _setting(
        "TASKMILL_BASE_PATH",
        'path below which the API is mapped to a custom domain: "jobs" or "jobs/v2"',
        default="",
        read=path,
    )

    tenant_requests_per_second: int = _setting(
        "TASKMILL_TENANT_REQUESTS_PER_SECOND",
        "requests that one environment of the API's function answers for a tenant; 0: no limit",
        default=0,
        read=limit,
    )
    tenant_open_uploads: int = _setting(
        "TASKMILL_TENANT_OPEN_UPLOADS",
        "uploads that one environment signs for a tenant while they are valid; 0: no limit",
        default=1_000,
        read=limit,
    )
    tenant_schedules: int = _setting(
        "TASKMILL_TENANT_SCHEDULES", "schedules of a tenant", default=1_000, read=positive
    )
    tenant_mappings: int = _setting(
        "TASKMILL_TENANT_MAPPINGS", "callback mappings of a tenant", default=1_000, read=positive
    )
    cross_tenant_submits: bool = _setting(
        "TASKMILL_CROSS_TENANT_SUBMITS",
        "0: task functions may not submit tasks of other tenants",
        default=True,
        read=is_on,
    )

    queue_service: str = _setting(
        "TASKMILL_QUEUE_SERVICE", '"sqs", "memory", or "module:Class" of your own', default="sqs"
    )
    queue_url: str | None = _setting("TASKMILL_QUEUE_URL", "the work queue")
    priority_queue_url: str | None = _setting(
        "TASKMILL_PRIORITY_QUEUE_URL", "the queue of urgent tasks; absent: the work queue"
    )
    container_queue_url: str | None = _setting(
        "TASKMILL_CONTAINER_QUEUE_URL", "the queue of container tasks; absent: the work queue"
    )
    queue_arn: str | None = _setting("TASKMILL_QUEUE_ARN", "ARN of the work queue, for schedules")
    priority_queue_arn: str | None = _setting(
        "TASKMILL_PRIORITY_QUEUE_ARN", "ARN of the queue of urgent tasks"
    )
    container_queue_arn: str | None = _setting(
        "TASKMILL_CONTAINER_QUEUE_ARN", "ARN of the queue of container tasks"
    )
    pools: tuple[tuple[str, str], ...] = _setting(
        "TASKMILL_POOLS",
        'the worker pools that tasks may run in, such as "large,gpu:container"',
        default=(),
        read=kinds_of_pools,
    )
    pool_urls: tuple[tuple[str, str], ...] = _setting(
        "TASKMILL_POOL_<NAME>_URL", "the queue of a worker pool; absent: the work queue", default=()
    )
    pool_arns: tuple[tuple[str, str], ...] = _setting(
        "TASKMILL_POOL_<NAME>_ARN", "ARN of the queue of a worker pool", default=()
    )
    triggers: tuple[Source, ...] = _setting(
        "TASKMILL_TRIGGERS",
        "topics and queues of yours whose messages start tasks, as a JSON list",
        default=(),
        read=sources,
    )
    dead_letters_url: str | None = _setting(
        "TASKMILL_DEAD_LETTERS_URL", "the queue of messages that were received too often"
    )
    unreadable_url: str | None = _setting(
        "TASKMILL_UNREADABLE_URL",
        "where malformed messages go; absent: they stay, and become dead letters",
    )
    failure_queue_url: str | None = _setting(
        "TASKMILL_FAILURE_QUEUE_URL", "where the dispatcher parks records that it could not handle"
    )
    failure_dead_letters_url: str | None = _setting(
        "TASKMILL_FAILURE_DEAD_LETTERS_URL", "where records end that fail again and again"
    )
    workflow_dead_letters_url: str | None = _setting(
        "TASKMILL_WORKFLOW_DEAD_LETTERS_URL", "where events of ended executions are that got lost"
    )

    state_machine_arn: str | None = _setting(
        "TASKMILL_STATE_MACHINE_ARN", "the state machine of fan-outs"
    )
    max_concurrency: int = _setting(
        "TASKMILL_MAX_CONCURRENCY",
        "batches of a fan-out that run in parallel, unless its submit says otherwise",
        default=100,
        read=whole_number,
    )
    schedule_group: str | None = _setting(
        "TASKMILL_SCHEDULE_GROUP", "EventBridge Scheduler group of taskmill's schedules"
    )
    schedule_role_arn: str | None = _setting(
        "TASKMILL_SCHEDULE_ROLE_ARN", "the role that lets schedules send messages"
    )
    schedule_dead_letters_arn: str | None = _setting(
        "TASKMILL_SCHEDULE_DEAD_LETTERS_ARN",
        "ARN of the queue of messages that schedules could not send; absent: they are dropped",
    )
    status_topic_arn: str | None = _setting("TASKMILL_STATUS_TOPIC_ARN", "topic of notifications")
    alarm_topic_arn: str | None = _setting("TASKMILL_ALARM_TOPIC_ARN", "topic of alarms")

    log_service: str = _setting(
        "POWERTOOLS_SERVICE_NAME", "`service` of every log line", default="taskmill"
    )
    log_level: str = _setting("POWERTOOLS_LOG_LEVEL", "lowest level that is logged", default="INFO")
    function_name: str | None = _setting(
        "AWS_LAMBDA_FUNCTION_NAME", "set by Lambda: the function that this process runs"
    )
    memory_mb: int | None = _setting(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "set by Lambda: the memory that this function has, in MB",
        read=whole_number,
    )
    initialization: str | None = _setting(
        "AWS_LAMBDA_INITIALIZATION_TYPE", "set by Lambda: how this process starts"
    )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The settings in these environment variables.

        Raises:
            InvalidSetting: A value is not valid; the message names its variable.
        """
        known = {}
        for each in fields(cls):
            name = each.metadata["name"]
            if text := environment.get(name):
                try:
                    known[each.name] = each.metadata["read"](text)
                except ValueError as wrong:
                    raise InvalidSetting(f"{name} is {text!r}: {wrong}") from None
        for kind in ("url", "arn"):
            if found := of_pools(environment, kind.upper()):
                known[f"pool_{kind}s"] = found
        return cls(**known)

    def need(self, name: str) -> str:
        """The value of a required environment variable.

        Raises:
            MissingSetting: The variable is not set.
        """
        value: str | None = getattr(self, _FIELDS[name])
        if value is None:
            raise MissingSetting(f"{name} is not set")
        return value

    def by_lane(self, what: str) -> ByLane[str]:
        """The URL or ARN of each lane's work queue.

        A lane without a queue of its own uses the queue of the normal lane.

        Args:
            what: "URL" or "ARN".

        Raises:
            MissingSetting: That of the normal lane (`TASKMILL_QUEUE_URL` or `_ARN`) is not set.
        """
        normal = f"TASKMILL_QUEUE_{what}"
        own = {lane: f"TASKMILL_{lane.upper()}_QUEUE_{what}" for lane in IN_ORDER}
        has_own = {
            lane: name in _FIELDS and getattr(self, _FIELDS[name]) for lane, name in own.items()
        }
        of_pools = {"URL": self.pool_urls, "ARN": self.pool_arns}[what]
        return ByLane(
            {lane: self.need(own[lane] if has_own[lane] else normal) for lane in IN_ORDER}
            | {Lane(pool): place for pool, place in of_pools}
        )

    @property
    def in_lambda(self) -> bool:
        """Whether this process has Lambda's limits: by `TASKMILL_RUNNER`, else detected."""
        default = "container" if self.function_name is None else "lambda"
        return (self.runner or default) == "lambda"

    @property
    def memory_bytes(self) -> int | None:
        """The memory that Lambda gives this process; None: it has no such limit."""
        return None if self.memory_mb is None else self.memory_mb << 20

    @property
    def is_snapshot(self) -> bool:
        """Whether this process is the one that SnapStart takes its snapshot of."""
        return self.initialization == "snap-start"

    @property
    def starts_ahead(self) -> bool:
        """Whether it starts before its first event (SnapStart, provisioned concurrency)."""
        return self.is_snapshot or self.initialization == "provisioned-concurrency"


_FIELDS: Mapping[str, str] = {each.metadata["name"]: each.name for each in fields(Settings)}
