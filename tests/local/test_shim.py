"""The gaps of the emulator that our launcher closes. Those in its policies: see `tests/e2e`."""

import json
import time
from typing import Any

import pytest

from taskmill_local import gaps
from taskmill_local.emulator import RunningEmulator

pytestmark = pytest.mark.xdist_group("emulator")

FAN_OUT = {
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrencyPath": "$.limit",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Nothing",
                "States": {"Nothing": {"Type": "Pass", "End": True}},
            },
            "End": True,
        }
    },
}


def test_a_distributed_map_takes_its_concurrency_from_the_input(running: RunningEmulator) -> None:
    states = gaps.client("stepfunctions", running.port)

    execution = run(states, {"items": [1, 2, 3], "limit": 2})

    map_run = states.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    assert states.describe_map_run(mapRunArn=map_run)["maxConcurrency"] == 2


def test_partiql_statements_leave_stream_records(running: RunningEmulator) -> None:
    dynamodb = gaps.client("dynamodb", running.port)
    table = dynamodb.create_table(
        TableName="told",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    statements = [
        "INSERT INTO \"told\" VALUE {'pk': 'a', 'n': 1}",
        "INSERT INTO \"told\" VALUE {'pk': 'a', 'n': 7}",  # refused: it is there
        "UPDATE \"told\" SET n=2 WHERE pk='a' AND n=1",
        "UPDATE \"told\" SET n=3 WHERE pk='a' AND n=1",  # refused: it is 2
    ]

    for statement in statements:
        dynamodb.batch_execute_statement(Statements=[{"Statement": statement}])

    told = [
        (each["eventName"], each["dynamodb"].get("OldImage"), each["dynamodb"]["NewImage"])
        for each in records(running, table["LatestStreamArn"])
    ]
    first, second = {"pk": {"S": "a"}, "n": {"N": "1"}}, {"pk": {"S": "a"}, "n": {"N": "2"}}
    assert told == [("INSERT", None, first), ("MODIFY", first, second)]


def records(running: RunningEmulator, stream: str) -> list[dict[str, Any]]:
    streams = gaps.client("dynamodbstreams", running.port)
    (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator)["Records"]
    return found


def run(states: Any, execution_input: dict[str, Any]) -> str:
    machine = states.create_state_machine(
        name="fan-out",
        definition=json.dumps(FAN_OUT),
        roleArn="arn:aws:iam::000000000000:role/none",
    )["stateMachineArn"]
    execution: str = states.start_execution(
        stateMachineArn=machine, input=json.dumps(execution_input)
    )["executionArn"]
    for _ in range(100):
        status = states.describe_execution(executionArn=execution)["status"]
        if status != "RUNNING":
            assert status == "SUCCEEDED"
            return execution
        time.sleep(0.1)
    raise AssertionError("the execution still runs after 10 s")
