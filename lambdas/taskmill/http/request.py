"""Reads a request: its path and body, its caller, and whether the tenant is allowed."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from taskmill.http.callers import caller_of
from taskmill.http.refusals import MalformedBody, UnsupportedMediaType
from taskmill.model.api.requests import InvokeContext
from taskmill.model.errors import Forbidden, LimitExceeded
from taskmill.model.json_reading import LEVELS_OF_A_BODY, NotJson, decoded, read_json
from taskmill.wiring.process import current

MAX_BODY_BYTES = 6 * 1024 * 1024  # Lambda's limit for a request
_MAX_REQUEST_ID = 128  # characters of an `x-request-id` header, which the row stores
_JSON = "application/json"
READ_UNITS = "x-taskmill-read-units"  # of each answer to a request that only reads
_WITH_BODY = ("POST", "PUT", "PATCH")


def prepared(event: Mapping[str, Any]) -> dict[str, Any]:
    """The event in the form that Powertools needs: path without base and quoted, body as text.

    Raises:
        LimitExceeded: The body is larger than 6 MB.
        UnsupportedMediaType: The content type of the body is not JSON.
        MalformedBody: The body is not UTF-8.
    """
    # Patterns of Powertools' routes do not match all characters, but they match quoted ones. So an
    # invalid name is reported as such, and not as an unknown path.
    path = quote(_below_base(event["rawPath"]), safe="/", errors="replace")
    request = {**event, "rawPath": path, "body": None, "isBase64Encoded": False}
    if event["requestContext"]["http"]["method"] in _WITH_BODY and event.get("body"):
        request["headers"] = _json_headers(event.get("headers") or {})
        request["body"] = _body_text(event["body"], encoded=bool(event.get("isBase64Encoded")))
    return request


def reads_only(event: Mapping[str, Any]) -> bool:
    """Whether a request only reads, so that its answer tells the read units that it took."""
    looks_up: bool = event["rawPath"].endswith("/lookup")
    return looks_up or str(event["requestContext"]["http"]["method"]) == "GET"


def parse_object(text: str) -> dict[str, Any]:
    """The JSON object in a body.

    Raises:
        MalformedBody: The text is not JSON within the limits of `read_json`, or not an object.
    """
    try:
        # What is infinite or a little too deep is refused later, with the name of its field.
        value = read_json(text, finite=False, around=LEVELS_OF_A_BODY)
    except NotJson as error:
        raise MalformedBody(f"the body is not JSON: {error}", field="body") from None
    if not isinstance(value, dict):
        raise MalformedBody("the body must be a JSON object, not another JSON value", field="body")
    return value


def invoke_context(request: Request) -> InvokeContext:
    """The caller of a request (AWS identity or subject of the token), its IP address and its id.

    The id is the `x-request-id` header if it is printable and has up to 128 characters, else the
    one of API Gateway.
    """
    event = APIGatewayProxyEventV2(request.resolved_event.raw_event)
    context = event.request_context
    own_id = event.headers.get("x-request-id", "")
    usable = own_id.isprintable() and 0 < len(own_id) <= _MAX_REQUEST_ID
    return InvokeContext(
        user=caller_of(event).user,
        source_ip=context.http.source_ip,
        request_id=own_id if usable else context.request_id,
    )


def confine(
    app: ApiGatewayResolver, next_middleware: Callable[[ApiGatewayResolver], Response[Any]]
) -> Response[Any]:
    """Middleware: the caller's token must name the tenant in the path, and allow what is asked.

    It checks nothing if no claim is configured: then IAM policies limit callers to paths.

    Raises:
        Forbidden: The tenant claim is missing or names another tenant, or the token may only read.
    """
    event = APIGatewayProxyEventV2(app.current_event.raw_event)
    caller, tenant = caller_of(event), app.context["_route_args"].get("tenant")
    if tenant is not None and caller.tenants is not None and tenant not in caller.tenants:
        claim = current().settings.tenant_claim
        raise Forbidden(f"your token does not name tenant {tenant!r} as its {claim!r}")
    if caller.may_write is False and not _only_reads(event):
        raise Forbidden("your token may only read: none of its roles may write")
    return next_middleware(app)


def _only_reads(event: APIGatewayProxyEventV2) -> bool:
    method, parts = event.http_method, event.path.split("/")
    return method in ("GET", "HEAD", "OPTIONS") or (method == "POST" and parts[4:] == ["lookup"])


def _below_base(path: str) -> str:
    """The path below that at which the API is mapped to a custom domain.

    API Gateway passes on the path with the mapping's key in front. Requests to its own host have
    none, and are answered as well.
    """
    base = current().settings.base_path
    below = path.removeprefix(base)
    return below if below.startswith("/") else path


def _json_headers(headers: Mapping[str, str]) -> dict[str, str]:
    lower = {name.lower(): value for name, value in headers.items()}
    declared = lower.get("content-type", _JSON)
    if declared.partition(";")[0].strip().lower() != _JSON:
        raise UnsupportedMediaType(
            f"the body is declared as {declared!r}; send {_JSON}", field="content-type"
        )
    return {**lower, "content-type": _JSON}


def _body_text(body: str, *, encoded: bool) -> str:
    size = len(body) * 3 // 4 if encoded else len(body.encode(errors="replace"))
    if size > MAX_BODY_BYTES:
        raise LimitExceeded("body", actual=size, limit=MAX_BODY_BYTES, unit="bytes")
    try:
        return decoded(base64.b64decode(body, validate=True)) if encoded else body
    except binascii.Error:
        raise MalformedBody("the body is not Base64, as declared", field="body") from None
    except NotJson as error:
        raise MalformedBody(f"the body is not JSON: {error}", field="body") from None
