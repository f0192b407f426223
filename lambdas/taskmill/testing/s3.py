"""An S3 bucket in memory, with the client methods that taskmill calls."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody


@dataclass
class MemoryBucket:
    """One bucket; `objects` holds the bodies by key."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put_object(self, *, Key: str, Body: bytes | str, **_: Any) -> dict[str, Any]:
        self.objects[Key] = Body if isinstance(Body, bytes) else Body.encode()
        return {}

    def get_object(self, *, Key: str, Range: str | None = None, **_: Any) -> dict[str, Any]:
        body = self._find(Key, "NoSuchKey")
        if Range:
            first, last = map(int, re.findall(r"\d+", Range))
            body = body[first : last + 1]
        return {"Body": StreamingBody(io.BytesIO(body), len(body))}

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        body = self._find(Key, "404")
        digest = hashlib.sha256(body).hexdigest()
        return {"ContentLength": len(body), "ETag": f'"{digest}"'}

    def delete_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        self.objects.pop(Key, None)
        return {}

    def generate_presigned_url(self, operation: str, *, Params: Any, ExpiresIn: int) -> str:
        return f"memory://{Params['Bucket']}/{Params['Key']}?{operation}&expires={ExpiresIn}"

    def _find(self, key: str, code: str) -> bytes:
        if key in self.objects:
            return self.objects[key]
        raise ClientError(
            {
                "Error": {"Code": code, "Message": "no such object"},
                "ResponseMetadata": {"HTTPStatusCode": 404},
            },
            "InMemory",
        )
