"""HTTP requests, as an HTTP API hands them over (payload format 2.0)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.http.app import build_app
from taskmill.http.errors import as_lambda_answer, respond
from taskmill.http.request import prepared
from taskmill.model.api.base import build_models
from taskmill.wiring.cold_start import Start
from taskmill.wiring.process import current

_APP = build_app()
_START = Start(lambda wiring: wiring.service, ahead=build_models)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """One request; whatever happens, the answer has a documented shape."""
    try:
        _START()
        answer = _APP.resolve(prepared(event), context)
    except Exception as error:  # noqa: BLE001  # the last place that can keep the shape
        answer = as_lambda_answer(respond(error))
    request = event["requestContext"]["http"]
    current().logger.info(
        "answered", method=request["method"], path=event["rawPath"], status=answer["statusCode"]
    )
    return answer
