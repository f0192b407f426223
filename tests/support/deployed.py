"""Short ways to use a deployed stack: wait for what must come, read what was published."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from taskmill.client import TaskClient
from taskmill.models import Task

Outputs = Mapping[str, str]
T = TypeVar("T")
DEADLINE_SECONDS = 120.0  # for what takes a second or two on an idle machine


def aws_client(outputs: Outputs, service: str) -> Any:
    """A client of the cloud's root user, past any profile or proxy of the shell."""
    return boto3.client(
        service,
        endpoint_url=outputs["EndpointUrl"],
        region_name=outputs["Region"],
        aws_access_key_id=outputs["AccessKeyId"],
        aws_secret_access_key=outputs["SecretAccessKey"],
        config=Config(proxies={}, retries={"mode": "standard", "max_attempts": 5}),
    )


def eventually(
    look: Callable[[], T], *, seconds: float = DEADLINE_SECONDS, every: float = 0.1
) -> T:
    """The first truthy answer of `look`."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: last answer was {found!r}")
        time.sleep(every)
    return found


def ended(client: TaskClient, task: Any, *, seconds: float = DEADLINE_SECONDS) -> Task:
    """The task as it ended."""
    *_, last = client.updates(task, timeout_seconds=seconds, cap_seconds=0.3)
    return last


def reaches(client: TaskClient, task: Any, *statuses: str) -> Task:
    """The task once it is in one of these statuses."""

    def look() -> Task | None:
        seen = client.get(task)
        return seen if seen.status in statuses else None

    return eventually(look)


def error_of(task: Task) -> dict[str, str]:
    """The stored error, whole."""
    error: Any = task.attributes["error"]
    assert set(error) >= {"type", "message", "stack"}, error
    return error


def executions(outputs: Outputs, key: Any) -> list[dict[str, Any]]:
    """The executions of a step function task, the newest first."""
    states = aws_client(outputs, "stepfunctions")
    found = states.list_executions(stateMachineArn=outputs["StateMachineArn"])["executions"]
    return [each for each in found if each["name"].startswith(key.code)]


class Inbox:
    """A queue that a topic delivers to, and all that has arrived.

    Args:
        policy: Of the subscription: which attributes a message must have.
        raw: Without SNS's envelope; the attributes then come as those of the message.
    """

    def __init__(
        self, outputs: Outputs, topic: str, *, raw: bool, policy: dict[str, Any] | None = None
    ) -> None:
        self._sqs, self._raw = aws_client(outputs, "sqs"), raw
        name = f"inbox-{time.monotonic_ns()}"
        self._url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self._arn()
        self._let_in(arn, outputs[topic])
        attributes = {"RawMessageDelivery": str(raw).lower()}
        if policy is not None:
            attributes["FilterPolicy"] = json.dumps(policy)
        aws_client(outputs, "sns").subscribe(
            TopicArn=outputs[topic], Protocol="sqs", Endpoint=arn, Attributes=attributes
        )
        self.all: list[dict[str, Any]] = []  # {"body", "attributes"}

    def of(self, key: Any, *, action: str | None = None) -> list[dict[str, Any]]:
        """What has arrived about a task."""
        self._fetch()
        return [
            each
            for each in self.all
            if (each["body"].get("pk"), each["body"].get("sk")) == (key.pk, key.sk)
            and action in (None, each["body"]["action"])
        ]

    def _fetch(self) -> None:
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            if not answer.get("Messages"):
                return
            for message in answer["Messages"]:
                self.all.append(self._read(message))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])

    def _read(self, message: dict[str, Any]) -> dict[str, Any]:
        body = json.loads(message["Body"])
        if self._raw:
            attributes = message["MessageAttributes"]
            values = {name: each["StringValue"] for name, each in attributes.items()}
            return {"body": body, "attributes": values}
        attributes = body["MessageAttributes"]
        values = {name: each["Value"] for name, each in attributes.items()}
        return {"body": json.loads(body["Message"]), "attributes": values}

    def _arn(self) -> str:
        answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        arn: str = answer["Attributes"]["QueueArn"]
        return arn

    def _let_in(self, arn: str, topic: str) -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": policy})


def log_lines(outputs: Outputs, function: str) -> Iterator[str]:
    """Everything a function has logged."""
    configuration = aws_client(outputs, "lambda").get_function_configuration(FunctionName=function)
    group = configuration["LoggingConfig"]["LogGroup"]
    pages = aws_client(outputs, "logs").get_paginator("filter_log_events")
    for page in pages.paginate(logGroupName=group):
        for event in page["events"]:
            yield event["message"]


def call(client: TaskClient, method: str, path: str, body: Any = None) -> Any:
    """A signed request below the tenant, as the client would send it; the answer as it came."""
    content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    calls = client._calls
    return calls._http.request(
        method,
        f"{client.url}/v1/tenants/{client.tenant}/{path}",
        content=content,
        headers={"content-type": "application/json"},
        auth=calls._target.auth,
    )


def not_claimed(outputs: Outputs, task: Task) -> list[str]:
    """Lines in which a worker says that it was given the task's message and let it go."""
    lines = log_lines(outputs, outputs["WorkerFunctionName"])
    return [line for line in lines if "not claimed" in line and str(task.key) in line]


def send_again(outputs: Outputs, task: Task) -> None:
    """Put another message of the task on the work queue."""
    aws_client(outputs, "sqs").send_message(
        QueueUrl=outputs["QueueUrl"], MessageBody=json.dumps(task.key.as_dict())
    )


def stored_row(outputs: Outputs, key: Any) -> dict[str, Any] | None:
    """A row's attributes as the table holds them."""
    pk, sk = key.stored
    answer = aws_client(outputs, "dynamodb").get_item(
        TableName=outputs["TableName"], Key={"pk": {"S": pk}, "sk": {"S": sk}}
    )
    row: dict[str, Any] | None = answer.get("Item")
    return row


def stream_records(outputs: Outputs, key: Any) -> list[dict[str, Any]]:
    """Every record of a row, as the table's stream delivered it."""
    dynamodb, streams = aws_client(outputs, "dynamodb"), aws_client(outputs, "dynamodbstreams")
    table = dynamodb.describe_table(TableName=outputs["TableName"])["Table"]
    arn, found = table["LatestStreamArn"], []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            answer = streams.get_records(ShardIterator=iterator, Limit=1_000)
            found += [each for each in answer["Records"] if _is_of(each, key)]
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return found


def _is_of(record: dict[str, Any], key: Any) -> bool:
    keys = record["dynamodb"]["Keys"]
    return (keys["pk"]["S"], keys["sk"]["S"]) == tuple(key.stored)
