"""What a request brings: its body, its caller, and the tenant it may speak for."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from pydantic_core import from_json

from taskmill.http.refusals import MalformedBody, UnsupportedMediaType
from taskmill.model.api.requests import InvokeContext
from taskmill.model.errors import Forbidden, LimitExceeded
from taskmill.wiring.process import current

MAX_BODY_BYTES = 6 * 1024 * 1024  # Lambda takes no larger request
_MAX_REQUEST_ID = 128  # characters of a caller's own; longer ones would swell the row
_JSON = "application/json"
_WITH_BODY = ("POST", "PUT", "PATCH")


def prepared(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event with a path that routes can match and, if it has a body, that as text.

    Raises:
        LimitExceeded: The body is over 6 MB.
        UnsupportedMediaType: The body is declared as something else than JSON.
        MalformedBody: The body is no UTF-8.
    """
    # Powertools' routes match only some characters. Quoted ones match always, and are then
    # refused as part of a name rather than as a path nobody knows.
    path = quote(event["rawPath"], safe="/", errors="replace")
    request = {**event, "rawPath": path, "body": None, "isBase64Encoded": False}
    if event["requestContext"]["http"]["method"] in _WITH_BODY and event.get("body"):
        request["headers"] = _json_headers(event.get("headers") or {})
        request["body"] = _text(event["body"], encoded=bool(event.get("isBase64Encoded")))
    return request


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object that a body is.

    pydantic's parser refuses what could not be stored or answered again: NaN, half surrogates,
    nesting beyond 200 levels.

    Raises:
        MalformedBody: It is none.
    """
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise MalformedBody(f"the body is not JSON: {error}", field="body") from None
    if not isinstance(value, dict):
        raise MalformedBody("the body is a JSON object, not another JSON value", field="body")
    return value


def invoke_context(request: Request) -> InvokeContext:
    """Who asks: an AWS identity or the subject of a token, from where, in which request."""
    event = APIGatewayProxyEventV2(request.resolved_event.raw_event)
    context = event.request_context
    identity = context.authorizer.iam
    own_id = event.headers.get("x-request-id", "")
    usable = own_id.isprintable() and 0 < len(own_id) <= _MAX_REQUEST_ID
    return InvokeContext(
        user=identity.user_arn or identity.user_id or context.authorizer.jwt_claim.get("sub"),
        source_ip=context.http.source_ip,
        request_id=own_id if usable else context.request_id,
    )


def confine(
    app: ApiGatewayResolver, next_middleware: Callable[[ApiGatewayResolver], Response[Any]]
) -> Response[Any]:
    """Let nobody past whose token names another tenant than the path, or none.

    Without a configured claim the callers' policies confine them to paths.

    Raises:
        Forbidden: The claim is missing or differs.
    """
    tenant = app.context["_route_args"].get("tenant")
    claim = current().settings.tenant_claim
    if tenant is not None and claim is not None:
        event = APIGatewayProxyEventV2(app.current_event.raw_event)
        claims = event.request_context.authorizer.jwt_claim
        if claims.get(claim) != tenant:
            raise Forbidden(f"your token does not name tenant {tenant!r} as its {claim!r}")
    return next_middleware(app)


def _json_headers(headers: Mapping[str, str]) -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    declared = lower.get("content-type", _JSON)
    if declared.partition(";")[0].strip().lower() != _JSON:
        raise UnsupportedMediaType(
            f"the body is declared as {declared!r}; send {_JSON}", field="content-type"
        )
    return {**lower, "content-type": _JSON}


def _text(body: str, *, encoded: bool) -> str:
    size = len(body) * 3 // 4 if encoded else len(body.encode(errors="replace"))
    if size > MAX_BODY_BYTES:
        raise LimitExceeded("body", actual=size, limit=MAX_BODY_BYTES, unit="bytes")
    try:
        return base64.b64decode(body, validate=True).decode() if encoded else body
    except (binascii.Error, UnicodeDecodeError):
        raise MalformedBody("the body is not UTF-8", field="body") from None
