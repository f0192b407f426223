"""Worker pools: what each gets of its own, what the other parts of a stack must know of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template

from taskmill_cdk import (
    ContainerPool,
    TaskFunction,
    TaskSource,
    TaskSourceError,
    TaskStack,
    WorkerPool,
)

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
QUEUES = {
    f"WorkQueuePool{name}Queue" for name in ("Large", "MyImage", "Elsewhere", "Gpu", "ByHand")
}
Allowed = Callable[[Template, str], dict[str, set[str]]]
Variables = Callable[[Template, str], dict[str, str]]


@pytest.fixture(scope="module")
def template(pooled: Any) -> Template:
    return pooled.template  # type: ignore[no-any-return]


def function(template: Template, name: str) -> dict[str, Any]:
    [found] = [
        each["Properties"]
        for logical_id, each in template.find_resources("AWS::Lambda::Function").items()
        if logical_id[:-8] == name
    ]
    return found


def queue(template: Template, name: str) -> dict[str, Any]:
    [found] = [
        each["Properties"]
        for logical_id, each in template.find_resources("AWS::SQS::Queue").items()
        if logical_id[:-8] == name
    ]
    return found


def sources(template: Template) -> dict[str, dict[str, Any]]:
    """The event sources of queues, by the queue."""
    mappings = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    return {
        each["Properties"]["EventSourceArn"]["Fn::GetAtt"][0][:-8]: each["Properties"]
        for each in mappings
    }


def test_nothing_is_left_to_acknowledge(pooled: Any) -> None:
    found = [json.loads(each) for each in pooled.findings]
    places = [
        (one["ruleName"], each["constructPath"])
        for one in found
        for each in one["violatingConstructs"]
    ]

    assert [each for each in places if each[1].startswith("Taskmill/")] == []


def test_both_functions_of_a_pool_have_its_memory_and_network(template: Template) -> None:
    for name in ("PoolLargeWorker", "PoolLargeBatch"):
        made = function(template, name)
        assert made["MemorySize"] == 3_008
        assert len(made["VpcConfig"]["SubnetIds"]) == 3
        assert made["Timeout"] == 900
    assert "VpcConfig" not in function(template, "Worker")


def test_lambda_may_attach_only_the_functions_of_that_pool(
    template: Template, allowed: Allowed
) -> None:
    for name in ("PoolLargeWorker", "PoolLargeBatch"):
        assert "ec2:CreateNetworkInterface" in allowed(template, f"{name}Role")["*"]
    for name in ("Worker", "PoolMyImageWorker"):
        assert "ec2:CreateNetworkInterface" not in allowed(template, f"{name}Role")["*"]


def test_a_pool_of_an_image_runs_the_handlers_in_it(template: Template) -> None:
    worker, batch = (function(template, f"PoolMyImage{each}") for each in ("Worker", "Batch"))

    assert worker["PackageType"] == batch["PackageType"] == "Image"
    assert worker["ImageConfig"] == {"Command": ["taskmill.handlers.work.handler"]}
    assert batch["ImageConfig"] == {"Command": ["taskmill.handlers.subtasks.batch"]}
    assert worker["EphemeralStorage"] == batch["EphemeralStorage"] == {"Size": 4_096}
    assert not {"Runtime", "Handler", "Layers", "SnapStart"} & worker.keys()


def test_a_pool_imports_its_own_modules(template: Template, environment_of: Variables) -> None:
    for name in ("PoolMyImageWorker", "PoolMyImageBatch"):
        assert environment_of(template, name)["TASKMILL_MODULES"] == "video"
    assert environment_of(template, "PoolLargeWorker")["TASKMILL_MODULES"] == "orders"


def test_its_queue_is_drained_by_its_worker_alone(template: Template) -> None:
    large = sources(template)["WorkQueuePoolLargeQueue"]

    assert large["FunctionName"]["Ref"][:-8] == "PoolLargeWorker"
    assert (large["BatchSize"], large["ScalingConfig"]) == (1, {"MaximumConcurrency": 5})
    assert large["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert sources(template)["WorkQueuePoolMyImageQueue"]["BatchSize"] == 10


@pytest.mark.parametrize("name", ["Elsewhere", "Gpu", "ByHand"])
def test_no_function_drains_what_consumers_drain(template: Template, name: str) -> None:
    assert f"WorkQueuePool{name}Queue" not in sources(template)
    assert queue(template, f"WorkQueuePool{name}Queue")["VisibilityTimeout"] == 120


def test_a_message_stays_hidden_while_its_worker_may_hold_it(template: Template) -> None:
    assert queue(template, "WorkQueuePoolLargeQueue")["VisibilityTimeout"] == 930
    assert queue(template, "WorkQueuePoolMyImageQueue")["VisibilityTimeout"] == 330


def test_dead_letters_of_all_pools_go_where_the_others_go(
    template: Template, environment_of: Variables
) -> None:
    for name in QUEUES:
        redrive = queue(template, name)["RedrivePolicy"]
        assert redrive["deadLetterTargetArn"]["Fn::GetAtt"][0][:-8] == "WorkQueueDeadLetters"
    known = environment_of(template, "DeadLettersHandler")
    assert {each for each in known.values() if "QueuePool" in each} == QUEUES


@pytest.mark.parametrize("name", ["Dispatch", "SweepHandler"])
def test_what_sends_knows_every_queue_and_may_send_to_it(
    template: Template, environment_of: Variables, allowed: Allowed, name: str
) -> None:
    known, may = environment_of(template, name), allowed(template, f"{name}Role")

    assert known["TASKMILL_POOL_MY_IMAGE_URL"] == "WorkQueuePoolMyImageQueue"
    assert known["TASKMILL_POOL_MY_IMAGE_ARN"] == "WorkQueuePoolMyImageQueue"
    for each in QUEUES:
        assert "sqs:SendMessage" in may[each]
        assert "sqs:ReceiveMessage" not in may[each]


@pytest.mark.parametrize("role", ["DeadLettersHandlerRole", "SchedulesRole"])
def test_so_may_the_handler_of_dead_letters_and_schedules(
    template: Template, allowed: Allowed, role: str
) -> None:
    for each in QUEUES:
        assert "sqs:SendMessage" in allowed(template, role)[each]


def test_the_functions_of_a_pool_reach_no_other_queue(template: Template, allowed: Allowed) -> None:
    worker = allowed(template, "PoolLargeWorkerRole")
    batch = allowed(template, "PoolLargeBatchRole")

    assert {each for each in worker if "Queue" in each} == {
        "WorkQueuePoolLargeQueue",
        "WorkQueueUnreadable",
    }
    assert "sqs:ReceiveMessage" not in worker["WorkQueueUnreadable"]
    assert [each for each in batch if "Queue" in each] == []


def test_they_may_do_to_rows_and_payloads_what_the_stack_s_own_may(
    template: Template, allowed: Allowed
) -> None:
    def on_data(function: str) -> dict[str, set[str]]:
        may = allowed(template, f"{function}Role")
        return {name: done for name, done in may.items() if name.startswith(("Tasks", "Payloads"))}

    assert on_data("PoolMyImageWorker") == on_data("Worker")
    assert on_data("PoolMyImageBatch") == on_data("Batch")
    assert on_data("PoolMyImageBatch")


@pytest.mark.parametrize("name", ["Worker", "ApiHandler", "Batch", "PoolMyImageWorker"])
def test_nobody_else_receives_from_the_queue_of_a_pool(
    template: Template, allowed: Allowed, name: str
) -> None:
    may = allowed(template, f"{name}Role")

    assert "sqs:ReceiveMessage" not in may.get("WorkQueuePoolLargeQueue", set())


@pytest.mark.parametrize(
    "name", ["ApiHandler", "Worker", "PoolLargeWorker", "Dispatch", "Split", "Batch"]
)
def test_whoever_submits_knows_the_pools(
    template: Template, environment_of: Variables, name: str
) -> None:
    pools = environment_of(template, name)["TASKMILL_POOLS"]

    assert pools == "large,my-image,elsewhere,gpu:container,by-hand:container"


def test_containers_of_a_pool_drain_its_queue_alone(
    template: Template, allowed: Allowed, variables: Callable[[Template], dict[str, str]]
) -> None:
    """Those of the pool without an image are run elsewhere."""
    may = allowed(template, "PoolGpuContainersTaskDefinitionTaskRole")

    assert variables(template)["TASKMILL_QUEUE_URL"] == "WorkQueuePoolGpuQueue"
    assert {each for each in may if "Queue" in each} == {
        "WorkQueuePoolGpuQueue",
        "WorkQueueUnreadable",
    }
    template.resource_count_is("AWS::ECS::Service", 1)


# Fan-outs


@pytest.fixture(scope="module")
def machine(template: Template, rendered: Callable[[Any], str]) -> dict[str, Any]:
    [made] = template.find_resources("AWS::StepFunctions::StateMachine").values()
    return json.loads(rendered(made["Properties"]["DefinitionString"]))  # type: ignore[no-any-return]


def test_the_batches_run_in_the_pool_that_split_names(machine: dict[str, Any]) -> None:
    states = machine["States"]
    choice = states[states["Split"]["Next"]]

    chosen = {each["And"][1]["StringEquals"]: each["Next"] for each in choice["Choices"]}
    assert chosen == {name: f"Work-{name}" for name in ("large", "my-image", "elsewhere")}
    assert choice["Default"] == "Work"
    called = {
        name: states[name]["ItemProcessor"]["States"][name.replace("Work", "Batch")]["Resource"]
        for name in ("Work", *chosen.values())
    }
    assert called == {
        "Work": "Batch",
        "Work-large": "PoolLargeBatch",
        "Work-my-image": "PoolMyImageBatch",
        "Work-elsewhere": "PoolElsewhereBatch",
    }


def test_a_fan_out_in_a_pool_is_like_any_other(machine: dict[str, Any]) -> None:
    """But for its function: with the same retriers, and the same ways to finish."""
    states = machine["States"]

    assert (
        json.loads(
            json.dumps(states["Work-large"])
            .replace("-large", "")
            .replace("PoolLargeBatch", "Batch")
        )
        == states["Work"]
    )


def test_the_workflow_may_invoke_every_batch_function(template: Template, allowed: Allowed) -> None:
    may = allowed(template, "SubtaskWorkflowStateMachineRole")

    batches = {each for each in may if each.endswith("Batch")}
    assert batches == {"Batch", "PoolLargeBatch", "PoolMyImageBatch", "PoolElsewhereBatch"}
    assert {action for each in batches for action in may[each]} == {"lambda:InvokeFunction"}


# Alarms, dashboard, outputs


def test_each_pool_has_alarms_of_its_own(template: Template) -> None:
    alarms = {
        name.removeprefix("Monitoring")[:-8]
        for name in template.find_resources("AWS::CloudWatch::Alarm")
    }
    of_large = {each for each in alarms if "PoolLarge" in each}

    assert of_large == {
        "PoolLargeTasksWaiting",
        "PoolLargeWorkerErrors",
        "PoolLargeWorkerThrottles",
        "PoolLargeBatchThrottles",  # it raises in order to be called again
    }
    assert "PoolElsewhereTasksWaiting" not in alarms  # what runs counts as waiting there


def test_the_dashboard_shows_its_queue_and_its_functions(
    template: Template, rendered: Callable[[Any], str]
) -> None:
    [dashboard] = template.find_resources("AWS::CloudWatch::Dashboard").values()
    shown = rendered(dashboard["Properties"]["DashboardBody"])

    for each in (*QUEUES, "PoolLargeWorker", "PoolLargeBatch"):
        assert each in shown


def test_outputs_say_where_consumers_of_a_pool_find_it(template: Template) -> None:
    outputs = template.find_outputs("*")

    assert outputs["Pools"]["Value"].startswith("large,my-image,")
    assert outputs["PoolByHandQueueUrl"]["Value"]["Ref"].startswith("WorkQueuePoolByHandQueue")


# What is refused


@pytest.mark.parametrize("name", ["", "Large", "a_b", "1st", "x" * 33, "a b", None, 3])
def test_a_name_that_no_queue_could_have_is_refused(name: Any) -> None:
    with pytest.raises(ValueError, match="the pool's name is"):
        WorkerPool(name)


@pytest.mark.parametrize("name", ["normal", "priority", "container"])
def test_a_name_of_the_stack_s_own_queues_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a queue that every stack may have"):
        ContainerPool(name)


@pytest.mark.parametrize("names", [("large", "large"), ("a-1", "a1")])
def test_names_that_are_too_much_alike_are_refused(names: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="pools"):
        TaskStack(App(), "T", pools=[WorkerPool(each) for each in names], build_folder=BUILD)


@pytest.mark.parametrize(
    "props",
    [
        {"memory": 64},
        {"timeout": Duration.minutes(16)},
        {"max_concurrency": 1},
        {"batch_size": 11},
        {"modules": "video"},
        {"image": "video:1"},
        {"vpc": "vpc-1"},
    ],
    ids=lambda props: next(iter(props)),
)
def test_a_prop_that_cannot_work_is_refused_by_its_name(props: dict[str, Any]) -> None:
    (name,) = props
    with pytest.raises((TypeError, ValueError), match=rf"^{name} is .*give"):
        WorkerPool("large", **props)


def test_a_misspelt_prop_is_refused_with_what_was_meant() -> None:
    with pytest.raises(TypeError, match=r"WorkerPool has no prop 'memry'; did you mean 'memory'"):
        WorkerPool("large", memry=1)
    with pytest.raises(TypeError, match=r"ContainerPool has no prop 'max_container'"):
        ContainerPool("gpu", max_container=1)


def test_modules_that_are_not_there_are_refused(tasks_folder: Path) -> None:
    source = TaskSource(folder=tasks_folder, modules=["orders"])

    with pytest.raises(TaskSourceError, match="no module 'video'"):
        TaskStack(
            App(),
            "T",
            tasks=source,
            pools=[WorkerPool("large", modules=["video"])],
            build_folder=BUILD,
        )


# Subclasses


class Scratch(WorkerPool):
    def function_props(self, *, local: bool) -> dict[str, Any]:
        return {**super().function_props(local=local), "description": "with scratch space"}


class LongBatches(TaskStack):
    def _build_pool_batch(self, pool: WorkerPool, **props: Any) -> TaskFunction:
        return super()._build_pool_batch(pool, **{**props, "timeout": Duration.minutes(10)})


@pytest.fixture(scope="module")
def local() -> Template:
    """A local stack of these: with an image, which it cannot run."""
    image = lambda_.Code.from_asset_image(str(ROOT / "examples"))
    stack = LongBatches(
        App(), "Local", local=True, pools=[Scratch("large", image=image)], build_folder=BUILD
    )
    return Template.from_stack(stack)


def test_a_pool_and_the_hooks_of_the_stack_can_be_overridden(local: Template) -> None:
    worker, batch = (function(local, f"PoolLarge{each}") for each in ("Worker", "Batch"))

    assert worker["Description"] == batch["Description"] == "with scratch space"
    assert (worker["Timeout"], batch["Timeout"]) == (300, 600)


def test_a_local_stack_runs_a_pool_without_its_image(local: Template) -> None:
    assert function(local, "PoolLargeWorker")["Handler"] == "taskmill.handlers.work.handler"
    assert sources(local)["WorkQueuePoolLargeQueue"]["ScalingConfig"] == {"MaximumConcurrency": 2}
    local.has_resource_properties(
        "AWS::Lambda::Function", {"Layers": Match.any_value(), "Description": "with scratch space"}
    )
