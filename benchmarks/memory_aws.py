"""AWS in memory behind real boto3 clients: of this process, and of others over a loopback port."""

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.exceptions import ClientError

from taskmill.testing import InProcessCloud

_URL = "https://dynamodb.us-east-1.amazonaws.com/"
_JSON = "application/x-amz-json-1.0"
# SNS alone speaks the query protocol here; its answers are not looked at beyond failures.
_PUBLISHED = (
    b'<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
    b"<Successful/><Failed/></PublishBatchResult></PublishBatchResponse>"
)


def answer(client: Any, operation: str, body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to a request of a JSON protocol.

    Args:
        client: Plays the service, under boto3's names of methods.
        operation: As in the header ``X-Amz-Target``.
    """
    method = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).lower()
    try:
        content, status = getattr(client, method)(**json.loads(body)), 200
    except ClientError as refused:
        details = dict(refused.response)
        error = details.pop("Error")
        content = {"__type": error["Code"], "message": error["Message"], **details}
        status = 400
    return status, json.dumps(content).encode()


@dataclass
class WireTable:
    """A table in memory behind a boto3 client, which does everything but use the network.

    Attributes:
        seconds: CPU time that the table took so far; the client's is what remains.
    """

    table: Any
    seconds: float = 0.0
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
            operation = _text(request.headers["X-Amz-Target"]).split(".")[-1]
            status, body = answer(self.table, operation, request.body)
            self.seconds += time.thread_time() - started
        headers = {"content-type": _JSON, "x-amzn-requestid": "made-up"}
        return AWSResponse(_URL, status, headers, _Raw(body))


class _Raw(BytesIO):
    """What botocore reads an answer from."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class Endpoint:
    """A URL for other processes, whose requests `cloud` answers; it may change in between."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.cloud: InProcessCloud | None = None
        self.calls = 0

    def answer(self, target: str | None, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body; without a target, of the query protocol."""
        self.calls += 1
        if self.cloud is None:
            raise RuntimeError("nobody was expected to call")
        if target is None:
            return 200, "text/xml", _PUBLISHED
        services = {
            "DynamoDB_20120810": self.cloud.table,
            "AmazonSQS": self.cloud.queues,
            "AWSStepFunctions": self.cloud.executions,
        }
        service, _, operation = target.partition(".")
        status, content = answer(services[service], operation, body)
        return status, _JSON, content


@contextmanager
def listening() -> Iterator[Endpoint]:
    """An endpoint on a free port, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    endpoint = _Handler.endpoint = Endpoint(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: two would wait for each other
    endpoint: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status, kind, content = self.endpoint.answer(self.headers.get("x-amz-target"), body)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header
