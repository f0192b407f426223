"""What AWS delivers twice, late or broken changes nothing that is right, and mends what is not."""

import json
from collections.abc import Callable
from typing import Any

from deployed import (
    Outputs,
    ended,
    eventually,
    executions,
    not_claimed,
    reaches,
    send_again,
    stored_row,
    stream_records,
)

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.client import TaskClient
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status

Aws = Callable[[str], Any]


def dispatch(aws: Aws, stack: Outputs, records: list[dict[str, Any]]) -> None:
    event = {"Records": [_as_delivered(each) for each in records]}
    answer = aws("lambda").invoke(
        FunctionName=stack["DispatcherFunctionName"], Payload=json.dumps(event)
    )
    assert "FunctionError" not in answer, answer["Payload"].read()


def test_a_message_that_comes_again_changes_nothing(client: TaskClient, stack: Outputs) -> None:
    task = ended(client, client.submit("context"))
    before = stored_row(stack, task.key)

    send_again(stack, task)

    eventually(lambda: not_claimed(stack, task))
    assert stored_row(stack, task.key) == before


def test_a_message_that_comes_during_the_work_waits_for_it(
    client: TaskClient, stack: Outputs
) -> None:
    task = reaches(client, client.submit("slow", 2.0), "STARTED", "PROCESSING")

    send_again(stack, task)

    assert ended(client, task).attempts == 1
    assert client.get(task).status == "COMPLETED"


def test_stream_records_of_a_task_that_come_again_change_nothing(
    client: TaskClient, stack: Outputs, aws: Aws
) -> None:
    task = ended(client, client.submit("flaky", 1))
    before = stored_row(stack, task.key)
    records = stream_records(stack, task.key)
    assert len(records) == task.version

    dispatch(aws, stack, records)
    dispatch(aws, stack, records[::-1])

    eventually(lambda: len(not_claimed(stack, task)) >= 2)  # ERRORED, twice
    assert stored_row(stack, task.key) == before


def test_stream_records_of_a_fan_out_that_come_again_change_nothing(
    client: TaskClient, stack: Outputs, aws: Aws
) -> None:
    task = ended(client, client.map("odd-fails", range(20), tolerated_failures=10, batch_size=5))
    before = [stored_row(stack, task.key), *client.subtasks(task)]
    records = stream_records(stack, task.key)

    dispatch(aws, stack, records)
    dispatch(aws, stack, records)

    assert len(executions(stack, task.key)) == 1
    assert [stored_row(stack, task.key), *client.subtasks(task)] == before


def test_a_parked_record_is_worked_off_by_itself(
    client: TaskClient, stack: Outputs, aws: Aws
) -> None:
    key = TaskKey(Kind.TASK, client.tenant, "echo", "was-parked")
    row = _row(key, Status.CREATED)
    kept_from_the_stream = {**row, "row": {"S": "NOT-YET"}}  # as if the dispatcher had failed
    aws("dynamodb").put_item(TableName=stack["TableName"], Item=kept_from_the_stream)
    record = {"eventName": "INSERT", "dynamodb": {"NewImage": row}}

    aws("sqs").send_message(
        QueueUrl=stack["FailureQueueUrl"], MessageBody=json.dumps({"record": record})
    )

    assert ended(client, key).status == "COMPLETED"


def test_a_record_that_nobody_understands_is_parked_and_holds_up_no_other(
    client: TaskClient, stack: Outputs, aws: Aws
) -> None:
    key = TaskKey(Kind.TASK, client.tenant, "echo", "broken")
    row = {**_row(key, Status.CREATED), "status": {"S": "NO-SUCH-STATUS"}}

    aws("dynamodb").put_item(TableName=stack["TableName"], Item=row)
    after = client.submit("echo", "after it")

    assert ended(client, after).status == "COMPLETED"
    eventually(lambda: _parked(aws, stack))


def _parked(aws: Aws, stack: Outputs) -> int:
    """Messages on the failure queue; a redrive that failed hides them for three minutes."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = aws("sqs").get_queue_attributes(QueueUrl=stack["FailureQueueUrl"], AttributeNames=names)
    return sum(int(found["Attributes"][name]) for name in names)


def _row(key: TaskKey, status: Status) -> dict[str, Any]:
    """A task's row as DynamoDB has it."""
    row = TaskRow(
        key=key, status=status, input='"held back"', history=((status, 0, 0),), created_at=0
    )
    item: dict[str, Any] = encode_item(row.to_values())
    return item


def _as_delivered(record: dict[str, Any]) -> dict[str, Any]:
    """A record of the streams API as Lambda hands it to a function: no dates, no bytes."""
    images = record["dynamodb"]
    kept = {name: images[name] for name in ("Keys", "OldImage", "NewImage") if name in images}
    return {"eventName": record["eventName"], "eventSource": "aws:dynamodb", "dynamodb": kept}
