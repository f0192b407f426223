"""An emulator with the table, queues and topics, and handlers in this process that call it."""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from benchmarks.clouds import bare_emulator
from benchmarks.section import Report
from taskmill import wiring
from taskmill.testing.schema import TABLE_SCHEMA
from taskmill.wiring import Wiring
from taskmill_local.environments import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

SERVICES = ("dynamodb", "sqs", "sns")
TASKS = "benchmarks.tasks.bench_tasks"
_MADE_UP = "arn:aws:states:us-east-1:000000000000:stateMachine:none"
_TABLE = "tasks"


@contextmanager
def wired_here(report: Report) -> Iterator[Wiring]:
    """The wiring of the handlers of this process, to an emulator that is gone afterwards."""
    # Lines are written one by one, as to the pipe that Lambda reads. The stream stays open: the
    # logger of this process keeps it.
    log = Path(os.devnull).open("w", buffering=1)  # noqa: SIM115
    with bare_emulator(report) as url:
        environment, session = _made(plain_clients(url)), _session()
        current = wiring.wired(environment, session=session, endpoint_url=url, log_stream=log)
        with wiring.use(current):
            gc.collect()
            gc.freeze()  # so that it is not looked through again and again, as once started
            try:
                yield current
            finally:
                gc.unfreeze()


def plain_clients(url: str) -> Mapping[str, Any]:
    """Clients as boto3 makes them when nobody configures anything."""
    session = _session()
    return {name: session.client(name, endpoint_url=url) for name in SERVICES}


def _session() -> boto3.Session:
    made = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY}
    return boto3.Session(region_name=REGION, **made)


def _made(clients: Mapping[str, Any]) -> dict[str, str]:
    """Make the resources; what the stack would put into the environment of functions."""
    clients["dynamodb"].create_table(TableName=_TABLE, **TABLE_SCHEMA)
    return {
        "TASKMILL_TABLE": _TABLE,
        "TASKMILL_BUCKET": "none",
        "TASKMILL_MODULES": TASKS,
        "TASKMILL_QUEUE_URL": clients["sqs"].create_queue(QueueName="work")["QueueUrl"],
        "TASKMILL_QUEUE_ARN": "arn:aws:sqs:us-east-1:000000000000:work",
        "TASKMILL_FAILURE_QUEUE_URL": clients["sqs"].create_queue(QueueName="failures")["QueueUrl"],
        "TASKMILL_STATUS_TOPIC_ARN": clients["sns"].create_topic(Name="status")["TopicArn"],
        "TASKMILL_ALARM_TOPIC_ARN": clients["sns"].create_topic(Name="alarms")["TopicArn"],
        "TASKMILL_STATE_MACHINE_ARN": _MADE_UP,
        "TASKMILL_SCHEDULE_GROUP": "none",
        "TASKMILL_SCHEDULE_ROLE_ARN": "none",
        "AWS_LAMBDA_FUNCTION_NAME": "overhead",
        "POWERTOOLS_SERVICE_NAME": "overhead",  # a logger that no other part has silenced
    }
