"""An in-process cloud that notes which IAM actions each function needs, and on which resources.

A call that has no rule here is an error: say which action AWS asks for it (Service Authorization
Reference, "Actions, resources, and condition keys" of the service).
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

from taskmill.handlers import dead_letters, dispatch, statistics, sweep, work
from taskmill.testing import InProcessCloud
from taskmill.testing.executions import ExecutionPlayer
from taskmill.testing.http import Answer, InProcessApi

OUTSIDE = "outside"  # a caller with rights of its own, such as a test
FUNCTIONS = {  # the construct id of the function that runs a handler
    dispatch.handler: "Dispatch",
    work.handler: "Worker",
    dead_letters.handler: "DeadLettersHandler",
    sweep.handler: "SweepHandler",
    statistics.handler: "Count",
}
RESOURCES = {  # the construct path of what a URL or ARN of the in-process cloud stands for
    "queue": "WorkQueue",
    "priority": "WorkQueuePriorityQueue",
    "dead-letters": "WorkQueueDeadLetters",
    "unreadable": "WorkQueueUnreadable",
    "failures": "DispatcherFailureQueue",
    "failures-dead-letters": "DispatcherDeadLetters",
    "workflow-dead-letters": "SubtaskWorkflowDeadLetters",
    "status": "NotificationsStatusTopic",
    "alarms": "NotificationsAlarmTopic",
}
TABLE = "TasksTable"
STREAM = "TasksTable.StreamArn"
MACHINE = "SubtaskWorkflowStateMachine"
EXECUTIONS = f"arn:AWS::Partition:states:AWS::Region:AWS::AccountId:execution:{MACHINE}:*"
SCHEDULES = "arn:AWS::Partition:scheduler:AWS::Region:AWS::AccountId:schedule/SchedulesGroup/*"


class Need(NamedTuple):
    """An action on a resource, in the words of a policy."""

    action: str
    resource: str


# --- what each call needs -------------------------------------------------------------------------


def dynamodb(name: str, request: Mapping[str, Any]) -> Iterator[Need]:
    # A transaction needs the actions of its parts, a batch of statements PartiQL's own
    # (DynamoDB guide, "IAM and transactions", "IAM security policies with PartiQL").
    if name == "transact_write_items":
        parts = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
        parts["ConditionCheck"] = "ConditionCheckItem"
        for item in request["TransactItems"]:
            yield Need(f"dynamodb:{parts[next(iter(item))]}", TABLE)
    elif name == "batch_execute_statement":
        verbs = {"INSERT": "Insert", "UPDATE": "Update", "DELETE": "Delete", "SELECT": "Select"}
        for each in request["Statements"]:
            yield Need(f"dynamodb:PartiQL{verbs[each['Statement'].split()[0]]}", TABLE)
    else:
        index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
        yield Need(f"dynamodb:{camel(name)}", TABLE + index)


def s3(name: str, request: Mapping[str, Any]) -> Iterator[Need]:
    # HEAD needs the right to get; an object that is put with tags also that to tag (S3 API
    # reference, HeadObject and PutObject). A presigned URL has the rights of who signed it.
    action = "GetObject" if name == "head_object" else camel(name)
    folder = request["Key"].partition("/")[0]
    uploads = f"PayloadsBucket/{folder}/*/_uploads/*"
    tags = name.endswith("_tagging")
    yield Need(f"s3:{action}", uploads if tags else f"PayloadsBucket/{folder}/*")
    if "Tagging" in request and name == "put_object":
        yield Need("s3:PutObjectTagging", uploads)


def sqs(name: str, request: Mapping[str, Any]) -> Iterator[Need]:
    if name.endswith(("_move_task", "_move_tasks")):
        yield from moves(name, request)
        return
    action = camel(name.removesuffix("_batch"))
    yield Need(f"sqs:{action}", RESOURCES[request["QueueUrl"]])


def moves(name: str, request: Mapping[str, Any]) -> Iterator[Need]:
    # A move is made with the rights of who starts it (SQS guide, "Configure a dead-letter queue
    # redrive"); the handle of one that is cancelled names its source.
    source = request.get("SourceArn", "failures-dead-letters").rpartition(":")[2]
    yield Need(f"sqs:{camel(name)}", RESOURCES[source])
    if name == "start_message_move_task":
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            yield Need(f"sqs:{action}", RESOURCES[source])
        destination = request["DestinationArn"].rpartition(":")[2]
        yield Need("sqs:SendMessage", RESOURCES[destination])


def sns(_: str, request: Mapping[str, Any]) -> Iterator[Need]:
    yield Need("sns:Publish", RESOURCES[request["TopicArn"]])


def stepfunctions(name: str, _: Mapping[str, Any]) -> Iterator[Need]:
    yield Need(f"states:{camel(name)}", MACHINE if name == "start_execution" else EXECUTIONS)


def scheduler(name: str, _: Mapping[str, Any]) -> Iterator[Need]:
    yield Need(f"scheduler:{camel(name)}", SCHEDULES)
    if name != "delete_schedule":  # the schedule takes the role that its target names
        yield Need("iam:PassRole", "SchedulesRole")


def cloudwatch(name: str, _: Mapping[str, Any]) -> Iterator[Need]:
    yield Need(f"cloudwatch:{camel(name)}", "*")


def dynamodbstreams(name: str, _: Mapping[str, Any]) -> Iterator[Need]:
    yield Need(f"dynamodb:{camel(name)}", STREAM)


RULES: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Need]]] = {
    "dynamodb": dynamodb,
    "s3": s3,
    "sqs": sqs,
    "sns": sns,
    "stepfunctions": stepfunctions,
    "scheduler": scheduler,
    "cloudwatch": cloudwatch,
    "dynamodbstreams": dynamodbstreams,
}


def camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))


# --- the cloud ------------------------------------------------------------------------------------


@dataclass
class RecordingClient:
    service: str
    client: Any
    note: Callable[[Need], None]

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)

        def noted(*words: Any, **request: Any) -> Any:
            asked, params = name, request
            if name == "generate_presigned_url":
                asked, params = words[0], request["Params"]
            for need in RULES[self.service](asked, params):
                self.note(need)
            return call(*words, **request)

        return noted


class RecordingPlayer(ExecutionPlayer):
    def _try(self, step: str, handler: Any, event: dict[str, Any]) -> Any:
        cloud: RecordingCloud = self._cloud  # type: ignore[assignment]

        def inside(event: Any, context: Any) -> Any:
            with cloud.inside(step.title()):
                return handler(event, context)

        return super()._try(step, inside, event)


class Streams:
    """DynamoDB Streams, as far as a redrive reads it: the last record of the table."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self.cloud = cloud

    def get_shard_iterator(self, **_: Any) -> dict[str, str]:
        return {"ShardIterator": "here"}

    def get_records(self, **_: Any) -> dict[str, Any]:
        return {"Records": self.cloud.table.records[-1:]}


@dataclass
class RecordingCloud(InProcessCloud):
    """Runs the real handlers; `needs` has what each function, named by its construct, needs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.needs: dict[str, set[Need]] = {}
        self._inside = [OUTSIDE]

    def __enter__(self) -> Self:
        super().__enter__()
        self.player = RecordingPlayer(self)
        return self

    @contextmanager
    def inside(self, function: str) -> Iterator[None]:
        """Whatever is called meanwhile, this function calls."""
        self._inside.append(function)
        try:
            yield
        finally:
            self._inside.pop()

    def invoke(self, handler: Any, event: Any, **options: Any) -> Any:
        with self.inside(FUNCTIONS[handler]):
            return super().invoke(handler, event, **options)

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: str = "",
        *,
        below: str = "/v1/tenants/acme",
    ) -> Answer:
        """Send a request to the API."""
        with self.inside("ApiHandler"):
            answer = InProcessApi().request(method, f"{below}/{path}", body=body, query=query)
        assert answer.status < 300, f"{method} {path}: {answer.body}"
        return answer

    def redrive(self) -> None:
        """Deliver the last record of the table by its place in the stream, as Lambda does."""
        span = {"streamArn": "s", "shardId": "0", "startSequenceNumber": "0"}
        number = self.table.records[-1]["dynamodb"]["SequenceNumber"]
        body = json.dumps({"DDBStreamBatchInfo": {**span, "endSequenceNumber": number}})
        message = {"messageId": "m", "receiptHandle": "m", "body": body}
        self.invoke(dispatch.handler, {"Records": [{**message, "eventSource": "aws:sqs"}]})

    def _client(self, service: str) -> Any:
        def note(need: Need) -> None:
            self.needs.setdefault(self._inside[-1], set()).add(need)

        client = Streams(self) if service == "dynamodbstreams" else super()._client(service)
        return RecordingClient(service, client, note)
