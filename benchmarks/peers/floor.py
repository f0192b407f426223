"""The floor: bare boto3. Nothing that it leaves out can be left out by anybody."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from benchmarks.peers.cloud import PeerCloud, wait_until
from benchmarks.peers.programs import Program, stopped

ROOT = Path(__file__).parents[2]
KEY = "floor-worker"
PRODUCER = "floor-producer"
TABLE = "floor-results"
A_CALL = 10


class Floor:
    """A loop in each of so many threads: receive 10, write each outcome, delete 10."""

    name = "bare boto3"
    key = KEY
    stores = ("UpdateItem",)

    def __init__(self, cloud: PeerCloud, *, concurrency: int) -> None:
        self._cloud = cloud
        self._concurrency = concurrency
        self.queue_url = cloud.make_queue("floor")
        cloud.dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._sqs = cloud.client("sqs", PRODUCER)

    def fill(self, count: int) -> float:
        """Batch send, 10 a call. Seconds until all messages are in the queue."""
        started = time.monotonic()
        for first in range(0, count, A_CALL):
            numbers = range(first, min(first + A_CALL, count))
            self._sqs.send_message_batch(QueueUrl=self.queue_url, Entries=_entries(numbers))
        visible = self._cloud.visible
        wait_until(lambda: visible(self.queue_url) >= count, what=f"{count} messages")
        return time.monotonic() - started

    def outcomes(self) -> int:
        return self._cloud.stored(TABLE)

    @contextmanager
    def worker(self) -> Iterator[Program]:
        arguments = [self._cloud.url, self.queue_url, str(self._concurrency)]
        program = Program(
            [sys.executable, "-m", "benchmarks.peers.floor", *arguments],
            folder=ROOT,
            env={},
            log=self._cloud.folder / "floor-worker.log",
        )
        with stopped(program):
            yield program


def work(url: str, queue_url: str, threads: int) -> None:
    """Work until the process is ended."""
    clients = [_clients(url) for _ in range(threads)]
    running = [threading.Thread(target=_loop, args=(*each, queue_url)) for each in clients]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def _loop(sqs: Any, dynamodb: Any, queue_url: str) -> None:
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=A_CALL, WaitTimeSeconds=20
        )
        messages = answer.get("Messages", [])
        for each in messages:
            x, y = json.loads(each["Body"])
            dynamodb.update_item(
                TableName=TABLE,
                Key={"id": {"S": each["MessageId"]}},
                UpdateExpression="SET #result = :result",
                ExpressionAttributeNames={"#result": "result"},
                ExpressionAttributeValues={":result": {"N": str(x + y)}},
            )
        if messages:
            entries = [
                {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]}
                for place, each in enumerate(messages)
            ]
            sqs.delete_message_batch(QueueUrl=queue_url, Entries=entries)


def _clients(url: str) -> tuple[Any, Any]:
    session = boto3.Session(
        aws_access_key_id=KEY,
        aws_secret_access_key="secret",  # noqa: S106  # the emulator takes any
        region_name="us-east-1",
    )
    return session.client("sqs", endpoint_url=url), session.client("dynamodb", endpoint_url=url)


def _entries(numbers: Sequence[int]) -> list[dict[str, str]]:
    return [{"Id": str(each), "MessageBody": json.dumps([each, each])} for each in numbers]


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
