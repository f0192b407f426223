"""Conversion of HTTP error responses to the exceptions of taskmill."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import httpx

from taskmill.client.errors import Unreachable
from taskmill.model import errors
from taskmill.model.errors import TaskmillError

# The codes of the API. "internal" is missing: it becomes `Unreachable`, as a missing answer does.
_BY_CODE: Mapping[str, type[TaskmillError]] = {
    "invalid_request": errors.InvalidRequest,
    "unknown_pool": errors.UnknownPool,
    "invalid_key": errors.InvalidKey,
    "malformed_body": errors.InvalidRequest,
    "method_not_allowed": errors.InvalidRequest,
    "unsupported_media_type": errors.InvalidRequest,
    "too_large": errors.LimitExceeded,
    "forbidden": errors.Forbidden,
    "not_found": errors.TaskNotFound,
    "no_such_route": Unreachable,
    "conflict": errors.Conflict,
    "idempotency_conflict": errors.IdempotencyConflict,
    "illegal_status_change": errors.IllegalStatusChange,
    "throttled": errors.Throttled,
    "payload_expired": errors.PayloadMissing,
}

# For unknown codes of a newer server, and for responses of API Gateway itself.
_BY_STATUS: Mapping[int, type[TaskmillError]] = {
    400: errors.InvalidRequest,
    401: errors.Forbidden,
    403: errors.Forbidden,
    404: errors.TaskNotFound,
    405: errors.InvalidRequest,
    409: errors.Conflict,
    410: errors.PayloadMissing,
    413: errors.LimitExceeded,
    422: errors.InvalidRequest,
    429: errors.Throttled,
}

# AWS's answers to a signature whose time is five minutes or more off.
_CLOCK = re.compile(r"Signature (expired|not yet current)")


def json_of(response: httpx.Response) -> Any:
    """The parsed JSON body of a successful response; None if it has none (204).

    Raises:
        Unreachable: The body is not JSON, so the URL is not that of a task API.
    """
    if response.status_code == httpx.codes.NO_CONTENT:
        return None
    try:
        return response.json()
    except ValueError:
        raise _from_gateway(response, "something that is not JSON", "") from None


def error_of(response: httpx.Response, *, caller: str) -> TaskmillError:
    """The exception for an error response.

    Args:
        caller: Description of the credentials that were used, for the message.
    """
    answer = _json(response)
    error = answer.get("error")
    if isinstance(error, dict) and "message" in error:
        return _from_api(response.status_code, error)
    message = answer.get("message") or answer.get("Message") or response.reason_phrase
    return _from_gateway(response, str(message), caller)


def _from_api(status: int, error: Mapping[str, Any]) -> TaskmillError:
    known = _BY_CODE.get(str(error.get("code"))) or _BY_STATUS.get(status, Unreachable)
    message, details = str(error["message"]), error.get("details") or []
    if len(details) == 1:  # the details of the one problem: its field, its limit
        return _make(known, message, {**details[0]})
    if details:  # one entry per invalid field
        message = "; ".join(f"{each.get('field', '?')}: {each.get('message')}" for each in details)
    return _make(known, message, {"each": details})


def _from_gateway(response: httpx.Response, message: str, caller: str) -> TaskmillError:
    """The exception for a response of the gateway, or of a server that is not a task API."""
    url, status = response.request.url.copy_with(query=None), response.status_code
    said = f"{status} {message}"
    if status in (401, 403) and _CLOCK.search(message):
        text = f"{url} refuses the signature ({said}): set the clock of this machine"
        return errors.Forbidden(text)
    if status in (401, 403):
        text = (
            f"{url} refuses this caller ({said}). Called as {caller}; "
            "it must be allowed to invoke this API for this tenant"
        )
        return errors.Forbidden(text)
    if status in (413, 429):
        return _make(_BY_STATUS[status], f"{url} answered {said}", {})
    return Unreachable(f"{url} answered {said}, not as a task API does; check the URL")


def no_answer(error: httpx.TransportError) -> Unreachable:
    """The exception for a request without a response; its message says what to try."""
    url, why = error.request.url, str(error) or type(error).__name__
    advice = "check the URL and the network"
    if is_local(url):
        advice = "start the local cloud with `taskmill local up`"
    origin = f"{url.scheme}://{url.netloc.decode()}"
    return Unreachable(f"no answer from {origin} ({why}): {advice}")


def is_local(url: httpx.URL) -> bool:
    return url.host in ("localhost", "127.0.0.1", "::1")


def _make(kind: type[TaskmillError], message: str, details: Mapping[str, Any]) -> TaskmillError:
    """An exception with the message of the server; its constructor would build another message."""
    error = kind.__new__(kind)
    TaskmillError.__init__(error, message)
    error.details = dict(details)
    return error


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        answer = response.json()
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
