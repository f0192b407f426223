"""A boto3 client whose requests are answered in this process, by the table in memory.

Everything that boto3 does is done: it builds, signs and parses. Only the network is left out, and
the time that the table in memory takes is known, so that it can be taken off.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

_URL = "https://dynamodb.us-east-1.amazonaws.com/"


@dataclass
class WireTable:
    """DynamoDB behind a real client.

    Attributes:
        table: Answers, under the client's own names of operations.
        seconds: CPU time that the table took so far; the client's is what remains.
        calls: Requests so far.
    """

    table: Any
    seconds: float = 0.0
    calls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self) -> Any:
        """A DynamoDB client. Its credentials are made up."""
        client = boto3.client(
            "dynamodb",
            region_name="us-east-1",
            aws_access_key_id="made-up",
            aws_secret_access_key="made-up",  # noqa: S106
            config=Config(retries={"mode": "standard", "max_attempts": 1}),
        )
        client.meta.events.register("before-send.dynamodb.*", self._answer)
        return client

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        with self._lock:
            started = time.thread_time()
            target = request.headers["X-Amz-Target"]
            operation = (target.decode() if isinstance(target, bytes) else target).split(".")[-1]
            status, answer = self._run(_snake(operation), json.loads(request.body))
            body = json.dumps(answer).encode()
            self.seconds += time.thread_time() - started
            self.calls += 1
        headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "made-up"}
        return AWSResponse(_URL, status, headers, _Raw(body))

    def _run(self, operation: str, request: dict[str, Any]) -> tuple[int, Any]:
        try:
            return 200, getattr(self.table, operation)(**request)
        except ClientError as refused:
            error = dict(refused.response)
            content = error.pop("Error")
            return 400, {"__type": content["Code"], "message": content["Message"], **error}


class _Raw(BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(65_536):
            yield chunk


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
