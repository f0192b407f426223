"""What SQS, SNS and S3 bill for a call."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from benchmarks.ledger.usage import What

CHUNK = 64 * 1024  # bytes that SQS and SNS bill as one request
_S3 = {
    "put_object": What.S3_PUTS,
    "get_object": What.S3_GETS,
    "head_object": What.S3_GETS,
}


def billed(
    service: str, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]
) -> list[tuple[What, float]]:
    """Kinds and amounts; nothing for services that bill otherwise."""
    if service == "sqs":
        size = sent_bytes(request)
        return [(What.FAIR_QUEUE_REQUESTS, requests(size)), (What.BYTES, size)]
    if service == "sns":
        size = len(json.dumps(request["PublishBatchRequestEntries"], ensure_ascii=False).encode())
        return [(What.PUBLISHES, requests(size)), (What.BYTES, size)]
    if service == "s3" and operation in _S3:
        return [(_S3[operation], 1), (What.BYTES, _s3_bytes(request, answer))]
    return []


def requests(size: int) -> int:
    """How many requests so many bytes are billed as."""
    return max(math.ceil(size / CHUNK), 1)


def sent_bytes(request: Mapping[str, Any]) -> int:
    bodies = [each.get("MessageBody", "") for each in request.get("Entries", [request])]
    return sum(len(body.encode()) for body in bodies)


def _s3_bytes(request: Mapping[str, Any], answer: Mapping[str, Any]) -> int:
    if "Body" in request:
        return len(request["Body"])
    body = answer.get("Body")
    return 0 if body is None else int(body._content_length)  # noqa: SLF001  # has no public name
