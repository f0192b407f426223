"""S3 and payload rows: inputs and results that are too large for a task's row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from botocore.exceptions import ClientError

from taskmill.aws.dynamodb.payload_rows import (
    ROW_LIMIT,
    PayloadRows,
    is_row,
)
from taskmill.aws.s3.expiry import is_gone, no_upload
from taskmill.aws.s3.object_keys import input_key, is_planned, result_key
from taskmill.aws.s3.offset_lines import offset_lines
from taskmill.aws.s3.readable import check_parsed, check_size
from taskmill.model.errors import LimitExceeded, PayloadMissing
from taskmill.model.json_text import fits_row
from taskmill.model.rows.task_row import TaskRow

# Limits in bytes. Every write is billed by the KB of the whole row: decisions 0005 and 0023.
TASK_INPUT_INLINE = 600
SUBTASK_INPUT_INLINE = 600
RESULT_INLINE = 8_000  # a result is written once, with the last write of its row
CHILD_RESULT_INLINE = 3_000  # a child's row is written once more, at twice the price
UPLOAD_SECONDS = 900  # 15 minutes: how long a presigned URL is valid
# The tag of uploads that nobody has submitted yet: the bucket deletes what bears it after a day.
OPEN_UPLOAD = "taskmill-upload=open"
# Signed into the URL of an upload: it overwrites nothing, and is tagged.
UPLOAD_HEADERS = {"If-None-Match": "*", "x-amz-tagging": OPEN_UPLOAD}


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

    def __init__(
        self,
        client: Any,
        bucket: str,
        *,
        rows: PayloadRows,
        max_bytes: int,
        memory_bytes: int | None = None,
    ) -> None:
        self.client = client
        self.bucket = bucket
        self.rows = rows
        self.max_bytes = max_bytes
        self.memory_bytes = memory_bytes

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
        key = input_key(row.key, text, "json", planned=is_planned(row))
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
            PayloadMissing: The payload has expired.
            PayloadTooLarge: It does not fit the memory of this function.
        """
        if is_row(ref):
            return self.rows.get(ref)
        where = PayloadRef.parse(ref)
        if where.start is not None:
            return self.part(where.key, where.start, where.length).decode()
        return self._read(where.key).decode()

    def exists(self, ref: str) -> bool:
        """Whether the payload behind a reference has not expired yet."""
        if is_row(ref):
            return self.rows.exists(ref)
        try:
            self.client.head_object(Bucket=self.bucket, Key=PayloadRef.parse(ref).key)
        except ClientError as error:
            if is_gone(error):
                return False
            raise
        return True

    def size(self, ref: str) -> int:
        """Bytes of the JSON text behind a reference.

        Raises:
            PayloadMissing: The payload has expired.
        """
        if is_row(ref):
            return len(self.rows.get(ref).encode())
        where = PayloadRef.parse(ref)
        if where.start is not None:
            return where.length
        try:
            head = self.client.head_object(Bucket=self.bucket, Key=where.key)
        except ClientError as error:
            if is_gone(error):
                raise PayloadMissing(f"the payload {where.key} has expired") from None
            raise
        return int(head["ContentLength"])

    def part(self, key: str, start: int, length: int) -> bytes:
        """Read `length` bytes of an object from `start`, which are parsed as one value.

        Raises:
            PayloadMissing: The object has expired.
            PayloadTooLarge: They do not fit the memory of this function.
        """
        return self._read(key, Range=_range(start, length))

    def piece(self, key: str, start: int, length: int, *, etag: str | None = None) -> bytes:
        """Read some bytes of an object, which are not parsed as a whole.

        Args:
            etag: Of the object that is meant.

        Raises:
            PayloadMissing: The object has expired, or was replaced.
        """
        answer = self._get(key, Range=_range(start, length), **_if_match(etag))
        body: bytes = answer["Body"].read()
        return body

    def lines(self, key: str, *, etag: str | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield `(offset, line)` of each non-blank line of a JSON Lines object, streaming it.

        Args:
            etag: Of the object that is meant.

        Raises:
            PayloadMissing: The object has expired, or was replaced.
            LimitExceeded: It has too many blank lines, see `offset_lines`.
        """
        yield from offset_lines(self.chunks(key, etag=etag)[1])

    def chunks(self, key: str, *, etag: str | None = None) -> tuple[str, Iterator[bytes]]:
        """The ETag of an object, and its bytes in chunks of 1 MB. Raises as `lines`."""
        answer = self._get(key, **_if_match(etag))
        return str(answer["ETag"]), answer["Body"].iter_chunks(chunk_size=1 << 20)

    def uploaded(self, key: str) -> str:
        """Check an upload and return its ETag, which is the same for the same content.

        Raises:
            InvalidRequest: There is no such object.
            LimitExceeded: It is larger than the configured maximum.
        """
        try:
            head = self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            raise no_upload(error) from None
        self._check_size("input", int(head["ContentLength"]))
        return str(head["ETag"])

    def _read(self, key: str, **request: str) -> bytes:
        answer = self._get(key, **request)
        check_size(key, int(answer["ContentLength"]), self.memory_bytes)
        body: bytes = answer["Body"].read()
        check_parsed(key, body, self.memory_bytes)
        return body

    def _get(self, key: str, **request: str) -> Any:
        try:
            return self.client.get_object(Bucket=self.bucket, Key=key, **request)
        except ClientError as error:
            if is_gone(error):
                raise PayloadMissing(f"the payload {key} has expired") from None
            if error.response["Error"]["Code"] == "PreconditionFailed":
                raise PayloadMissing(f"the payload {key} was replaced") from None
            raise

    def _check_size(self, field: str, size: int) -> None:
        if size > self.max_bytes:
            raise LimitExceeded(field, actual=size, limit=self.max_bytes, unit="bytes")

    def upload_url(self, key: str, size: int | None = None) -> str:
        """A presigned PUT, which must be sent with `UPLOAD_HEADERS`.

        Args:
            size: Bytes of the upload, which S3 then holds the caller to; None: up to 5 GB.

        Raises:
            LimitExceeded: `size` is larger than the configured maximum.
        """
        signed: dict[str, Any] = {"IfNoneMatch": "*", "Tagging": OPEN_UPLOAD}
        if size is not None:
            self._check_size("size", size)
            signed["ContentLength"] = size
        url: str = self.client.generate_presigned_url(
            "put_object",
            Params={"Bucket": self.bucket, "Key": key, **signed},
            ExpiresIn=UPLOAD_SECONDS,
        )
        return url

    def keep(self, key: str) -> None:
        """Take the tag off an upload that is being submitted, so that it does not expire soon.

        Raises:
            InvalidRequest: There is no such object any more.
        """
        try:
            self.client.delete_object_tagging(Bucket=self.bucket, Key=key)
        except ClientError as error:
            raise no_upload(error) from None

    def download_url(self, ref: str) -> str:
        url: str = self.client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket, "Key": PayloadRef.parse(ref).key},
            ExpiresIn=UPLOAD_SECONDS,
        )
        return url


def _range(start: int, length: int) -> str:
    return f"bytes={start}-{start + length - 1}"


def _if_match(etag: str | None) -> dict[str, str]:
    return {} if etag is None else {"IfMatch": etag}


def upload_prefix(tenant: str) -> str:
    """Prefix of a tenant's uploads; no task type can begin with an underscore."""
    return f"inputs/{tenant}/_uploads/"
