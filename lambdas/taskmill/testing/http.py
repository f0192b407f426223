"""The HTTP API in this process: requests become Lambda events, as API Gateway builds them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from taskmill.handlers import api
from taskmill.testing.counting import before_reading

USER_ARN = "arn:aws:iam::123456789012:user/tester"
_ONE_AT_A_TIME = threading.RLock()


@dataclass(frozen=True)
class Answer:
    """A response of the API; `body` is the parsed JSON, None if there is none."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def error(self) -> dict[str, Any]:
        """The `error` object of an error response, with `code`, `message` and `details`."""
        content: dict[str, Any] = self.body["error"]
        return content


@dataclass
class InProcessApi:
    """Sends requests to the API function of the `InProcessCloud` in use.

    ```python
    with InProcessCloud() as cloud:
        answer = InProcessApi().post("/v1/tenants/mbc/tasks", {"taskType": "data-export"})
        assert answer.status == 202
    ```

    Args:
        authorizer: The event's `requestContext.authorizer`; by default, an IAM user.
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
            method: "GET", "POST" and so on.
            path: URL-encoded.
            body: `str` and `bytes` are sent unchanged, other values as JSON.
            query: The URL-encoded query string.
            headers: Replace the default, which is the JSON content type.
        """
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
        sent = {"content-type": "application/json"} if headers is None else headers
        answer = handler(self.event(method, path, body, query, sent), None)
        body = answer["body"]
        return Answer(answer["statusCode"], json.loads(body) if body else None, answer["headers"])

    def event(
        self,
        method: str,
        path: str,
        body: str | bytes | None,
        query: str,
        headers: Mapping[str, str],
    ) -> dict[str, Any]:
        """The Lambda event of a request, in payload format 2.0."""
        decoded = unquote(path)
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": decoded,
            "rawQueryString": query,
            "queryStringParameters": _query_parameters(query),
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
    """The API function. Like a Lambda environment, it handles one request at a time."""
    with _ONE_AT_A_TIME:
        before_reading(event["rawPath"])
        return api.handler(event, context)


def _query_parameters(query: str) -> dict[str, str]:
    """Query parameters as API Gateway passes them: values of the same name joined by commas."""
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined
