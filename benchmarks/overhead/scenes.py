"""Full events for each handler, and the calls of such an event made bare."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.overhead.calls import Call, Watched, make_all
from taskmill.handlers import api, dispatch, work
from taskmill.model.chunks import chunked
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing.http import InProcessApi
from taskmill.wiring import Wiring

TENANT = "acme"
INPUT = "x" * 198  # 200 bytes as JSON
MESSAGES, RECORDS, REQUESTS = 10, 100, 10
WRITES_A_CALL = 25
KEYS_KEPT = 100  # more than `taskmill.model.keys` keeps
ALL_DONE: Mapping[str, Any] = {"batchItemFailures": []}

Item = Mapping[str, Any]


class Failed(RuntimeError):
    """A handler did not do what its event asks for."""


@dataclass
class Context:
    """Of an invocation that has all the time in the world."""

    aws_request_id: str = "overhead"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass(frozen=True)
class Scene:
    """A handler and an event of it that can be handled again and again.

    Attributes:
        units: What an event holds so many of.
        root: The name of the handler, as frames of it have it.
        handle: Has the handler handle the event.
        bare: Makes these calls with these clients as a bare function would.
        restore: Brings the table to where it was before the event.
    """

    name: str
    unit: str
    units: int
    root: str
    handle: Callable[[], None]
    restore: Callable[[], None]
    bare: Callable[[Sequence[Call], Mapping[str, Any]], None] = make_all


def worker(wiring: Wiring, watched: Watched) -> Scene:
    """A full delivery of the work queue: trivial tasks with an input of 200 B."""
    keys = _submitted(wiring, MESSAGES)
    wiring.tasks.mark([(wiring.tasks.get(key), Status.QUEUED) for key in keys])
    items = _items(wiring, keys)
    event = {"Records": [_message(index, key) for index, key in enumerate(keys)]}

    def handle() -> None:
        _expect(work.handler(event, Context()), ALL_DONE)

    def restore() -> None:
        _put_back(watched, wiring, items)
        wiring.pauses.may_hold(TENANT, "noop")  # a worker reads once in 15 s what is paused

    return Scene("worker", "message", MESSAGES, "taskmill.handlers.work:handler", handle, restore)


def dispatcher(wiring: Wiring, watched: Watched) -> Scene:
    """A full delivery of the stream: new tasks, which become messages."""
    items = _items(wiring, _submitted(wiring, RECORDS))
    event = {"Records": [_record(index, each) for index, each in enumerate(items)]}

    def handle() -> None:
        _expect(dispatch.handler(event, Context()), ALL_DONE)

    def restore() -> None:
        watched.clients["sqs"].purge_queue(QueueUrl=wiring.environment["TASKMILL_QUEUE_URL"])
        _put_back(watched, wiring, items)

    name = "taskmill.handlers.dispatch:handler"
    return Scene("dispatcher", "record", RECORDS, name, handle, restore)


def http_api(wiring: Wiring, watched: Watched) -> Scene:
    """Requests that submit a task each, under codes of their own."""
    keys = [TaskKey(Kind.TASK, TENANT, "noop", f"code-{index}") for index in range(REQUESTS)]
    events = [_request(key) for key in keys]

    def handle() -> None:
        for event in events:
            _expect(api.handler(event, Context())["statusCode"], 202)

    def bare(calls: Sequence[Call], clients: Mapping[str, Any]) -> None:
        for event, call in zip(events, calls, strict=True):
            _expect(_bare_handler(event, call, clients)["statusCode"], 202)

    def restore() -> None:
        _write(watched, wiring, [{"DeleteRequest": {"Key": _stored(key)}} for key in keys])

    name = "taskmill.handlers.api:handler"
    return Scene("API", "request", REQUESTS, name, handle, restore, bare)


def _bare_handler(
    event: Mapping[str, Any], call: Call, clients: Mapping[str, Any]
) -> dict[str, Any]:
    """The least that a handler of such a request does."""
    task = json.loads(event["body"])
    call.on(clients)
    headers = {"content-type": "application/json"}
    return {"statusCode": 202, "headers": headers, "body": json.dumps(task)}


def _submitted(wiring: Wiring, count: int) -> list[TaskKey]:
    new = CreateTask(tenant_code=TENANT, task_type="noop", input=INPUT)
    return [TaskKey.of(each.key) for each in wiring.service.create_tasks(tasks=[new] * count)]


def _items(wiring: Wiring, keys: Sequence[TaskKey]) -> list[Item]:
    client, table = wiring.client("dynamodb"), wiring.table.name
    return [client.get_item(TableName=table, Key=_stored(key))["Item"] for key in keys]


def _stored(key: TaskKey) -> Item:
    return {name: {"S": each} for name, each in key.stored._asdict().items()}


def _message(index: int, key: TaskKey) -> dict[str, Any]:
    return {
        "messageId": f"message-{index}",
        "receiptHandle": f"receipt-{index}",
        "body": json.dumps(key.as_dict()),
        "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": key.tenant},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:work",
    }


def _record(index: int, item: Item) -> dict[str, Any]:
    keys = {name: item[name] for name in ("pk", "sk")}
    change = {"Keys": keys, "NewImage": item, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    source = {"eventSource": "aws:dynamodb", "eventID": f"record-{index}"}
    return {**source, "eventName": "INSERT", "dynamodb": change}


def _request(key: TaskKey) -> dict[str, Any]:
    body = json.dumps({"taskType": key.type, "code": key.code, "input": INPUT})
    headers = {"content-type": "application/json"}
    return InProcessApi().event("POST", f"/v1/tenants/{TENANT}/tasks", body, "", headers)


def _put_back(watched: Watched, wiring: Wiring, items: Sequence[Item]) -> None:
    # On Lambda, other tasks have passed before one comes again: so have their parsed keys.
    for index in range(KEYS_KEPT):
        TaskKey.parse(f"TASK#{TENANT}", f"other#{index}")
    _write(watched, wiring, [{"PutRequest": {"Item": each}} for each in items])


def _write(watched: Watched, wiring: Wiring, requests: Sequence[Mapping[str, Any]]) -> None:
    for chunk in chunked(requests, WRITES_A_CALL):
        items = {wiring.table.name: chunk}
        watched.clients["dynamodb"].batch_write_item(RequestItems=items)


def _expect(answer: Any, expected: Any) -> None:
    if answer != expected:
        raise Failed(f"answered {answer!r}, not {expected!r}")
