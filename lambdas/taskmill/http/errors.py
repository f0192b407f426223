"""The form of all error responses, and the mapping of exceptions to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from botocore.exceptions import ClientError
from pydantic import ConfigDict, Field

from taskmill.aws.dynamodb.refusals import cancellation_codes
from taskmill.http.bodies import TAGS
from taskmill.http.refusals import MethodNotAllowed
from taskmill.model.api.base import View
from taskmill.model.errors import (
    InvalidKey,
    InvalidRequest,
    LimitExceeded,
    TaskmillError,
    Throttled,
    TooManyRequests,
)
from taskmill.wiring.process import current

MAX_DETAILS = 20  # invalid fields listed in one response
RETRY_AFTER_SECONDS = 1
ROW_LIMIT = 409_600  # bytes; DynamoDB's limit for one item
_THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "SlowDown",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgress",
        "TransactionInProgressException",
    }
)


class Detail(View):
    """One problem of a request: a message, usually a field, and fields that depend on the error."""

    model_config = ConfigDict(extra="allow")

    message: str
    field: str | None = Field(
        default=None, description="The field of the request, as `tasks.3.input`."
    )


class ErrorContent(View):
    """Code, message and details of an error."""

    code: str = Field(description="For programs; it does not change.", examples=["not_found"])
    message: str = Field(description="For people; it may change.")
    details: tuple[Detail, ...] = ()


class ErrorBody(View):
    """The body of every error."""

    error: ErrorContent


def respond(error: Exception) -> Response[str]:
    """The response for an exception. An unexpected one is logged; its response gives no details."""
    known = as_known(error)
    if known is None:
        current().logger.exception("request failed")
        known = TaskmillError("an internal error; the function's log has more")
    content = ErrorContent(
        code=known.code, message=known.message, details=_details(known.message, known.details)
    )
    body = ErrorBody(error=content).model_dump_json(by_alias=True, exclude_none=True)
    return Response(known.http_status, "application/json", body, headers=_headers(known))


def as_lambda_answer(response: Response[str]) -> dict[str, Any]:
    """A response in the form that a Lambda function returns to API Gateway."""
    return {
        "statusCode": response.status_code,
        "headers": response.headers,
        "body": response.body,
        "isBase64Encoded": False,
    }


def as_known(error: Exception) -> TaskmillError | None:
    """The error to show to the caller; None for an unexpected exception, which is a bug."""
    if isinstance(error, TaskmillError):
        return error
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors())
    return _of_aws(error) if isinstance(error, ClientError) else None


def _invalid(problems: Sequence[Mapping[str, Any]]) -> TaskmillError | None:
    """The error for a failed validation: `InvalidKey` in the path, else `InvalidRequest`.

    None if the response is what is invalid, which is a bug.
    """
    places = {problem["loc"][0] for problem in problems}
    if "response" in places:
        return None
    details = [
        {"field": _field(problem["loc"]), "message": _told(problem)}
        for problem in problems[:MAX_DETAILS]
    ]
    first, more = details[0], len(problems) - 1
    message = f"{first['field']}: {first['message']}" + (f" (and {more} more)" if more else "")
    refusal = InvalidKey if "path" in places else InvalidRequest
    return refusal(message, each=details)


def _told(problem: Mapping[str, Any]) -> str:
    """The message of a problem, without the prefix that pydantic gives those of our own checks."""
    message = str(problem["msg"])
    return message.removeprefix("Value error, ") if problem["type"] == "value_error" else message


def _field(location: Sequence[str | int]) -> str:
    """The field at a location of pydantic.

    `("body", "many tasks", "tasks", 3, "input")` → `tasks.3.input`.
    """
    parts = [str(part) for part in location[1:] if part not in TAGS]
    return ".".join(parts) or str(location[0])


def _of_aws(error: ClientError) -> TaskmillError | None:
    if _THROTTLES & {error.response["Error"]["Code"], *cancellation_codes(error)}:
        return Throttled("AWS throttled the request; try again")
    if "Item size" in error.response["Error"].get("Message", ""):
        return LimitExceeded("task", actual=ROW_LIMIT + 1, limit=ROW_LIMIT, unit="bytes")
    return None


def _details(message: str, details: Mapping[str, Any]) -> tuple[Detail, ...]:
    if not details:
        return ()
    each = details.get("each") or [{"message": message, **details}]
    return tuple(Detail.model_validate(detail) for detail in each)


def _headers(error: TaskmillError) -> dict[str, str | list[str]]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(error.allowed)}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.after_seconds)}
    if isinstance(error, Throttled):
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}
