"""A prop that cannot work is refused where it is given, in words that name it and what it takes."""

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Stack, Token
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_

from taskmill_cdk import (
    ContainerWorkers,
    Dispatcher,
    PayloadBucket,
    SubtaskWorkflow,
    TaskApi,
    TaskFunction,
    TaskSource,
    TaskSourceError,
    TaskStack,
    TaskTable,
    WorkQueue,
    cognito,
    jwt,
)

IMAGE = ecs.ContainerImage.from_registry("example")
NO_NUMBER = [True, 2.5, math.nan, "5", -1, [], {}, dt.timedelta(seconds=5), object(), lambda: 1]
NO_FLAG = [0, 1, "true", "", [], object()]
NO_DURATION = [300, 300.0, "5m", True, dt.timedelta(minutes=5), Duration.minutes(16), object()]
OTHER = [True, 1, "x", [], {}, object(), dict]
ODD: dict[str, list[Any]] = {
    "tasks": [*OTHER, "tasks", Path("tasks")],
    "local": NO_FLAG,
    "removable": NO_FLAG,
    "retention_days": NO_NUMBER,
    "max_payload_bytes": [*NO_NUMBER, 0],
    "worker_memory": [*NO_NUMBER, 64, 20_000],
    "worker_timeout": NO_DURATION,
    "worker_concurrency": [*NO_NUMBER, 1, 1_001],
    "priority_concurrency": [*NO_NUMBER, 1, 1_001],
    "batch_memory": [*NO_NUMBER, 64],
    "max_concurrency": [*NO_NUMBER, 0, 10_001],
    "container_image": OTHER,
    "container_cpu": [*NO_NUMBER, 0],
    "container_memory": [*NO_NUMBER, 0],
    "container_queue": NO_FLAG,
    "pools": [3, "large", ["large"], [ContainerWorkers]],
    "snap_start": NO_FLAG,
    "bytecode": NO_FLAG,
    "ids": [*OTHER, "ULID"],
    "api": NO_FLAG,
    "auth": OTHER,
    "console": [1, "x", [], {}, object()],
    "environment_name": [True, 1, [], {}, object()],
    "redact": [3, "iban", [3]],
    "statistics": [300, "5m", dt.timedelta(minutes=5), Duration.minutes(16), object()],
    "fast_start": NO_FLAG,
    "hand_back_after": NO_DURATION,
    "warm_throughput": OTHER,
    "environment": [1, "A=b", ["A"]],
    "secrets": [1, "A", ["A"]],
    "vpc": [1, "vpc-1", {}],
    "vpc_subnets": OTHER,
    "security_groups": [1, "sg-1", {}],
    "alarm_email": [1, {}, object()],
    "callback_budget": [*NO_NUMBER, 0],
    "tenant_limits": OTHER,
    "cors": [3, "https://app.example"],
    "base_path": [3, ["jobs"]],
    "encryption_key": [3, "alias/aws/sns"],
    "sweep_every": [3, dt.timedelta(days=1), Duration.seconds(1)],
    "rate_limit": [*NO_NUMBER, 0],
    "burst_limit": [*NO_NUMBER, 0],
    "log_level": [*OTHER, "INFO"],
    "log_retention": [*OTHER, 30],
    "build_folder": OTHER,
}
PAIRS = [(prop, value) for prop, values in ODD.items() for value in values]


@pytest.mark.parametrize(
    ("prop", "value"),
    PAIRS,
    ids=[f"{p}-{type(v).__name__}-{number}" for number, (p, v) in enumerate(PAIRS)],
)
def test_a_prop_of_the_stack_that_cannot_work_is_refused(prop: str, value: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{prop}(\[0\])? is .*(give|known are)"):
        TaskStack(App(), "Taskmill", **{prop: value})


def test_every_prop_of_the_stack_is_checked() -> None:
    import inspect

    own = {
        name
        for name, each in inspect.signature(TaskStack.__init__).parameters.items()
        if each.kind is each.KEYWORD_ONLY
    }

    assert own == set(ODD)


@pytest.mark.parametrize(
    ("prop", "meant"),
    [
        ("retention_day", "retention_days"),
        ("worker_concurency", "worker_concurrency"),
        ("memory", "worker_memory"),
        ("timeout", "worker_timeout"),
        ("descripton", "description"),
    ],
)
def test_a_misspelt_prop_is_refused_with_what_was_meant(prop: str, meant: str) -> None:
    with pytest.raises(TypeError, match=rf"TaskStack has no prop '{prop}'; did you mean '\w*"):
        TaskStack(App(), "Taskmill", **{prop: 1})
    with pytest.raises(TypeError, match=r"WorkQueue has no prop 'max_recieves'; .*'max_receives'"):
        WorkQueue(Stack(), "Queue", max_recieves=3)  # type: ignore[call-arg]
    assert meant in {*ODD, "description"}


@pytest.mark.parametrize(
    ("cpu", "memory", "why"),
    [
        (1_000, 2_048, "container_cpu is 1000; Fargate has 256, 512"),
        (1_024, 1_024, "container_memory is 1024; with 1,024 CPU units Fargate has 2,048"),
        (8_192, 17_408, "container_memory is 17408"),
    ],
)
def test_a_size_that_fargate_does_not_have_is_refused(cpu: int, memory: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        TaskStack(
            App(), "Taskmill", container_image=IMAGE, container_cpu=cpu, container_memory=memory
        )


def function(scope: Stack, name: str = "Function") -> lambda_.Function:
    return lambda_.Function(
        scope,
        name,
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )


def queue(stack: Stack, **props: Any) -> WorkQueue:
    functions = {"worker": function(stack), "dead_letters_handler": function(stack, "Dead")}
    return WorkQueue(stack, "Queue", **{**functions, **props})


@pytest.mark.parametrize(
    ("make", "prop", "value"),
    [
        (PayloadBucket, "retention_days", -1),
        (PayloadBucket, "retention_days", "90"),
        (TaskTable, "recoverable", "yes"),
        (TaskFunction, "memory_size", 100),
        (TaskFunction, "timeout", 60),
        (TaskFunction, "snap_start", 1),
        (WorkQueue, "max_receives", 0),
        (WorkQueue, "max_concurrency", 1),
        (WorkQueue, "worker", "function"),
        (WorkQueue, "containers", 1),
        (Dispatcher, "parallelization", 11),
        (Dispatcher, "retry_after", 180),
        (SubtaskWorkflow, "timeout", dt.timedelta(days=1)),
        (TaskApi, "rate_limit", 0),
        (TaskApi, "auth", "sigv4"),
        (ContainerWorkers, "concurrency", 0),
        (ContainerWorkers, "min_containers", -1),
        (ContainerWorkers, "spot", "yes"),
        (ContainerWorkers, "image", "example"),
    ],
)
def test_a_prop_of_a_construct_that_cannot_work_is_refused(
    make: Any, prop: str, value: Any
) -> None:
    with pytest.raises((TypeError, ValueError), match=rf"^{prop} is .*give"):
        make(Stack(), "Part", **{prop: value})


def test_fewer_containers_at_most_than_at_least_are_refused() -> None:
    stack = Stack()
    with pytest.raises(ValueError, match="min_containers is 3; at most max_containers, 2"):
        ContainerWorkers(
            stack,
            "Workers",
            image=IMAGE,
            work_queue=queue(stack, containers=True),
            environment={},
            min_containers=3,
            max_containers=2,
        )


def test_a_value_that_only_a_deployment_knows_passes() -> None:
    stack = Stack()
    days = CfnParameter(stack, "Receives", type="Number").value_as_number
    assert Token.is_unresolved(days)

    assert queue(stack, max_receives=days).max_receives == days


def test_a_source_of_tasks_names_what_is_wrong(tasks_folder: Path) -> None:
    with pytest.raises(TaskSourceError, match="modules is 'orders'; give a list"):
        TaskSource(folder=tasks_folder, modules="orders")
    with pytest.raises(TaskSourceError, match="modules has 3"):
        TaskSource(folder=tasks_folder, modules=[3])  # type: ignore[list-item]
    with pytest.raises(TaskSourceError, match="folder is None; give a path"):
        TaskSource(folder=None)  # type: ignore[arg-type]
    with pytest.raises(TaskSourceError, match="the factory 3 is not of the form"):
        TaskSource(folder=tasks_folder, factory=3)  # type: ignore[arg-type]


def test_a_claim_of_tokens_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="tenant_claim is 3"):
        jwt("https://issuer", "audience", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="issuer is None"):
        jwt(None, "audience", "tenant")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tenant_claim is None"):
        cognito(None, [], tenant_claim=None)  # type: ignore[arg-type]
