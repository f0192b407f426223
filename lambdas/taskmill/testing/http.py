"""The HTTP API in this process: requests become events, as the gateway makes them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from taskmill.handlers import api

USER_ARN = "arn:aws:iam::123456789012:user/tester"
_ENVIRONMENT = threading.RLock()


@dataclass(frozen=True)
class Answer:
    """What the API answered; `body` is parsed."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """The content of an error's one shape."""
        content: dict[str, Any] = self.body["error"]
        return content


@dataclass
class InProcessApi:
    """Calls the API function of the `InProcessCloud` in use.

    ```python
    with InProcessCloud() as cloud:
        answer = InProcessApi().post("/v1/tenants/mbc/tasks", {"taskType": "data-export"})
        assert answer.status == 202
    ```

    Args:
        authorizer: What the gateway says of the caller; by default, an AWS identity.
    """

    authorizer: Mapping[str, Any] = field(default_factory=lambda: {"iam": {"userArn": USER_ARN}})

    def get(self, path: str, **query: Any) -> Answer:
        return self.request("GET", path, query=urlencode(query, doseq=True))

    def post(self, path: str, body: Any = None, **request: Any) -> Answer:
        return self.request("POST", path, body=body, **request)

    def patch(self, path: str, body: Any = None, **request: Any) -> Answer:
        return self.request("PATCH", path, body=body, **request)

    def put(self, path: str, body: Any = None, **request: Any) -> Answer:
        return self.request("PUT", path, body=body, **request)

    def delete(self, path: str) -> Answer:
        return self.request("DELETE", path)

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request.

        Args:
            method: GET, POST …
            path: As in a URL; the gateway decodes it.
            body: Text and bytes go as they are, anything else as JSON.
            query: As in a URL.
            headers: In place of the JSON content type.
        """
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
        sent = {"content-type": "application/json"} if headers is None else headers
        answer = handler(self.event(method, path, body, query, sent), None)
        return Answer(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    def event(
        self,
        method: str,
        path: str,
        body: str | bytes | None,
        query: str,
        headers: Mapping[str, str],
    ) -> dict[str, Any]:
        """The event of a request, in payload format 2.0."""
        decoded = unquote(path)
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": decoded,
            "rawQueryString": query,
            "queryStringParameters": _joined(query),
            "headers": {name.lower(): value for name, value in headers.items()},
            "requestContext": {
                "http": {"method": method, "path": decoded, "sourceIp": "192.0.2.7"},
                "requestId": "gateway-request",
                "stage": "$default",
                "authorizer": dict(self.authorizer),
            },
            "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
            "isBase64Encoded": isinstance(body, bytes),
        }


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The API function. As in Lambda it has one request at a time, whoever calls at once."""
    with _ENVIRONMENT:
        return api.handler(event, context)


def _joined(query: str) -> dict[str, str]:
    """Query parameters as the gateway gives them: values of one name joined by commas."""
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
