"""Which events of S3 are uploads of interest."""

from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3


def upload_pattern(
    bucket: s3.IBucket, *, prefix: str | None = None, suffix: str | None = None
) -> events.EventPattern:
    """The pattern of events about new objects of a bucket.

    Args:
        prefix: How their keys begin.
        suffix: How they end.

    Raises:
        ValueError: One of them has a ``*`` or a backslash, and both are given.
    """
    detail: dict[str, Any] = {"bucket": {"name": [bucket.bucket_name]}}
    if prefix and suffix:
        if any(each in prefix + suffix for each in "*\\"):
            raise ValueError(f"prefix {prefix!r} and suffix {suffix!r} cannot have * or \\")
        detail["object"] = {"key": [{"wildcard": f"{prefix}*{suffix}"}]}
    elif prefix:
        detail["object"] = {"key": [{"prefix": prefix}]}
    elif suffix:
        detail["object"] = {"key": [{"suffix": suffix}]}
    return events.EventPattern(source=["aws.s3"], detail_type=["Object Created"], detail=detail)
