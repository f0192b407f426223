"""Payloads that have expired while their task still exists: one error, which names both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from taskmill.model.errors import InvalidRequest, PayloadMissing
from taskmill.model.keys import TaskKey


def is_gone(error: ClientError) -> bool:
    """Whether S3 says that an object does not exist.

    To callers that may not list the bucket, which no function may, it says instead that they may
    not: GET is refused for want of `s3:ListBucket`, and HEAD, which has no body, just with 403.
    Source: S3 API reference, GetObject and HeadObject, "Permissions".
    """
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status == 404 or error.response["Error"]["Code"] in ("NoSuchKey", "404"):
        return True
    if error.operation_name == "HeadObject":
        return status == 403
    return status == 403 and "s3:ListBucket" in error.response["Error"].get("Message", "")


@contextmanager
def naming(key: TaskKey, what: str) -> Iterator[None]:
    """Name the task, and its "input" or "result", in the error of a payload that has expired.

    Raises:
        PayloadMissing: As the `with` block.
    """
    try:
        yield
    except PayloadMissing:
        raise expired(key, what) from None


def expired(key: TaskKey, what: str) -> PayloadMissing:
    """The error about an expired "input" or "result" of a task."""
    return PayloadMissing(f"the {what} of {key.label} has expired", field=what, **key.as_dict())


def no_upload(error: ClientError) -> ClientError | InvalidRequest:
    """The refusal of a reference to an upload that does not exist; other errors as they are."""
    if not is_gone(error):
        return error
    return InvalidRequest(
        "inputRef names no uploaded object: nothing was uploaded, or it has expired, as what nobody"
        " submits does after a day",
        field="inputRef",
    )
