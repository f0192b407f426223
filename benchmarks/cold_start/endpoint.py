"""AWS on a loopback port: answers real boto3 clients of other processes from a cloud in memory."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.exceptions import ClientError

from taskmill.testing import InProcessCloud

_JSON = "application/x-amz-json-1.0"
# SNS alone speaks the query protocol here; its answers are not looked at beyond failures.
_PUBLISHED = (
    b'<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
    b"<Successful/><Failed/></PublishBatchResult></PublishBatchResponse>"
)


class Endpoint:
    """Where child processes find AWS. What they ask for is done by `cloud`, which may change."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.cloud: InProcessCloud | None = None
        self.calls = 0

    def answer(self, target: str | None, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer to a request.

        Args:
            target: Service and operation of the JSON protocols; None: the query protocol.
        """
        self.calls += 1
        if target is None:
            return 200, "text/xml", _PUBLISHED
        service, _, operation = target.partition(".")
        client = self._client(service)
        try:
            content = getattr(client, _snake(operation))(**json.loads(body))
            status = 200
        except ClientError as refused:
            error = refused.response["Error"]
            content = {"__type": error["Code"], "message": error["Message"]}
            status = 400
        return status, _JSON, json.dumps(content).encode()

    def _client(self, service: str) -> Any:
        if self.cloud is None:
            raise RuntimeError("nobody was expected to call")
        clients = {
            "DynamoDB_20120810": self.cloud.table,
            "AmazonSQS": self.cloud.queues,
            "AWSStepFunctions": self.cloud.executions,
        }
        return clients[service]


@contextmanager
def listening() -> Iterator[Endpoint]:
    """An endpoint on a free port, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    endpoint = Endpoint(server.server_address[1])
    _Handler.endpoint = endpoint
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


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
