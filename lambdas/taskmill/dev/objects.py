"""The payload bucket of the real-time cloud, whose signed URLs lead to its own HTTP server."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from taskmill.testing.s3 import MemoryBucket

PATH = "/_payloads/"


@dataclass
class ServedBucket(MemoryBucket):
    """A bucket in memory.

    Attributes:
        url: Of the server, without a slash at the end.
    """

    url: str = ""
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def generate_presigned_url(self, operation: str, *, Params: Any, ExpiresIn: int) -> str:
        key = Params["Key"]
        method = "PUT" if operation == "put_object" else "GET"
        return f"{self.url}{PATH}{quote(key)}?signature={self.signature(method, key)}"

    def signature(self, method: str, key: str) -> str:
        """What a request must show for this object."""
        return hmac.new(self._secret, f"{method} {key}".encode(), hashlib.sha256).hexdigest()

    def is_signed(self, method: str, key: str, signature: str) -> bool:
        return hmac.compare_digest(self.signature(method, key), signature)
