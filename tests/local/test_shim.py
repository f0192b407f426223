"""The gaps of the emulator that our launcher closes. Those in its policies: see `tests/e2e`."""

import io
import json
import time
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest

from taskmill_local.clients import aws_client
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
    states = aws_client("stepfunctions", running.port)

    execution = run(states, {"items": [1, 2, 3], "limit": 2})

    map_run = states.list_map_runs(executionArn=execution)["mapRuns"][0]["mapRunArn"]
    assert states.describe_map_run(mapRunArn=map_run)["maxConcurrency"] == 2


def test_an_exception_is_caught_by_the_name_of_its_class(running: RunningEmulator) -> None:
    function = raising(running, "class OutOfPaper(Exception): ...", "OutOfPaper('tray: 2')")
    definition = {
        "StartAt": "Print",
        "States": {
            "Print": {
                "Type": "Task",
                "Resource": function,
                "Catch": [{"ErrorEquals": ["OutOfPaper"], "Next": "Caught"}],
                "End": True,
            },
            "Caught": {"Type": "Pass", "End": True},
        },
    }
    states = aws_client("stepfunctions", running.port)

    execution = run(states, {}, definition)

    caught = json.loads(states.describe_execution(executionArn=execution)["output"])
    assert caught["Error"] == "OutOfPaper"
    assert json.loads(caught["Cause"])["errorMessage"] == "tray: 2"


def test_a_retrier_counts_only_the_exceptions_that_it_names(running: RunningEmulator) -> None:
    function = raising(running, "class Again(Exception): ...", "Again()", name="hands-back")
    soon = {"IntervalSeconds": 1, "MaxDelaySeconds": 1}
    task = {
        "Type": "Task",
        "Resource": function,
        "Retry": [
            {"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 5, **soon},
            {"ErrorEquals": ["Again"], "MaxAttempts": 2, **soon},
            {"ErrorEquals": ["States.ALL"], "MaxAttempts": 9, **soon},
        ],
        "Catch": [{"ErrorEquals": ["Again"], "Next": "GivenUp"}],
        "End": True,
    }
    steps = {"HandBack": task, "GivenUp": {"Type": "Pass", "End": True}}
    states = aws_client("stepfunctions", running.port)

    execution = run(states, {}, {"StartAt": "HandBack", "States": steps})

    history = states.get_execution_history(executionArn=execution, maxResults=1_000)["events"]
    failed = [each for each in history if each["type"].endswith("Failed")]
    assert len(failed) == 3, [each["type"] for each in history]


def raising(running: RunningEmulator, definition: str, raised: str, name: str = "raises") -> str:
    """A function that raises."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        handler = f"def handler(event, context):\n    raise {raised}\n"
        archive.writestr("index.py", f"{definition}\n\n{handler}")
    created = aws_client("lambda", running.port).create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/none",
        Code={"ZipFile": code.getvalue()},
    )
    return str(created["FunctionArn"])


def test_partiql_statements_leave_stream_records(running: RunningEmulator) -> None:
    dynamodb = aws_client("dynamodb", running.port)
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


def test_a_schedule_tells_its_target_when_it_was_due(running: RunningEmulator) -> None:
    sqs, scheduler = aws_client("sqs", running.port), aws_client("scheduler", running.port)
    queue = sqs.create_queue(QueueName="fires")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    began = datetime.now(UTC)

    scheduler.create_schedule(
        Name="once",
        ScheduleExpression=f"at({began:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn["QueueArn"],
            "RoleArn": "arn:aws:iam::000000000000:role/none",
            "Input": '{"at": "<aws.scheduler.scheduled-time>", "sk": "<kept>"}',
        },
    )

    fire = json.loads(receive(sqs, queue))
    assert fire["sk"] == "<kept>"
    assert -1 < (datetime.fromisoformat(fire["at"]) - began).total_seconds() < 15


def receive(sqs: Any, queue: str) -> str:
    """The body of the next message; schedules are looked at every ten seconds."""
    for _ in range(15):
        found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
        if found:
            body: str = found[0]["Body"]
            return body
    raise AssertionError("nothing came in 15 s")


def records(running: RunningEmulator, stream: str) -> list[dict[str, Any]]:
    streams = aws_client("dynamodbstreams", running.port)
    (shard,) = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator)["Records"]
    return found


def run(states: Any, execution_input: dict[str, Any], definition: dict[str, Any] = FAN_OUT) -> str:
    machine = states.create_state_machine(
        name=definition["StartAt"],
        definition=json.dumps(definition),
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


def test_a_template_refers_to_a_secret_by_its_arn(running: RunningEmulator) -> None:
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "s"}}
    outputs = {"Secret": {"Value": {"Ref": "Secret"}}}
    stacks = aws_client("cloudformation", running.port)
    name = "secrets"
    template = {"Resources": {"Secret": secret}, "Outputs": outputs}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))

    def output() -> str:
        [stack] = stacks.describe_stacks(StackName=name)["Stacks"]
        return str((stack.get("Outputs") or [{"OutputValue": ""}])[0]["OutputValue"])

    deadline = time.monotonic() + 20
    while not (arn := output()) and time.monotonic() < deadline:
        time.sleep(0.1)

    secrets = aws_client("secretsmanager", running.port)
    assert secrets.get_secret_value(SecretId=arn)["ARN"] == arn
    secret["Properties"] = {"SecretString": "t"}
    stacks.update_stack(StackName=name, TemplateBody=json.dumps(template))
    while secrets.get_secret_value(SecretId=arn)["SecretString"] != "t":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    stacks.delete_stack(StackName=name)
    while any(each["ARN"] == arn for each in secrets.list_secrets()["SecretList"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
