"""Synthesised once per session: it takes seconds."""

import json
import os
import re
import runpy
import subprocess
import sys

import taskmill_cdk.bundled_node  # noqa: F401  before aws_cdk, which starts Node

# isort: split
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, Size, Stack, Validations
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks, ServerlessChecks

from taskmill_cdk import ContainerPool, TaskSource, TaskStack, WorkerPool

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]


def pytest_itemcollected(item: pytest.Item) -> None:
    """One process runs all tests of this folder, so nothing is synthesised twice."""
    item.add_marker(pytest.mark.xdist_group("stacks"))


@dataclass(frozen=True)
class Synthesis:
    """A template, and what cdk-nag found in it."""

    template: Template
    findings: list[str]


@pytest.fixture(scope="session")
def tasks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks")
    (folder / "orders.py").write_text("SHIPPED = True\n")
    return folder


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, tasks_folder: Path) -> Synthesis:
    out = tmp_path_factory.mktemp("aws")
    app = App(context=CONTEXT, outdir=str(out))
    source = TaskSource(folder=tasks_folder, modules=["orders"], factory="orders:Factory")
    TaskStack(app, "Taskmill", tasks=source, build_folder=ROOT / ".build")
    return checked(app, out)


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory, tasks_folder: Path) -> Synthesis:
    """A stack that knows its account and region, with containers, and a key for its topics.

    Beside it is a stack in which each pack finds something, as a report names only those that did.
    """
    out = tmp_path_factory.mktemp("settled")
    app = App(context=CONTEXT, outdir=str(out))
    env = Environment(account="123456789012", region="eu-west-1")
    beside = Stack(app, "Beside", env=env)
    sqs.Queue(beside, "Queue")
    logs.LogGroup(beside, "Logs")
    key = kms.Key(beside, "Key", enable_key_rotation=True)
    TaskStack(
        app,
        "Taskmill",
        tasks=TaskSource(folder=tasks_folder, modules=["orders"]),
        container_image=ecs.ContainerImage.from_registry("public.ecr.aws/acme/tasks:1"),
        cors=["https://app.example"],
        encryption_key=key,
        env=env,
        build_folder=ROOT / ".build",
    )
    return checked(app, out)


@pytest.fixture(scope="session")
def pooled(tmp_path_factory: pytest.TempPathFactory, tasks_folder: Path) -> Synthesis:
    """A stack with worker pools: in a VPC, of an image, one drained elsewhere, two of containers.

    It has a sweep, too: that sends to all queues.
    """
    out = tmp_path_factory.mktemp("pooled")
    app = App(context=CONTEXT, outdir=str(out))
    env = Environment(account="123456789012", region="eu-west-1")
    network = Stack(app, "Network", env=env)
    vpc = ec2.Vpc(network, "Vpc")
    images = ecr.Repository(network, "Images")
    TaskStack(
        app,
        "Taskmill",
        tasks=TaskSource(folder=tasks_folder, modules=["orders"]),
        pools=[
            WorkerPool(
                "large",
                memory=3_008,
                timeout=Duration.minutes(15),
                vpc=vpc,
                max_concurrency=5,
                batch_size=1,
            ),
            WorkerPool(
                "my-image",
                image=lambda_.Code.from_ecr_image(images, tag_or_digest="1"),
                modules=["video"],
                ephemeral_storage_size=Size.gibibytes(4),
            ),
            WorkerPool("elsewhere", max_concurrency=0),
            ContainerPool("gpu", image=ecs.ContainerImage.from_registry("acme/gpu:1")),
            ContainerPool("by-hand"),
        ],
        sweep_every=Duration.days(1),
        env=env,
        build_folder=ROOT / ".build",
    )
    return checked(app, out)


@pytest.fixture(scope="session")
def template(aws: Synthesis) -> Template:
    """What goes to AWS when nothing is said."""
    return aws.template


@pytest.fixture(scope="session")
def findings(aws: Synthesis) -> list[str]:
    """What cdk-nag would have us change or acknowledge."""
    return aws.findings


@pytest.fixture(scope="session")
def local_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("local")


@pytest.fixture(scope="session")
def local_synth(local_out: Path) -> subprocess.CompletedProcess[str]:
    """``cdk synth -c local=true`` as the CDK runs it, on a machine without AWS credentials."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "CDK_OUTDIR": str(local_out),
        "CDK_CONTEXT_JSON": json.dumps(CONTEXT | {"local": "true"}),
    }
    return subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.fixture(scope="session")
def local_template(local_out: Path, local_synth: subprocess.CompletedProcess[str]) -> Template:
    """What goes to the local cloud: the demo."""
    assert local_synth.returncode == 0, local_synth.stderr
    return Template.from_json(json.loads((local_out / "Taskmill.template.json").read_text()))


@pytest.fixture(scope="session")
def example() -> Template:
    """The example that overrides hooks."""
    names = runpy.run_path(str(ROOT / "examples/encrypted_queue/stack.py"))
    stack = names["EncryptedQueueStack"](
        App(context=CONTEXT), "Encrypted", build_folder=ROOT / ".build"
    )
    return Template.from_stack(stack)


@pytest.fixture(scope="session")
def definition(template: Template) -> dict[str, Any]:
    """The state machine, with functions by the ids of their constructs."""
    [machine] = template.find_resources("AWS::StepFunctions::StateMachine").values()
    return json.loads(render(machine["Properties"]["DefinitionString"]))


@pytest.fixture(scope="session")
def environment(template: Template) -> Callable[[str], dict[str, str]]:
    """The variables of a function, named by its construct's id."""

    return lambda function: variables_of(template, function)


@pytest.fixture(scope="session")
def environment_of() -> Callable[[Template, str], dict[str, str]]:
    """The variables of a function of a template."""
    return variables_of


@pytest.fixture(scope="session")
def variables() -> Callable[[Template], dict[str, str]]:
    """The variables of a template's containers."""

    def of(template: Template) -> dict[str, str]:
        [definition] = template.find_resources("AWS::ECS::TaskDefinition").values()
        [container] = definition["Properties"]["ContainerDefinitions"]
        return {each["Name"]: render(each["Value"]) for each in container["Environment"]}

    return of


@pytest.fixture(scope="session")
def findings_of() -> Callable[[Path], list[str]]:
    """What a report of cdk-nag holds."""
    return findings_in


@pytest.fixture(scope="session")
def rendered() -> Callable[[Any], str]:
    """A template's expression as text, with resources by the ids of their constructs."""
    return render


@pytest.fixture(scope="session")
def allowed() -> Callable[[Template, str], dict[str, set[str]]]:
    """What a role of a template may do: actions by resource."""
    return actions_of


def checked(app: App, out: Path) -> Synthesis:
    """The synthesised stack, and what all packs of cdk-nag that we claim find in the app."""
    packs = (AwsSolutionsChecks, ServerlessChecks, NIST80053R5Checks)
    Validations.of(app).add_plugins(*(pack(app) for pack in packs))
    try:
        app.synth()
    except RuntimeError as error:  # the findings stop the synthesis, after all is written
        if "ValidationFailed" not in str(error):
            raise
    template = Template.from_json(json.loads((out / "Taskmill.template.json").read_text()))
    return Synthesis(template, findings_in(out / "validation-report.json"))


def findings_in(report: Path) -> list[str]:
    plugins = json.loads(report.read_text())["pluginReports"]
    return [json.dumps(found) for plugin in plugins for found in plugin["violations"]]


def variables_of(template: Template, function: str) -> dict[str, str]:
    variables = function_properties(template, function)["Environment"]["Variables"]
    return {name: render(value) for name, value in variables.items()}


def function_properties(template: Template, function: str) -> dict[str, Any]:
    [found] = [
        resource["Properties"]
        for logical_id, resource in template.find_resources("AWS::Lambda::Function").items()
        if readable(logical_id) == function
    ]
    return found


def actions_of(template: Template, role: str) -> dict[str, set[str]]:
    actions: dict[str, set[str]] = {}
    for policy in template.find_resources("AWS::IAM::Policy").values():
        if role not in map(render, policy["Properties"]["Roles"]):
            continue
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            for resource in as_list(statement["Resource"]):
                actions.setdefault(render(resource), set()).update(as_list(statement["Action"]))
    return actions


def render(value: Any) -> str:
    """A template's expression as text, with resources by the ids of their constructs."""
    match value:
        case str(text) | {"Fn::Sub": str(text)}:
            return text
        case {"Ref": logical_id}:
            return readable(logical_id)
        case {"Fn::GetAtt": [logical_id, "Arn"]}:
            return readable(logical_id)
        case {"Fn::GetAtt": [logical_id, attribute]}:
            return f"{readable(logical_id)}.{attribute}"
        case {"Fn::Join": [separator, parts]}:
            return str(separator).join(map(render, parts))
        case {"Fn::Select": [_, {"Fn::Split": [_, whole]}]}:
            return render(whole)
    raise ValueError(f"cannot render {value}")


def readable(logical_id: str) -> str:
    """A logical id without the hash at its end."""
    return re.sub(r"[0-9A-F]{8}$", "", logical_id)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
