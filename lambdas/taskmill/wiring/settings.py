"""The settings of a process: read from its environment at one place, each with its meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

from taskmill.model.lanes import Lane


class MissingSetting(RuntimeError):
    """A setting this function needs is not in its environment."""


class InvalidSetting(RuntimeError):
    """A setting has a value that means nothing."""


def _is_on(text: str) -> bool:
    return text.lower() in ("1", "true", "yes")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _runner(text: str) -> str:
    if text not in ("lambda", "container"):
        raise ValueError("lambda or container")
    return text


def _whole_number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("a whole number") from None


def _setting(
    name: str, meaning: str, *, default: Any = None, read: Callable[[str], Any] = str
) -> Any:
    """A field that is read from the environment variable `name`."""
    return field(default=default, metadata={"name": name, "meaning": meaning, "read": read})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the CDK constructs put into each function's environment, and consumers set themselves.

    A variable that is empty counts as absent. What a part of the runtime cannot do without, it
    asks for by `need`.
    """

    table: str | None = _setting("TASKMILL_TABLE", "name of the tasks table")
    bucket: str | None = _setting("TASKMILL_BUCKET", "name of the payload bucket")
    max_payload_bytes: int = _setting(
        "TASKMILL_MAX_PAYLOAD_BYTES",
        "largest input or result",
        default=256 * 1024 * 1024,
        read=_whole_number,
    )
    retention_days: int = _setting(
        "TASKMILL_RETENTION_DAYS",
        "days that rows are kept after a task's end; 0: for ever",
        default=90,
        read=_whole_number,
    )

    modules: tuple[str, ...] = _setting(
        "TASKMILL_MODULES", "modules with task functions, by comma", default=(), read=_names
    )
    factory: str | None = _setting("TASKMILL_FACTORY", '"module:Class" of a TaskEventFactory')
    runner: str | None = _setting(
        "TASKMILL_RUNNER",
        '"lambda" or "container": whose limits hold here; by default as AWS_LAMBDA_FUNCTION_NAME'
        " tells",
        read=_runner,
    )
    execute_now: bool = _setting(
        "TASKMILL_EXECUTE_NOW",
        "1: submitted tasks run in the process that submits them",
        default=False,
        read=_is_on,
    )
    ids: str = _setting(
        "TASKMILL_IDS", 'codes of new tasks: "ulid", "uuid4", "uuid7", "integer"', default="ulid"
    )
    tenant: str | None = _setting("TASKMILL_TENANT", "tenant of whoever submits without naming one")
    tenant_claim: str | None = _setting(
        "TASKMILL_TENANT_CLAIM",
        "token claim that must equal the tenant in the path; absent: a policy confines callers",
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
    queue_arn: str | None = _setting("TASKMILL_QUEUE_ARN", "the work queue, as schedules target it")
    priority_queue_arn: str | None = _setting(
        "TASKMILL_PRIORITY_QUEUE_ARN", "the queue of urgent tasks, likewise"
    )
    container_queue_arn: str | None = _setting(
        "TASKMILL_CONTAINER_QUEUE_ARN", "the queue of container tasks, likewise"
    )
    dead_letters_url: str | None = _setting(
        "TASKMILL_DEAD_LETTERS_URL", "the queue of messages that were received too often"
    )
    failure_queue_url: str | None = _setting(
        "TASKMILL_FAILURE_QUEUE_URL", "where the dispatcher parks records that it could not handle"
    )

    state_machine_arn: str | None = _setting(
        "TASKMILL_STATE_MACHINE_ARN", "the workflow of fan-outs"
    )
    max_concurrency: int = _setting(
        "TASKMILL_MAX_CONCURRENCY",
        "batches of a fan-out worked on at once, where its submitter does not say",
        default=100,
        read=_whole_number,
    )
    schedule_group: str | None = _setting(
        "TASKMILL_SCHEDULE_GROUP", "EventBridge Scheduler's group for our schedules"
    )
    schedule_role_arn: str | None = _setting(
        "TASKMILL_SCHEDULE_ROLE_ARN", "the role that lets schedules send messages"
    )
    status_topic_arn: str | None = _setting("TASKMILL_STATUS_TOPIC_ARN", "topic of notifications")
    alarm_topic_arn: str | None = _setting("TASKMILL_ALARM_TOPIC_ARN", "topic of alarms")

    log_service: str = _setting(
        "POWERTOOLS_SERVICE_NAME", "`service` of every log line", default="taskmill"
    )
    log_level: str = _setting("POWERTOOLS_LOG_LEVEL", "least level that is logged", default="INFO")
    function_name: str | None = _setting(
        "AWS_LAMBDA_FUNCTION_NAME", "set by Lambda: the function that this process runs"
    )
    initialization: str | None = _setting(
        "AWS_LAMBDA_INITIALIZATION_TYPE", "set by Lambda: how this process starts"
    )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """The settings in an environment.

        Raises:
            InvalidSetting: One has a value that means nothing; the message names it.
        """
        known = {}
        for each in fields(cls):
            name = each.metadata["name"]
            if text := environment.get(name):
                try:
                    known[each.name] = each.metadata["read"](text)
                except ValueError as wrong:
                    raise InvalidSetting(f"{name} is {text!r}: {wrong}") from None
        return cls(**known)

    def need(self, name: str) -> str:
        """The value of an environment variable that cannot be done without.

        Raises:
            MissingSetting: It is not set.
        """
        value: str | None = getattr(self, _FIELDS[name])
        if value is None:
            raise MissingSetting(f"{name} is not set")
        return value

    def by_lane(self, what: str) -> dict[Lane, str]:
        """The "URL" or "ARN" of each lane's queue; a lane without one of its own has the first's.

        Raises:
            MissingSetting: There is not even the first.
        """
        normal = f"TASKMILL_QUEUE_{what}"
        own = {lane: f"TASKMILL_{lane.upper()}_QUEUE_{what}" for lane in Lane}
        has_own = {
            lane: name in _FIELDS and getattr(self, _FIELDS[name]) for lane, name in own.items()
        }
        return {lane: self.need(own[lane] if has_own[lane] else normal) for lane in Lane}

    @property
    def in_lambda(self) -> bool:
        """Whether this process runs tasks within Lambda's limits."""
        default = "container" if self.function_name is None else "lambda"
        return (self.runner or default) == "lambda"

    @property
    def is_snapshot(self) -> bool:
        """Whether this process is the one that SnapStart takes its snapshot of."""
        return self.initialization == "snap-start"

    @property
    def starts_ahead(self) -> bool:
        """Whether this process starts before there is an event for it."""
        return self.is_snapshot or self.initialization == "provisioned-concurrency"


_FIELDS: Mapping[str, str] = {each.metadata["name"]: each.name for each in fields(Settings)}
