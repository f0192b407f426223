"""The floor: bare boto3. Nothing that it leaves out can be left out by anybody."""

import json
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from benchmarks.clouds import ROOT
from benchmarks.peers.cloud import PeerCloud
from benchmarks.peers.peer import Peer, make_results_table

PRODUCER = "floor-producer"
TABLE = "floor-results"
A_CALL = 10


class Floor(Peer):
    """A loop in each of so many threads: receive 10, write each outcome, delete 10."""

    name = "bare boto3"
    key = "floor-worker"
    stores = ("UpdateItem",)
    folder = ROOT

    def __init__(self, cloud: PeerCloud, *, concurrency: int) -> None:
        super().__init__(cloud, cloud.make_queue("floor"), concurrency=concurrency)
        make_results_table(cloud, TABLE)
        self._sqs = cloud.client("sqs", PRODUCER)

    def submit(self, count: int) -> None:
        """Batch send, 10 a call."""
        for first in range(0, count, A_CALL):
            entries = [
                {"Id": str(each), "MessageBody": json.dumps([each, each])}
                for each in range(first, min(first + A_CALL, count))
            ]
            self._sqs.send_message_batch(QueueUrl=self.queue_url, Entries=entries)

    def outcomes(self) -> int:
        return self.cloud.stored(TABLE)

    def command(self) -> Sequence[str]:
        module = "benchmarks.peers.floor"
        return [sys.executable, "-m", module, self.queue_url, str(self.concurrency)]

    def environment(self, key: str) -> Mapping[str, str]:
        return {**super().environment(key), "AWS_ENDPOINT_URL": self.cloud.url}


def work(queue_url: str, threads: int) -> None:
    """Work until the process is ended."""
    clients = []  # all of them before the first receive, from which time counts
    for _ in range(threads):
        session = boto3.Session()
        clients.append((session.client("sqs"), session.client("dynamodb")))
    for each in clients:
        threading.Thread(target=_loop, args=(*each, queue_url)).start()


def _loop(sqs: Any, dynamodb: Any, queue_url: str) -> None:
    while True:
        answer = sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=A_CALL, WaitTimeSeconds=20
        )
        done: list[dict[str, str]] = []
        for each in answer.get("Messages", []):
            dynamodb.update_item(
                TableName=TABLE,
                Key={"id": {"S": each["MessageId"]}},
                UpdateExpression="SET #result = :result",
                ExpressionAttributeNames={"#result": "result"},
                ExpressionAttributeValues={":result": {"N": str(sum(json.loads(each["Body"])))}},
            )
            done.append({"Id": str(len(done)), "ReceiptHandle": each["ReceiptHandle"]})
        if done:
            sqs.delete_message_batch(QueueUrl=queue_url, Entries=done)


if __name__ == "__main__":
    work(sys.argv[1], int(sys.argv[2]))
