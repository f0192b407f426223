"""Errors as boto3 raises them."""

from __future__ import annotations

from botocore.exceptions import ClientError


def client_error(code: str, message: str = "") -> ClientError:
    """What AWS refuses; the message is the code by default."""
    return ClientError({"Error": {"Code": code, "Message": message or code}}, "InProcess")
