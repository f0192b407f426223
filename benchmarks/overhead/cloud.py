"""An emulator with the table, a queue and topics, and handlers in this process that call it.

The stack is not deployed to it: its functions would answer every row change meanwhile, and take
the processor that is measured.
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3

from benchmarks.local_cloud import ROOT, free_port
from taskmill import wiring
from taskmill.testing.schema import TABLE_SCHEMA
from taskmill.wiring import Wiring
from taskmill_local.emulator import Emulator
from taskmill_local.environments import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from taskmill_local.python_env import ensure_python_env

SERVICES = ("dynamodb", "sqs", "sns")
TASKS = "benchmarks.tasks.bench_tasks"
_MADE_UP = "arn:aws:states:us-east-1:000000000000:stateMachine:none"
_TABLE = "tasks"


@contextmanager
def wired_here(report: Callable[[str], None]) -> Iterator[Wiring]:
    """The wiring of the handlers of this process, to an emulator that is gone afterwards."""
    with ExitStack() as stack:
        url = stack.enter_context(_emulator(report))
        session = boto3.Session(
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            region_name=REGION,
        )
        # Lines are written one by one, as to the pipe that Lambda reads.
        log = stack.enter_context(Path(os.devnull).open("w", buffering=1))
        environment = _made({name: session.client(name, endpoint_url=url) for name in SERVICES})
        current = wiring.wired(environment, session=session, endpoint_url=url, log_stream=log)
        stack.enter_context(wiring.use(current))
        stack.enter_context(_frozen())
        yield current


def plain_clients(url: str) -> Mapping[str, Any]:
    """Clients as boto3 makes them when nobody configures anything."""
    made = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY}
    session = boto3.Session(region_name=REGION, **made)
    return {name: session.client(name, endpoint_url=url) for name in SERVICES}


@contextmanager
def _emulator(report: Callable[[str], None]) -> Iterator[str]:
    python = ensure_python_env(ROOT / ".local" / "tools", report)
    with tempfile.TemporaryDirectory(prefix="taskmill-overhead-") as folder:
        emulator = Emulator(Path(folder))
        try:
            running = emulator.start(python, port=free_port(), enforce_iam=False)
            report(f"an emulator runs at {running.endpoint_url}")
            yield running.endpoint_url
        finally:
            emulator.stop()


def _made(clients: Mapping[str, Any]) -> dict[str, str]:
    """Make the resources; what the stack would put into the environment of functions."""
    clients["dynamodb"].create_table(TableName=_TABLE, **TABLE_SCHEMA)
    queues = {
        name: clients["sqs"].create_queue(QueueName=name)["QueueUrl"]
        for name in ("work", "failures")
    }
    topics = {
        name: clients["sns"].create_topic(Name=name)["TopicArn"] for name in ("status", "alarms")
    }
    return {
        "TASKMILL_TABLE": _TABLE,
        "TASKMILL_BUCKET": "none",
        "TASKMILL_MODULES": TASKS,
        "TASKMILL_QUEUE_URL": queues["work"],
        "TASKMILL_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:work",
        "TASKMILL_FAILURE_QUEUE_URL": queues["failures"],
        "TASKMILL_STATUS_TOPIC_ARN": topics["status"],
        "TASKMILL_ALARM_TOPIC_ARN": topics["alarms"],
        "TASKMILL_STATE_MACHINE_ARN": _MADE_UP,
        "TASKMILL_SCHEDULE_GROUP": "none",
        "TASKMILL_SCHEDULE_ROLE_ARN": "none",
        "AWS_LAMBDA_FUNCTION_NAME": "overhead",
    }


@contextmanager
def _frozen() -> Iterator[None]:
    """What is there already is not looked through again and again, as in a started function."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
