"""The gap of the emulator that our launcher closes."""

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
