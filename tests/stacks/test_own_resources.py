"""What task functions get of the user's: variables, secrets, buckets, a network."""

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Template

from taskmill_cdk import ContainerPool, TaskFunction, TaskSource, TaskStack, WorkerPool

BUILD = Path(__file__).resolve().parents[2] / ".build"
RUN_TASKS = {"Worker", "Batch", "PoolLargeWorker", "PoolLargeBatch"}
CONTAINERS = {"ContainerWorkersTaskDefinition", "PoolGpuContainersTaskDefinition"}


def image() -> ecs.ContainerImage:
    return ecs.ContainerImage.from_registry("public.ecr.aws/example/tasks")


@pytest.fixture(scope="module")
def shop() -> Template:
    """A stack whose tasks use a bucket, a secret and a parameter in a VPC."""
    app = App()
    network = Stack(app, "Network")
    vpc = ec2.Vpc(network, "Vpc")
    group = ec2.SecurityGroup(network, "Tasks", vpc=vpc)
    stores = Stack(app, "Stores")
    stack = TaskStack(
        app,
        "Shop",
        environment={"MEDIA_BUCKET": "media", "POWERTOOLS_SERVICE_NAME": "shop"},
        secrets={
            "DATABASE": secretsmanager.Secret(stores, "Database"),
            "RATE": ssm.StringParameter(stores, "Rate", string_value="7"),
        },
        vpc=vpc,
        security_groups=[group],
        container_image=image(),
        pools=[
            WorkerPool("large", modules=["big"], environment={"SIZE": "large"}),
            ContainerPool("gpu", image=image()),
        ],
        alarm_email="ops@example.com",
        build_folder=BUILD,
    )
    media = s3.Bucket(stack, "Media")
    stack.grant_tasks(media.grant_read)
    return Template.from_stack(stack)


def resources(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = template.find_resources(kind)
    return {name[:-8]: each["Properties"] for name, each in found.items()}


def statements(template: Template, role: str) -> list[dict[str, Any]]:
    policy = resources(template, "AWS::IAM::Policy")[f"{role}DefaultPolicy"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def may(template: Template, action: str, on: str = "") -> set[str]:
    """The parts whose roles may do this, on a resource whose name is in the statement."""
    return {
        name.removesuffix("DefaultPolicy").removesuffix("Role").removesuffix("Task")
        for name, policy in resources(template, "AWS::IAM::Policy").items()
        for each in policy["PolicyDocument"]["Statement"]
        if action in each["Action"] and on in str(each["Resource"])
    }


def test_every_function_has_the_variables_as_all_import_the_modules(shop: Template) -> None:
    functions = resources(shop, "AWS::Lambda::Function")
    ours = {
        name: each["Environment"]["Variables"]
        for name, each in functions.items()
        if "TASKMILL_TABLE" in str(each)
    }

    assert {each["MEDIA_BUCKET"] for each in ours.values()} == {"media"}
    assert {each["POWERTOOLS_SERVICE_NAME"] for each in ours.values()} == {"shop"}
    assert ours.keys() > RUN_TASKS


def test_containers_have_them_too(shop: Template) -> None:
    for definition in resources(shop, "AWS::ECS::TaskDefinition").values():
        [container] = definition["ContainerDefinitions"]
        variables = {each["Name"]: each["Value"] for each in container["Environment"]}
        assert variables["MEDIA_BUCKET"] == "media"
        assert "DATABASE" in variables


def test_a_pool_keeps_its_own_variables_beside_its_modules(shop: Template) -> None:
    worker = resources(shop, "AWS::Lambda::Function")["PoolLargeWorker"]
    variables = worker["Environment"]["Variables"]

    assert variables["SIZE"] == "large"
    assert variables["TASKMILL_MODULES"] == "big"
    assert variables["MEDIA_BUCKET"] == "media"


def test_a_secrets_variable_says_where_it_is_and_never_what_it_is(shop: Template) -> None:
    worker = resources(shop, "AWS::Lambda::Function")["Worker"]
    variables = worker["Environment"]["Variables"]

    assert "Fn::ImportValue" in variables["DATABASE"]
    assert "resolve:secretsmanager" not in str(variables)


@pytest.mark.parametrize(
    ("action", "on"),
    [
        ("secretsmanager:GetSecretValue", ""),
        ("ssm:GetParameter", ""),
        ("s3:GetObject*", "Media"),
    ],
)
def test_what_is_granted_to_tasks_is_granted_to_all_that_runs_them_and_to_nothing_else(
    shop: Template, action: str, on: str
) -> None:
    assert may(shop, action, on) == RUN_TASKS | CONTAINERS


def test_what_runs_tasks_is_in_the_vpc_and_nothing_else(shop: Template) -> None:
    functions = resources(shop, "AWS::Lambda::Function")

    inside = {name: each["VpcConfig"] for name, each in functions.items() if "VpcConfig" in each}

    assert inside.keys() == RUN_TASKS
    assert all("Tasks" in str(each["SecurityGroupIds"]) for each in inside.values())
    services = resources(shop, "AWS::ECS::Service").values()
    networks = [each["NetworkConfiguration"]["AwsvpcConfiguration"] for each in services]
    assert len(networks) == 2
    assert all("Tasks" in str(each["SecurityGroups"]) for each in networks)


def test_a_role_in_the_vpc_may_make_network_interfaces(shop: Template) -> None:
    assert may(shop, "ec2:CreateNetworkInterface") == RUN_TASKS
    assert may(shop, "ec2:DeleteNetworkInterface") == RUN_TASKS


def test_so_may_that_of_a_function_which_a_hook_puts_there() -> None:
    class Inside(TaskStack):
        def _build_worker(self, **props: Any) -> TaskFunction:
            return super()._build_worker(vpc=ec2.Vpc(self, "Vpc"), **props)

    template = Template.from_stack(Inside(App(), "Inside", build_folder=BUILD))

    assert may(template, "ec2:CreateNetworkInterface") == {"Worker"}


def test_a_pool_with_a_vpc_of_its_own_keeps_to_it() -> None:
    app = App()
    network = Stack(app, "Network")
    ours, theirs = ec2.Vpc(network, "Ours"), ec2.Vpc(network, "Theirs")
    group = ec2.SecurityGroup(network, "Tasks", vpc=ours)
    pool = WorkerPool("large", vpc=theirs)
    stack = TaskStack(
        app, "Shop", vpc=ours, security_groups=[group], pools=[pool], build_folder=BUILD
    )

    worker = resources(Template.from_stack(stack), "AWS::Lambda::Function")["PoolLargeWorker"]

    assert "Theirs" in str(worker["VpcConfig"]["SubnetIds"])
    assert "Tasks" not in str(worker["VpcConfig"]["SecurityGroupIds"])


def test_the_local_cloud_has_no_vpc() -> None:
    app = App()
    vpc = ec2.Vpc(Stack(app, "Network"), "Vpc")
    stack = TaskStack(app, "Shop", vpc=vpc, local=True, build_folder=BUILD)

    assert "VpcConfig" not in str(Template.from_stack(stack).to_json())


def test_alarms_are_mailed(shop: Template) -> None:
    [mail] = resources(shop, "AWS::SNS::Subscription").values()

    assert (mail["Protocol"], mail["Endpoint"]) == ("email", "ops@example.com")
    assert "AlarmTopic" in str(mail["TopicArn"])


@pytest.mark.parametrize(
    ("props", "error"),
    [
        ({"environment": {"TASKMILL_TABLE": "mine"}}, "TASKMILL_TABLE.*taskmill"),
        ({"environment": {"AWS_REGION": "eu"}}, "AWS_REGION.*Lambda"),
        ({"environment": {"_HANDLER": "x"}}, "_HANDLER.*Lambda"),
        ({"environment": {"SIZE": 7}}, "SIZE.*texts"),
        ({"environment": [("A", "b")]}, "environment is .*mapping"),
        ({"secrets": {"TASKMILL_X": None}}, "TASKMILL_X"),
        ({"secrets": {"PASSWORD": "hunter2"}}, "PASSWORD.*never the value"),
        ({"security_groups": []}, "security_groups is given without vpc"),
        ({"alarm_email": "ops"}, "alarm_email has 'ops'"),
        ({"pools": [WorkerPool("p", environment={"TASKMILL_BUCKET": "x"})]}, "TASKMILL_BUCKET"),
    ],
)
def test_what_cannot_be_is_refused_by_its_name(props: dict[str, Any], error: str) -> None:
    with pytest.raises((TypeError, ValueError), match=error):
        TaskStack(App(), "Shop", build_folder=BUILD, **props)


# Lambda functions of the user's that submit tasks


@pytest.fixture(scope="module")
def submitters(tmp_path_factory: pytest.TempPathFactory) -> tuple[Template, Path]:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "shop.py").write_text("")
    (folder / "hooks.py").write_text("def on_event(event, context): ...\n")
    app = App(outdir=str(tmp_path_factory.mktemp("out")))
    stack = TaskStack(
        app, "Shop", tasks=TaskSource(folder=folder, modules=["shop"]), build_folder=BUILD
    )
    stack.add_submitter("Hook", "hooks.on_event", tenant="acme", environment={"COLOUR": "red"})
    other = lambda_.Function(
        stack,
        "Other",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    stack.connect(other, tenant="acme")
    return Template.from_stack(stack), Path(app.outdir)


@pytest.mark.parametrize("name", ["Hook", "Other"])
def test_a_submitter_has_what_submitting_takes(
    submitters: tuple[Template, Path], name: str
) -> None:
    template, _ = submitters
    variables = resources(template, "AWS::Lambda::Function")[name]["Environment"]["Variables"]

    assert {"TASKMILL_TABLE", "TASKMILL_BUCKET", "TASKMILL_QUEUE_URL"} <= variables.keys()
    assert (variables["TASKMILL_TENANT"], variables["TASKMILL_MODULES"]) == ("acme", "shop")
    role = "HookRole" if name == "Hook" else "OtherServiceRole"
    actions = str(statements(template, role))
    assert "dynamodb:PutItem" in actions
    assert "sqs:SendMessage" in actions


def test_a_submitter_of_the_stack_is_watched(submitters: tuple[Template, Path]) -> None:
    template, _ = submitters

    alarms = resources(template, "AWS::CloudWatch::Alarm")

    assert {"MonitoringHookErrors", "MonitoringHookThrottles"} <= alarms.keys()


def test_a_connected_function_gets_the_code_and_its_dependencies_as_layers(
    submitters: tuple[Template, Path],
) -> None:
    template, out = submitters
    layers = template.find_resources("AWS::Lambda::LayerVersion")
    other = resources(template, "AWS::Lambda::Function")["Other"]

    names = [each["Ref"][:-8] for each in other["Layers"]]

    assert names == ["CodeLayer", "RuntimeLayer"]
    [code] = [each for name, each in layers.items() if name.startswith("CodeLayer")]
    folder = out / code["Metadata"]["aws:asset:path"] if "Metadata" in code else None
    key = code["Properties"]["Content"]["S3Key"].removesuffix(".zip")
    folder = folder or out / f"asset.{key}"
    assert (folder / "python/shop.py").is_file()
    assert (folder / "python/taskmill/__init__.py").is_file()


@pytest.mark.parametrize(
    ("props", "found"),
    [
        ({"runtime": lambda_.Runtime.PYTHON_3_12}, "python3.12"),
        ({"architecture": lambda_.Architecture.X86_64}, "x86_64"),
        ({"runtime": lambda_.Runtime.NODEJS_22_X}, "nodejs22"),
    ],
)
def test_layers_are_refused_to_what_cannot_use_them(props: dict[str, Any], found: str) -> None:
    stack = TaskStack(App(), "Shop", build_folder=BUILD)
    defaults = {
        "runtime": lambda_.Runtime.PYTHON_3_13,
        "architecture": lambda_.Architecture.ARM_64,
        "handler": "index.handler",
        "code": lambda_.Code.from_inline("x"),
        "timeout": Duration.seconds(3),
    }
    function = lambda_.Function(stack, "Other", **{**defaults, **props})

    with pytest.raises(ValueError, match=f"{found}.*PYTHON_3_13"):
        stack.connect(function)


@pytest.mark.parametrize(
    ("handler", "error"), [("hooks", "module.function"), ("nothing.here", "no module 'nothing'")]
)
def test_a_handler_that_is_not_there_is_refused(tmp_path: Path, handler: str, error: str) -> None:
    (tmp_path / "hooks.py").write_text("")
    source = TaskSource(folder=tmp_path)
    stack = TaskStack(App(), "Shop", tasks=source, build_folder=BUILD)

    with pytest.raises(ValueError, match=error):
        stack.add_submitter("Hook", handler)


def test_a_stack_without_tasks_has_no_code_for_submitters() -> None:
    stack = TaskStack(App(), "Shop", build_folder=BUILD)

    with pytest.raises(ValueError, match="takes its code from tasks"):
        stack.add_submitter("Hook", "hooks.on_event")
