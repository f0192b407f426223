"""Handler of HTTP requests: events of an API Gateway HTTP API, payload format 2.0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.aws.dynamodb.read_units import counted
from taskmill.http.app import build_app
from taskmill.http.errors import as_lambda_answer, respond
from taskmill.http.request import READ_UNITS, prepared, reads_only
from taskmill.http.revealing import mask_names
from taskmill.model.api.base import build_models
from taskmill.wiring.cold_start import Start
from taskmill.wiring.process import current

_APP = build_app()
_START = Start(lambda wiring: wiring.service, ahead=build_models)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request. Exceptions, too, become a response of the documented form."""
    try:
        _START()
        request = prepared(event)
        with counted() as units:
            answer = mask_names(_APP.resolve(request, context), request["rawPath"])
        if reads_only(event):
            answer["headers"] = {**answer.get("headers", {}), READ_UNITS: str(units)}
        answer["body"] = answer.get("body") or ""  # of a 304; MiniStack makes a 500 of null
    except Exception as error:  # noqa: BLE001  # else API Gateway would answer in its own form
        answer = as_lambda_answer(respond(error))
    http = event["requestContext"]["http"]
    current().logger.info(
        "answered", method=http["method"], path=event["rawPath"], status=answer["statusCode"]
    )
    return answer
