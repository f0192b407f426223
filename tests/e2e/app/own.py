"""What the end-to-end tests' stack has of its own: resources, triggers, functions that submit."""

from aws_cdk import CfnOutput, Duration, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from taskmill_cdk import TaskStack, hidden_for

TENANT = "triggers"
SUBMITS = """
from e2e_tasks import echo

def handler(event, context):
    return echo.submit(event["value"]).key.as_dict()
"""


class Own(Stack):
    """Resources of the user's, deployed before the stack whose tasks use them."""

    def __init__(self, *args: object, **props: object) -> None:
        super().__init__(*args, **props)  # type: ignore[arg-type]
        self.files = s3.Bucket(self, "Files", removal_policy=RemovalPolicy.DESTROY)
        self.password = secretsmanager.Secret(
            self, "Password", secret_string_value=SecretValue.unsafe_plain_text("hunter2")
        )
        self.rate = ssm.StringParameter(
            self, "Rate", parameter_name="taskmill-e2e-rate", string_value="7"
        )

    @property
    def environment_of_tasks(self) -> dict[str, str]:
        return {"COLOUR": "red", "FILES": self.files.bucket_name}

    @property
    def secrets_of_tasks(self) -> dict[str, object]:
        return {"PASSWORD": self.password, "RATE": self.rate}


def add_triggers(stack: TaskStack) -> None:
    """A rule, uploads, a topic and a queue; rules have two targets, as if they delivered twice."""
    shop = events.Rule(stack, "Shop", event_pattern=events.EventPattern(source=["shop"]))
    uploaded = s3.Bucket(stack, "Uploaded", removal_policy=RemovalPolicy.DESTROY)
    uploads = stack.task_on_upload("Uploads", uploaded, "echo", tenant=TENANT, prefix="in/")
    uploads.add_target(stack.task_target("echo", tenant=TENANT))
    for _ in range(2):
        shop.add_target(
            stack.task_target(
                "echo",
                tenant="$.detail.tenant",
                tenants=[TENANT],
                input={"order": events.EventField.from_path("$.detail.order")},
                code="$.detail.order",
            )
        )
    topic = sns.Topic(stack, "Bounces")
    topic.add_subscription(stack.task_subscription("echo", tenant=TENANT))
    queue = sqs.Queue(stack, "Orders", visibility_timeout=hidden_for(stack.worker))
    stack.add_queue_source(queue, "echo", tenant=TENANT, code="$.order.id")
    for name, value in {
        "UploadedName": uploaded.bucket_name,
        "BouncesArn": topic.topic_arn,
        "OrdersUrl": queue.queue_url,
    }.items():
        CfnOutput(stack, name, value=value)


def add_submitters(stack: TaskStack) -> None:
    hook = stack.add_submitter("Hook", "e2e_hooks.on_event", tenant=TENANT)
    connected = lambda_.Function(
        stack,
        "Connected",
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler="index.handler",
        code=lambda_.Code.from_inline(SUBMITS),
        timeout=Duration.seconds(30),
    )
    stack.connect(connected, tenant=TENANT)
    CfnOutput(stack, "HookName", value=hook.function_name)
    CfnOutput(stack, "ConnectedName", value=connected.function_name)
