"""Containers on Fargate: what runs in them, how many there are, what they may do."""

import json
import os
import runpy
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk.assertions import Match, Template
from cdk_nag import AwsSolutionsChecks

from taskmill_cdk import ContainerWorkers, TaskStack

Allowed = Callable[[Template, str], dict[str, set[str]]]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "container_workers"
BUILD = ROOT / ".build"
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]
IMAGE = ecs.ContainerImage.from_registry("public.ecr.aws/somebody/tasks:1")
SERVICE = "AWS::ECS::Service"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
CONSUME = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, synthesised, with what cdk-nag found; without Docker."""
    out = tmp_path_factory.mktemp("containers")
    app = App(context=CONTEXT, outdir=str(out))
    example = runpy.run_path(str(EXAMPLE / "stack.py"))["ContainerStack"]
    example(app, "Containers", build_folder=BUILD)
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:  # the findings stop the synthesis, after all is written
        if "ValidationFailed" not in str(error):
            raise
    return out


@pytest.fixture(scope="module")
def example(out: Path) -> Template:
    return Template.from_json(json.loads((out / "Containers.template.json").read_text()))


def of_stack(**props: Any) -> Template:
    return Template.from_stack(
        TaskStack(App(context=CONTEXT), "Any", container_image=IMAGE, build_folder=BUILD, **props)
    )


def with_workers(**said: Any) -> Template:
    """A stack that says more about its containers."""

    class Saying(TaskStack):
        def _build_container_workers(self, **props: Any) -> ContainerWorkers:
            return super()._build_container_workers(**{**props, **said})

    app = App(context=CONTEXT)
    return Template.from_stack(Saying(app, "Saying", container_image=IMAGE, build_folder=BUILD))


# What runs


def test_a_container_runs_taskmill_work_and_has_two_minutes_to_stop(example: Template) -> None:
    container = the_container(example)

    assert container["Command"] == ["taskmill", "work", "--concurrency", "4", "--grace", "110"]
    assert container["StopTimeout"] == 120
    assert container["LogConfiguration"]["LogDriver"] == "awslogs"
    example.has_resource_properties(
        "AWS::ECS::TaskDefinition",
        {
            "Cpu": "1024",
            "Memory": "2048",
            "RequiresCompatibilities": ["FARGATE"],
            "RuntimePlatform": {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"},
        },
    )


def test_a_container_is_told_what_functions_are_told_and_to_drain_its_own_queue(
    example: Template, variables: Callable[[Template], dict[str, str]]
) -> None:
    assert variables(example) == {
        "POWERTOOLS_SERVICE_NAME": "taskmill",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "TASKMILL_TABLE": "TasksTable",
        "TASKMILL_BUCKET": "PayloadsBucket",
        "TASKMILL_RETENTION_DAYS": "90",
        "TASKMILL_MAX_PAYLOAD_BYTES": "268435456",
        "TASKMILL_IDS": "ulid",
        "TASKMILL_MODULES": "pi_tasks",
        "TASKMILL_QUEUE_URL": "WorkQueueContainerQueue",
        "TASKMILL_UNREADABLE_URL": "WorkQueueUnreadable",
        "TASKMILL_RUNNER": "container",
        "AWS_REGION": "AWS::Region",
    }


def test_what_a_container_runs_starts_and_hands_back_when_it_is_stopped(
    example: Template, variables: Callable[[Template], dict[str, str]]
) -> None:
    program, *arguments = the_container(example)["Command"]
    nowhere = {
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody listens there
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "TASKMILL_QUEUE_URL": "http://127.0.0.1:9/queue",
    }
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(EXAMPLE / "tasks"),
        **variables(example),
        **nowhere,
    }
    command = [str(Path(sys.executable).with_name(program)), *arguments]

    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        too_late = threading.Timer(60, process.kill)
        too_late.start()
        told = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
        too_late.cancel()

    assert "consumer started" in told, told + rest
    assert json.loads(told)["task_types"] == ["estimate-pi"]
    assert '"consumer stopped"' in rest
    assert process.returncode == 0


def test_the_image_is_made_of_taskmill_and_the_tasks_and_runs_as_nobody_special(out: Path) -> None:
    steps = dockerfile_steps(EXAMPLE / "Dockerfile")
    [context] = [path for path in out.glob("asset.*") if (path / "examples").is_dir()]

    assert json.loads(dict(steps)["CMD"]) == ["taskmill", "work"]
    assert dict(steps)["USER"] not in ("root", "0")
    assert dict(steps)["FROM"].startswith("python:3.13")
    for source in copied_sources(steps):
        assert (context / source).exists(), f"{source} is not in what the image is built from"
    assert (context / "lambdas" / "taskmill" / "cli" / "workers" / "work.py").is_file()
    assert {path.name for path in context.iterdir()} == {
        "LICENSE",
        "README.md",
        "examples",
        "lambdas",
        "pyproject.toml",
    }
    assert not list(context.rglob("__pycache__"))


# The network


def test_containers_reach_aws_without_a_nat_gateway_and_nothing_reaches_them(
    example: Template,
) -> None:
    example.resource_count_is("AWS::EC2::NatGateway", 0)
    example.resource_count_is("AWS::EC2::VPCEndpoint", 2)  # gateways: free
    example.has_resource_properties(
        SERVICE,
        {"NetworkConfiguration": {"AwsvpcConfiguration": {"AssignPublicIp": "ENABLED"}}},
    )
    [group] = example.find_resources("AWS::EC2::SecurityGroup").values()
    assert "SecurityGroupIngress" not in group["Properties"]
    example.resource_count_is("AWS::EC2::SecurityGroupIngress", 0)


def test_in_a_network_of_ones_own_they_are_in_its_private_subnets() -> None:
    class InOwn(TaskStack):
        def _build_container_workers(self, **props: Any) -> ContainerWorkers:
            return super()._build_container_workers(vpc=ec2.Vpc(self, "Own", max_azs=1), **props)

    template = Template.from_stack(InOwn(App(), "InOwn", container_image=IMAGE, build_folder=BUILD))

    template.resource_count_is("AWS::EC2::VPC", 1)
    [service] = template.find_resources(SERVICE).values()
    network = service["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "DISABLED"
    assert all(subnet["Ref"].startswith("OwnPrivateSubnet") for subnet in network["Subnets"])


# How many


@pytest.mark.parametrize(
    ("waiting", "working", "containers", "wanted"),
    [
        (0, 0, None, "fewer"),  # before the first one has ever run there is no figure
        (1, 0, None, "more"),
        (0, 0, 0, "fewer"),
        (1, 0, 0, "more"),
        (0, 4, 1, "as many"),
        (1, 4, 1, "more"),
        (0, 8, 2, "as many"),
        (0, 3, 2, "fewer"),
        (100, 8, 2, "more"),
    ],
)
def test_there_are_as_many_containers_as_messages_ask_for(
    example: Template, waiting: int, working: int, containers: int | None, wanted: str
) -> None:
    tracking = the_tracking(example)
    figures = {"waiting0": waiting, "working0": working, "containers": containers}

    load, target = load_of(tracking, figures), tracking["TargetValue"]

    assert target == 4
    assert {"fewer": load < target, "as many": load == target, "more": load > target}[wanted]


def test_what_is_counted_is_what_aws_counts(example: Template) -> None:
    metrics = the_tracking(example)["CustomizedMetricSpecification"]["Metrics"]
    measured = {
        each["Id"]: (
            each["MetricStat"]["Metric"]["Namespace"],
            each["MetricStat"]["Metric"]["MetricName"],
            [dimension["Name"] for dimension in each["MetricStat"]["Metric"]["Dimensions"]],
        )
        for each in metrics
        if "MetricStat" in each
    }

    assert measured == {
        "waiting0": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", ["QueueName"]),
        "working0": ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", ["QueueName"]),
        "containers": (
            "ECS/ContainerInsights",
            "RunningTaskCount",
            ["ClusterName", "ServiceName"],
        ),
    }
    assert [each["Id"] for each in metrics if each["ReturnData"]] == ["load"]
    insights = {"Name": "containerInsights", "Value": "enabled"}  # else there is no such count
    example.has_resource_properties("AWS::ECS::Cluster", {"ClusterSettings": [insights]})


def test_no_container_is_taken_away_while_there_is_work(example: Template) -> None:
    assert the_tracking(example)["DisableScaleIn"] is True


def test_whoever_does_not_mind_interruptions_has_no_more_containers_than_work() -> None:
    assert the_tracking(with_workers(interrupt=True))["DisableScaleIn"] is False


@pytest.mark.parametrize("least", [0, 2])
def test_after_ten_minutes_without_work_there_are_the_least(least: int) -> None:
    template = with_workers(min_containers=least, max_containers=7)

    template.has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalableTarget", {"MinCapacity": least, "MaxCapacity": 7}
    )
    [alarm] = [
        alarm["Properties"]
        for alarm in template.find_resources("AWS::CloudWatch::Alarm").values()
        if "no work" in alarm["Properties"].get("AlarmDescription", "")
    ]
    assert alarm["Metrics"][0]["Expression"] == "waiting0 + working0"
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
    assert alarm["EvaluationPeriods"] == 10
    [action] = alarm["AlarmActions"]
    rest = template.find_resources(POLICY)[action["Ref"]]["Properties"]
    assert rest["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ExactCapacity",
        "StepAdjustments": [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": least}],
    }


def test_a_deployment_does_not_undo_what_scaling_has_done(example: Template) -> None:
    [service] = example.find_resources(SERVICE).values()

    assert "DesiredCount" not in service["Properties"]


def test_a_broken_image_is_rolled_back(example: Template) -> None:
    example.has_resource_properties(
        SERVICE,
        {
            "DeploymentConfiguration": Match.object_like(
                {
                    "DeploymentCircuitBreaker": {"Enable": True, "Rollback": True},
                    "MinimumHealthyPercent": 100,
                }
            )
        },
    )


def test_spare_capacity_is_used_when_asked_for() -> None:
    template = with_workers(spot=True)

    template.has_resource_properties(
        SERVICE,
        {"CapacityProviderStrategy": [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]},
    )
    template.resource_count_is("AWS::ECS::ClusterCapacityProviderAssociations", 1)


# The queue


def test_the_dispatcher_and_schedules_send_to_the_queue_of_containers(
    example: Template, environment_of: Callable[[Template, str], dict[str, str]], allowed: Allowed
) -> None:
    told = environment_of(example, "Dispatch")

    assert told["TASKMILL_CONTAINER_QUEUE_URL"] == "WorkQueueContainerQueue"
    assert told["TASKMILL_CONTAINER_QUEUE_ARN"] == "WorkQueueContainerQueue"
    assert "sqs:SendMessage" in allowed(example, "DispatchRole")["WorkQueueContainerQueue"]
    assert "sqs:SendMessage" in allowed(example, "SchedulesRole")["WorkQueueContainerQueue"]


def test_the_queue_of_containers_outlives_the_stack_under_its_logical_id(example: Template) -> None:
    queue = example.find_resources("AWS::SQS::Queue")["WorkQueueContainerQueueEBD7EF01"]

    assert queue["DeletionPolicy"] == "RetainExceptOnCreate"
    assert example.to_json()["Outputs"]["ContainerQueueUrl"]["Value"] == {
        "Ref": "WorkQueueContainerQueueEBD7EF01"
    }


def test_containers_may_take_all_work_in_place_of_lambda(
    variables: Callable[[Template], dict[str, str]], allowed: Allowed
) -> None:
    class All(TaskStack):
        def _build_container_workers(self, **props: Any) -> ContainerWorkers:
            return super()._build_container_workers(run_all=True, **props)

    stack = All(App(), "All", container_image=IMAGE, worker_concurrency=0, build_folder=BUILD)
    template = Template.from_stack(stack)

    told = {name: value for name, value in variables(template).items() if name.endswith("_URL")}
    assert told == {
        "TASKMILL_QUEUE_URL": "WorkQueue",
        "TASKMILL_PRIORITY_QUEUE_URL": "WorkQueuePriorityQueue",
        "TASKMILL_CONTAINER_QUEUE_URL": "WorkQueueContainerQueue",
        "TASKMILL_UNREADABLE_URL": "WorkQueueUnreadable",
    }
    role = allowed(template, TASK_ROLE)
    for queue in ("WorkQueue", "WorkQueuePriorityQueue", "WorkQueueContainerQueue"):
        assert role[queue] == CONSUME
    # What waits for others counts as well; what they work on does not.
    figures = {"waiting0": 0, "waiting1": 1, "waiting2": 3, "working0": 1, "containers": 1}
    assert load_of(the_tracking(template), figures) == 5
    sources = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    assert not [s for s in sources if s["Properties"]["FunctionName"]["Ref"].startswith("Worker")]


def test_without_a_queue_of_their_own_containers_are_refused() -> None:
    stack = TaskStack(App(), "Without", build_folder=BUILD)

    with pytest.raises(ValueError, match="make it with containers=True"):
        ContainerWorkers(
            stack, "Containers", image=IMAGE, work_queue=stack.work_queue, environment={}
        )


# The permissions


def test_a_task_in_a_container_may_do_what_one_on_lambda_may(
    example: Template, allowed: Allowed
) -> None:
    container, worker = allowed(example, TASK_ROLE), allowed(example, "WorkerRole")

    assert container.pop("WorkQueueContainerQueue") == CONSUME
    for resource in ("WorkQueue", "WorkQueuePriorityQueue", "WorkerLogs", "*"):
        del worker[resource]
    assert worker.pop("WorkQueueContainerQueue") == {  # it starts children there
        "sqs:SendMessage",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
    }
    assert container == worker


def test_starting_a_container_takes_its_image_and_its_log(
    example: Template, allowed: Allowed
) -> None:
    granted = allowed(example, "ContainerWorkersTaskDefinitionExecutionRole")

    assert granted.pop("ContainerWorkersLogs") == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert {action for actions in granted.values() for action in actions} == {
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetAuthorizationToken",
        "ecr:GetDownloadUrlForLayer",
    }


def test_nothing_is_left_to_acknowledge(
    out: Path, findings_of: Callable[[Path], list[str]]
) -> None:
    assert findings_of(out / "validation-report.json") == []


# Elsewhere


def test_the_local_cloud_has_the_queue_and_no_containers() -> None:
    local = of_stack(local=True)

    local.resource_count_is(SERVICE, 0)
    local.resource_count_is("AWS::EC2::VPC", 0)
    assert "ContainerQueueUrl" in local.to_json()["Outputs"]


def test_a_stack_without_an_image_has_neither(template: Template) -> None:
    template.resource_count_is(SERVICE, 0)
    assert "ContainerQueueUrl" not in template.to_json()["Outputs"]


def test_containers_are_as_large_as_asked() -> None:
    of_stack(container_cpu=4_096, container_memory=16_384).has_resource_properties(
        "AWS::ECS::TaskDefinition", {"Cpu": "4096", "Memory": "16384"}
    )


TASK_ROLE = "ContainerWorkersTaskDefinitionTaskRole"


def the_container(template: Template) -> dict[str, Any]:
    [definition] = template.find_resources("AWS::ECS::TaskDefinition").values()
    [container] = definition["Properties"]["ContainerDefinitions"]
    return container


def the_tracking(template: Template) -> dict[str, Any]:
    [tracking] = [
        policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
        for policy in template.find_resources(POLICY).values()
        if policy["Properties"]["PolicyType"] == "TargetTrackingScaling"
    ]
    return tracking


def load_of(tracking: dict[str, Any], figures: dict[str, Any]) -> float:
    """What CloudWatch computes of these figures."""
    known = {
        "IF": lambda condition, yes, no: yes if condition else no,
        "FILL": lambda figure, instead: instead if figure is None else figure,
        **figures,
    }
    for each in tracking["CustomizedMetricSpecification"]["Metrics"]:
        if "Expression" in each:
            known[each["Id"]] = eval(each["Expression"], {}, known)  # noqa: S307  # our own
        else:
            assert each["Id"] in figures
    load: float = known["load"]
    return load


def dockerfile_steps(file: Path) -> list[tuple[str, str]]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def copied_sources(steps: list[tuple[str, str]]) -> list[str]:
    return [source for word, rest in steps if word == "COPY" for source in shlex.split(rest)[:-1]]
