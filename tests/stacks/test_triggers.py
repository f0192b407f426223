"""Rules, uploads, topics and queues that start tasks: what is sent where, and who may send."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from taskmill_cdk import TaskStack, hidden_for

BUILD = Path(__file__).resolve().parents[2] / ".build"
FIELD = events.EventField.from_path


@pytest.fixture(scope="module")
def template() -> Template:
    stack = TaskStack(App(), "Shop", build_folder=BUILD)
    shop = events.EventPattern(source=["shop"])
    for construct_id, target in {
        "Plain": stack.task_target("import-file", tenant="acme"),
        "Parts": stack.task_target(
            "import-file",
            tenant="$.detail.tenant",
            tenants=["acme", "globex"],
            input={"key": FIELD("$.detail.key"), "by": "us"},
            code="$.detail.order",
        ),
        "Literal": stack.task_target("import-file", tenant="acme", input={"by": "us > you"}),
        "Nothing": stack.task_target("clean-up", tenant="acme", input=None),
        "Text": stack.task_target(
            "import-file",
            tenant="acme",
            input=events.RuleTargetInput.from_text(f"at {FIELD('$.time')}"),
        ),
    }.items():
        events.Rule(stack, construct_id, event_pattern=shop, targets=[target])
    uploads = s3.Bucket(stack, "Files")
    stack.task_on_upload(
        "Uploads", uploads, "import-file", tenant="acme", prefix="in/", suffix=".csv"
    )
    topic = sns.Topic(stack, "Bounces")
    topic.add_subscription(stack.task_subscription("mail-bounced", tenant="acme"))
    orders = sqs.Queue(stack, "Orders", visibility_timeout=hidden_for(stack.worker))
    stack.add_queue_source(orders, "ship", tenant="$.tenant", code="$.order.id")
    return Template.from_stack(stack)


def target(template: Template, rule: str) -> dict[str, Any]:
    rules = template.find_resources("AWS::Events::Rule")
    [found] = [each for name, each in rules.items() if name[:-8] == rule]
    [only] = found["Properties"]["Targets"]
    result: dict[str, Any] = only
    return result


def rendered(template: Template, rule: str, event: dict[str, Any]) -> Any:
    """What EventBridge makes of an event, as its guide has it ("Amazon EventBridge input
    transformation"): each variable stands for the JSON of what its path leads to."""
    transformer = target(template, rule)["InputTransformer"]
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value: Any = event
        for part in path.removeprefix("$.").split("."):
            value = value[part]
        inside = json.dumps(value).strip('"')
        text = text.replace(f" <{name}>", f" {inside}").replace(f"<{name}>", json.dumps(value))
    return json.loads(text)


EVENT = {
    "id": "e-1",
    "time": "noon",
    "detail": {"key": "a.csv", "tenant": "globex", "order": "o-7"},
}


def test_the_message_says_what_is_to_be_submitted(template: Template) -> None:
    assert rendered(template, "Plain", EVENT) == {
        "submit": {
            "tenant": "acme",
            "type": "import-file",
            "code": "e-1",
            "by": "rule:Plain",
            "input": EVENT["detail"],
        }
    }


def test_tenant_code_and_input_may_be_parts_of_the_event(template: Template) -> None:
    asked = rendered(template, "Parts", EVENT)["submit"]

    assert (asked["tenant"], asked["tenants"]) == ("globex", ["acme", "globex"])
    assert asked["code"] == "o-7"
    assert asked["input"] == {"key": "a.csv", "by": "us"}


def test_an_input_may_be_the_same_each_time(template: Template) -> None:
    assert rendered(template, "Literal", EVENT)["submit"]["input"] == {"by": "us > you"}


def test_a_task_may_have_no_input(template: Template) -> None:
    assert "input" not in rendered(template, "Nothing", EVENT)["submit"]


def test_an_input_may_be_any_of_the_cdks(template: Template) -> None:
    assert rendered(template, "Text", EVENT)["submit"]["input"] == "at noon"


def test_what_cannot_be_sent_is_set_aside_for_people(template: Template) -> None:
    assert "Unreadable" in str(target(template, "Plain")["DeadLetterConfig"])


def test_an_upload_is_an_event_of_its_bucket(template: Template) -> None:
    template.has_resource_properties(
        "AWS::Events::Rule",
        {
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"object": {"key": [{"wildcard": "in/*.csv"}]}},
            }
        },
    )
    template.has_resource_properties(
        "Custom::S3BucketNotifications",
        {"NotificationConfiguration": {"EventBridgeConfiguration": {}}},
    )


def test_who_sends_may_send_to_the_work_queue_only(template: Template) -> None:
    allowed = set()
    for name, policy in template.find_resources("AWS::SQS::QueuePolicy").items():
        for each in policy["Properties"]["PolicyDocument"]["Statement"]:
            service = each["Principal"].get("Service", "")
            if each["Effect"] == "Allow":
                assert "aws:SourceArn" in str(each["Condition"])
                allowed.add((name[:-8], service.partition(".")[0]))
    assert allowed == {
        ("WorkQueuePolicy", "events"),
        ("WorkQueuePolicy", "sns"),
        ("WorkQueueUnreadablePolicy", "events"),
        ("WorkQueueUnreadablePolicy", "sns"),
        ("SubtaskWorkflowDeadLettersPolicy", "events"),
    }


def test_the_readers_know_what_a_topic_and_a_queue_start(template: Template) -> None:
    functions = template.find_resources("AWS::Lambda::Function")
    known = {
        name[:-8]: each["Properties"]["Environment"]["Variables"]["TASKMILL_TRIGGERS"]
        for name, each in functions.items()
        if "TASKMILL_TRIGGERS" in str(each)
    }

    assert known.keys() == {"Worker", "DeadLettersHandler"}
    parts = known["Worker"]["Fn::Join"][1]
    sources = json.loads("".join(each if isinstance(each, str) else "x" for each in parts))
    assert [(each["kind"], each["type"], each["tenant"]) for each in sources] == [
        ("topic", "mail-bounced", "acme"),
        ("queue", "ship", "$.tenant"),
    ]
    assert sources[1]["code"] == "$.order.id"


def test_the_worker_receives_from_the_users_queue(template: Template) -> None:
    mappings = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    [mapping] = [each for each in mappings if "Orders" in str(each["Properties"]["EventSourceArn"])]

    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    worker = template.find_resources("AWS::IAM::Policy")
    [policy] = [each for name, each in worker.items() if name.startswith("WorkerRoleDefault")]
    assert "'Fn::GetAtt': ['Orders" in str(policy)


@pytest.mark.parametrize(
    ("names", "error"),
    [
        ({"task_type": "no type", "tenant": "acme"}, "task_type is 'no type'"),
        ({"task_type": "t", "tenant": "$.detail..x"}, "tenant is"),
        ({"task_type": "t", "tenant": "acme", "code": "fixed"}, "code is 'fixed'"),
        ({"task_type": "t", "tenant": "acme", "tenants": ["$.x"]}, "tenants is"),
        ({"task_type": "t", "tenant": "acme", "input": {"a": ["<us>"]}}, "<us>.*EventBridge"),
    ],
)
def test_names_that_no_task_can_have_are_refused(names: dict[str, Any], error: str) -> None:
    stack = TaskStack(App(), "Shop", build_folder=BUILD)

    with pytest.raises(ValueError, match=error):
        stack.task_target(**names)


def test_a_queue_that_shows_its_messages_too_soon_is_refused() -> None:
    stack = TaskStack(App(), "Shop", build_folder=BUILD)
    soon = sqs.Queue(stack, "Soon", visibility_timeout=Duration.seconds(60))

    with pytest.raises(ValueError, match=r"for 60 s.*hidden_for"):
        stack.add_queue_source(soon, "ship", tenant="acme")
    with pytest.raises(ValueError, match="hides its messages for 30 s"):
        stack.add_queue_source(sqs.Queue(stack, "Plain"), "ship", tenant="acme")


def test_a_source_starts_tasks_of_one_type() -> None:
    stack = TaskStack(App(), "Shop", build_folder=BUILD)
    topic = sns.Topic(stack, "Topic")
    topic.add_subscription(stack.task_subscription("one", tenant="acme"))

    with pytest.raises(Exception, match="starts tasks already"):
        topic.add_subscription(stack.task_subscription("two", tenant="acme"))


def test_topics_and_queues_need_a_worker_in_lambda() -> None:
    stack = TaskStack(App(), "Shop", worker_concurrency=0, build_folder=BUILD)

    with pytest.raises(ValueError, match="worker_concurrency is 0"):
        stack.task_subscription("one", tenant="acme")


def test_a_bucket_of_another_app_is_not_changed() -> None:
    stack = TaskStack(App(), "Shop", build_folder=BUILD)
    bucket = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")

    stack.task_on_upload("Uploads", bucket, "import-file", tenant="acme", prefix="in/")

    template = Template.from_stack(stack)
    template.resource_count_is("Custom::S3BucketNotifications", 0)
    template.has_resource_properties(
        "AWS::Events::Rule",
        {"EventPattern": {"detail": {"object": {"key": [{"prefix": "in/"}]}}}},
    )


def test_a_rule_of_another_stack_can_use_it_if_that_is_the_stacks_own() -> None:
    app = App()
    stack = TaskStack(app, "Shop", build_folder=BUILD)
    topic = sns.Topic(Stack(app, "Mail"), "Bounces")

    topic.add_subscription(stack.task_subscription("mail-bounced", tenant="acme"))

    Template.from_stack(stack).resource_count_is("AWS::SNS::Subscription", 1)
