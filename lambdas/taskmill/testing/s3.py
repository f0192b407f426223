"""An S3 bucket in memory, with the client methods that taskmill calls."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError


@dataclass
class MemoryBucket:
    """One bucket; `objects` holds the bodies by key, `tags` the tags of those that have any."""

    objects: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def put_object(
        self, *, Key: str, Body: bytes | str, Tagging: str = "", **_: Any
    ) -> dict[str, Any]:
        self.objects[Key] = Body if isinstance(Body, bytes) else Body.encode()
        self.tags.pop(Key, None)
        if Tagging:
            self.tags[Key] = Tagging
        return {}

    def delete_object_tagging(self, *, Key: str, **_: Any) -> dict[str, Any]:
        self._find(Key, "NoSuchKey")
        self.tags.pop(Key, None)
        return {}

    def expire(self, tag: str) -> None:
        """Delete the objects with a tag, as a lifecycle rule does."""
        for key in [key for key, tags in self.tags.items() if tags == tag]:
            self.delete_object(Key=key)

    def get_object(
        self, *, Key: str, Range: str | None = None, IfMatch: str | None = None, **_: Any
    ) -> dict[str, Any]:
        body = self._find(Key, "NoSuchKey")
        etag = _etag(body)
        if IfMatch not in (None, etag):
            raise _refused("PreconditionFailed", 412)
        if Range:
            first, last = map(int, re.findall(r"\d+", Range))
            body = body[first : last + 1]
        from botocore.response import StreamingBody  # takes a quarter of a second to import

        stream = StreamingBody(io.BytesIO(body), len(body))
        return {"Body": stream, "ContentLength": len(body), "ETag": etag}

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        body = self._find(Key, "404")
        return {"ContentLength": len(body), "ETag": _etag(body)}

    def delete_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        self.objects.pop(Key, None)
        self.tags.pop(Key, None)
        return {}

    def generate_presigned_url(self, operation: str, *, Params: Any, ExpiresIn: int) -> str:
        signed = {"operation": operation, "expires": ExpiresIn}
        signed |= {name: Params[name] for name in Params if name not in ("Bucket", "Key")}
        return f"memory://{Params['Bucket']}/{Params['Key']}?{urlencode(signed)}"

    def _find(self, key: str, code: str) -> bytes:
        if key in self.objects:
            return self.objects[key]
        raise _refused(code, 404)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()}"'


def _refused(code: str, status: int) -> ClientError:
    error = {"Code": code, "Message": "no such object"}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, "InMemory")
