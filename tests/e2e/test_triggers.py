"""Events, uploads, notifications and messages that start tasks on the deployed stack."""

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from deployed import Outputs, ended, eventually

from taskmill.client import TaskClient
from taskmill.models import Task

PATIENCE_SECONDS = 120.0  # workers may be busy with what other tests have begun
Aws = Callable[[str], Any]


@pytest.fixture(scope="module")
def triggered(outputs_file: Path) -> Iterator[TaskClient]:
    with TaskClient.from_outputs(outputs_file, tenant="triggers") as client:
        yield client


def found(client: TaskClient, is_it: Callable[[Task], bool]) -> list[Task]:
    return [task for task in client.list("echo") if is_it(task)]


def only(client: TaskClient, is_it: Callable[[Task], bool]) -> Task:
    """The one task of this kind, once it has ended after one attempt."""
    eventually(lambda: found(client, is_it), seconds=PATIENCE_SECONDS)
    [task] = found(client, is_it)
    task = ended(client, task, seconds=PATIENCE_SECONDS)
    assert (task.status, task.attempts) == ("COMPLETED", 1)
    return task


def test_an_event_on_the_bus_starts_one_task_though_it_is_sent_twice(
    triggered: TaskClient, aws: Aws
) -> None:
    order = uuid.uuid4().hex
    detail = json.dumps({"order": order, "tenant": "triggers"})
    aws("events").put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": detail}])

    task = only(triggered, lambda each: each.code == order)

    assert triggered.result(task) == {"order": order}
    assert task.created_by == "rule:Shop"
    assert [str(each.status) for each in task.history] == ["CREATED", "STARTED", "COMPLETED"]


def test_an_event_of_another_tenant_starts_none(
    stack: Outputs, aws: Aws, triggered: TaskClient
) -> None:
    order = uuid.uuid4().hex
    detail = json.dumps({"order": order, "tenant": "globex"})
    aws("events").put_events(Entries=[{"Source": "shop", "DetailType": "order", "Detail": detail}])

    def aside() -> list[str]:
        answer = aws("sqs").receive_message(
            QueueUrl=stack["UnreadableUrl"], MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [each["Body"] for each in answer.get("Messages", []) if order in each["Body"]]

    assert "not one that the rule may name" in eventually(aside, seconds=PATIENCE_SECONDS)[0]
    assert not found(triggered, lambda each: each.code == order)


def test_an_upload_starts_one_task(stack: Outputs, triggered: TaskClient, aws: Aws) -> None:
    name = f"in/{uuid.uuid4().hex} ä.csv"
    bucket = stack["UploadedName"]
    aws("s3").put_object(Bucket=bucket, Key=name.replace("in/", "out/"), Body=b"not this one")
    aws("s3").put_object(Bucket=bucket, Key=name, Body=b"1,2")

    def is_upload(task: Task) -> bool:
        return task.created_by == "rule:Uploads"

    task = only(triggered, is_upload)

    detail = triggered.result(task)
    assert detail["bucket"]["name"] == bucket
    assert detail["object"]["key"] == name
    assert detail["object"]["size"] == 3


def test_a_notification_starts_one_task(stack: Outputs, triggered: TaskClient, aws: Aws) -> None:
    message = {"address": "a@example.com"}
    arn = stack["BouncesArn"]
    code = aws("sns").publish(TopicArn=arn, Message=json.dumps(message))["MessageId"]
    again = {"Type": "Notification", "MessageId": code, "TopicArn": arn}
    body = json.dumps(again | {"Message": json.dumps(message)})
    aws("sqs").send_message(QueueUrl=stack["QueueUrl"], MessageBody=body)

    task = only(triggered, lambda each: each.code == code)

    assert triggered.result(task) == message


def test_a_message_on_a_queue_of_the_users_starts_one_task(
    stack: Outputs, triggered: TaskClient, aws: Aws
) -> None:
    order = uuid.uuid4().hex
    for _ in range(2):
        body = json.dumps({"order": {"id": order}})
        aws("sqs").send_message(QueueUrl=stack["OrdersUrl"], MessageBody=body)

    task = only(triggered, lambda each: each.code == order)

    assert triggered.result(task) == {"order": {"id": order}}

    def left() -> bool:
        found = aws("sqs").get_queue_attributes(
            QueueUrl=stack["OrdersUrl"], AttributeNames=["All"]
        )["Attributes"]
        names = ("", "NotVisible")
        return not any(int(found[f"ApproximateNumberOfMessages{each}"]) for each in names)

    assert eventually(left, seconds=PATIENCE_SECONDS)
