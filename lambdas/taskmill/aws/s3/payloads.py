"""S3 and payload rows: inputs and results that are too large for a task's row."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.payload_rows import (
    LONGEST_LIFE_OF_A_TASK_DAYS,
    ROW_LIMIT,
    PayloadRows,
    is_row,
)
from taskmill.model.clock import DAY_SECONDS
from taskmill.model.errors import InvalidRequest, LimitExceeded
from taskmill.model.json_text import fits_row
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow

# Limits in bytes. Every write is billed by the KB of the whole row: decisions 0005 and 0023.
TASK_INPUT_INLINE = 600
SUBTASK_INPUT_INLINE = 600
RESULT_INLINE = 8_000  # a result is written once, with the last write of its row
CHILD_RESULT_INLINE = 3_000  # a child's row is written once more, at twice the price
BOM = b"\xef\xbb\xbf"
UPLOAD_SECONDS = 900  # 15 minutes: how long a presigned URL is valid


@dataclass(frozen=True, slots=True)
class PayloadRef:
    """A reference to an S3 object, or to `length` bytes of it from `start`: "key#start+length"."""

    key: str
    start: int | None = None
    length: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        key, _, span = text.partition("#")
        if not span:
            return cls(key)
        start, _, length = span.partition("+")
        return cls(key, int(start), int(length))

    def __str__(self) -> str:
        return self.key if self.start is None else f"{self.key}#{self.start}+{self.length}"


class PayloadStore:
    """Store of payloads: payload rows, JSON objects, and JSON Lines objects for fan-outs."""

    def __init__(self, client: Any, bucket: str, *, rows: PayloadRows, max_bytes: int) -> None:
        self.client = client
        self.bucket = bucket
        self.rows = rows
        self.max_bytes = max_bytes

    def put_inputs(
        self, inputs: Sequence[tuple[TaskRow, str]], *, in_bucket: Sequence[bool] | None = None
    ) -> list[str]:
        """Store inputs (JSON text) and return their references in order.

        Those of up to 8,000 bytes go to payload rows, in shared requests; others to S3.

        Args:
            in_bucket: Which of them go to S3 whatever their size.

        Raises:
            LimitExceeded: One is larger than the configured maximum; nothing is stored.
        """
        for _, text in inputs:
            self._check_size("input", len(text.encode()))
        fits = [
            not large and fits_row(text, limit=ROW_LIMIT)
            for (_, text), large in zip(inputs, in_bucket or [False] * len(inputs), strict=True)
        ]
        refs = iter(
            self.rows.put([each for each, small in zip(inputs, fits, strict=True) if small])
        )
        return [
            next(refs) if small else self._put_input(*each)
            for each, small in zip(inputs, fits, strict=True)
        ]

    def _put_input(self, row: TaskRow, text: str) -> str:
        key = input_key(row.key, text, "json", planned=_is_planned(row))
        return self.put(key, text, field="input")

    def put(self, key: str, text: str, *, field: str = "payload") -> str:
        """Store JSON text as an object and return its reference.

        Raises:
            LimitExceeded: It is larger than the configured maximum.
        """
        body = text.encode()
        self._check_size(field, len(body))
        self.client.put_object(
            Bucket=self.bucket, Key=key, Body=body, ContentType="application/json"
        )
        return key

    def put_result(
        self, row: TaskRow, fence: str, text: str, *, hidden: bool = False
    ) -> dict[str, str]:
        """The attribute for a result: `{"result": text}` or, if stored in S3, `{"resultRef": …}`.

        Args:
            hidden: It may hold secrets: store it in S3, as nothing that shows a row may have it.

        Raises:
            LimitExceeded: It is larger than the configured maximum.
        """
        if not hidden and fits_row(
            text, limit=CHILD_RESULT_INLINE if row.parent_run else RESULT_INLINE
        ):
            return {"result": text}
        return {"resultRef": self.put(result_key(row.key, fence), text)}

    def get(self, ref: str) -> str:
        """The JSON text behind a reference.

        Raises:
            PayloadMissing: It refers to a payload row that has expired.
        """
        if is_row(ref):
            return self.rows.get(ref)
        where = PayloadRef.parse(ref)
        if where.start is not None:
            return self.part(where.key, where.start, where.length).decode()
        body: bytes = self.client.get_object(Bucket=self.bucket, Key=where.key)["Body"].read()
        return body.decode()

    def part(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes of an object from `start`."""
        span = f"bytes={start}-{start + length - 1}"
        answer = self.client.get_object(Bucket=self.bucket, Key=key, Range=span)
        body: bytes = answer["Body"].read()
        return body

    def lines(self, key: str) -> Iterator[tuple[int, bytes]]:
        """Yield `(offset, line)` of each non-blank line of a JSON Lines object, streaming it."""
        body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"]
        yield from offset_lines(body.iter_chunks(chunk_size=1 << 20))

    def uploaded(self, key: str) -> str:
        """Check an upload and return its ETag, which is the same for the same content.

        Raises:
            InvalidRequest: There is no such object.
            LimitExceeded: It is larger than the configured maximum.
        """
        try:
            head = self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            # Without permission to list the bucket, S3 returns 403, not 404, for a missing object.
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (403, 404):
                raise
            raise InvalidRequest("inputRef names no uploaded object", field="inputRef") from None
        self._check_size("input", int(head["ContentLength"]))
        return str(head["ETag"])

    def _check_size(self, field: str, size: int) -> None:
        if size > self.max_bytes:
            raise LimitExceeded(field, actual=size, limit=self.max_bytes, unit="bytes")

    def upload_url(self, key: str) -> str:
        """A presigned PUT; its header `If-None-Match: *` prevents overwriting an upload."""
        url: str = self.client.generate_presigned_url(
            "put_object",
            Params={"Bucket": self.bucket, "Key": key, "IfNoneMatch": "*"},
            ExpiresIn=UPLOAD_SECONDS,
        )
        return url

    def download_url(self, ref: str) -> str:
        url: str = self.client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket, "Key": PayloadRef.parse(ref).key},
            ExpiresIn=UPLOAD_SECONDS,
        )
        return url


def offset_lines(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Split chunks into non-blank lines, each with the offset of its first byte.

    A byte order mark at the beginning, which some editors write, is skipped.
    """
    for offset, line in _split(chunks):
        mark = len(BOM) if offset == 0 and line.startswith(BOM) else 0
        if line[mark:].strip():
            yield offset + mark, line[mark:]


def _split(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    offset, parts = 0, list[bytes]()
    for chunk in chunks:
        head, *more = chunk.split(b"\n")
        parts.append(head)
        for following in more:
            line = b"".join(parts)
            yield offset, line
            offset, parts = offset + len(line) + 1, [following]
    yield offset, b"".join(parts)


def _is_planned(row: TaskRow) -> bool:
    """Whether a task starts so late that its input needs a longer retention than others."""
    life = LONGEST_LIFE_OF_A_TASK_DAYS * DAY_SECONDS * 1000
    return bool(row.run_at and row.created_at and row.run_at - row.created_at > life)


def input_key(key: TaskKey, text: str, extension: str, *, planned: bool = False) -> str:
    """An object key with a hash of the text, so that reusing a code overwrites no other input."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    place = "planned" if planned else "inputs"
    return f"{place}/{key.tenant}/{key.type}/{key.code}-{digest}.{extension}"


def upload_prefix(tenant: str) -> str:
    """Prefix of a tenant's uploads; no task type can begin with an underscore."""
    return f"inputs/{tenant}/_uploads/"


def result_key(key: TaskKey, fence: str) -> str:
    """An object key with the fence of the attempt, so that a late worker overwrites nothing."""
    name = key.code if key.index is None else f"{key.code}/{key.index}"
    return f"results/{key.tenant}/{key.kind}/{key.type}/{name}-{fence}.json"
