"""The environment variables of the in-process cloud's functions, as the stack would set them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WORK_QUEUE, DEAD_LETTERS, FAILURES = "queue", "dead-letters", "failures"  # queue URLs
PARKED = {FAILURES: "failures-dead-letters"}  # where records end that fail again and again
UNREADABLE, WORKFLOW_DEAD_LETTERS = "unreadable", "workflow-dead-letters"


def pool_queue(pool: str) -> str:
    """The URL of a worker pool's queue."""
    return f"pool-{pool}"


def pool_environment(pools: Iterable[str]) -> dict[str, str]:
    """The variables of worker pools in Lambda."""
    variables = {"TASKMILL_POOLS": ",".join(pools)}
    for pool in pools:
        setting = f"TASKMILL_POOL_{pool.upper().replace('-', '_')}"
        variables |= {f"{setting}_URL": pool_queue(pool), f"{setting}_ARN": f"arn:pool:{pool}"}
    return variables


def function_environment(*, modules: Sequence[str], factory: str | None) -> dict[str, str]:
    """Names and values of the variables.

    Args:
        modules: Modules with `@task` functions.
        factory: "module:Class" of a `TaskEventFactory`.
    """
    return {
        "POWERTOOLS_LOG_LEVEL": "ERROR",  # keeps the output of a failing test short
        "TASKMILL_TABLE": "tasks",
        "TASKMILL_BUCKET": "payloads",
        "TASKMILL_MODULES": ",".join(modules),
        "TASKMILL_FACTORY": factory or "",
        "TASKMILL_FAST_START": "1",
        "TASKMILL_QUEUE_URL": WORK_QUEUE,
        "TASKMILL_QUEUE_ARN": "arn:queue",
        "TASKMILL_DEAD_LETTERS_URL": DEAD_LETTERS,
        "TASKMILL_UNREADABLE_URL": UNREADABLE,
        "TASKMILL_FAILURE_QUEUE_URL": FAILURES,
        "TASKMILL_FAILURE_DEAD_LETTERS_URL": PARKED[FAILURES],
        "TASKMILL_WORKFLOW_DEAD_LETTERS_URL": WORKFLOW_DEAD_LETTERS,
        "TASKMILL_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:1:stateMachine:subtasks",
        "TASKMILL_STATUS_TOPIC_ARN": "status",
        "TASKMILL_ALARM_TOPIC_ARN": "alarms",
        "TASKMILL_SCHEDULE_GROUP": "tasks",
        "TASKMILL_SCHEDULE_ROLE_ARN": "arn:role",
    }
