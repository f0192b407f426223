"""Routes about the service itself."""

from __future__ import annotations

from collections.abc import Iterable

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from taskmill.http.openapi import document_of
from taskmill.http.routing import error_answer
from taskmill.model.api.base import View
from taskmill.wiring.process import current


class Health(View):
    """That the service answers, and nothing else: anybody may ask."""

    status: str = "ok"


def add_to(app: ApiGatewayResolver) -> None:
    def get_openapi() -> Response[str]:
        tokens = current().settings.tenant_claim is not None
        return Response(200, "application/json", document_of(app, tokens=tokens))

    app.get(
        "/health",
        summary="Whether the service answers",
        operation_id="health",
        responses=_answers({"description": "It does."}, errors=(429, 500, 503)),
        openapi_extensions={"security": []},
    )(get_health)
    app.get(
        "/openapi.json",
        summary="This document",
        operation_id="openapi",
        responses=_answers(
            {
                "description": "An OpenAPI 3.1 document.",
                "content": {"application/json": {"schema": {"type": "object"}}},
            },
            errors=(403, 429, 500, 503),
        ),
    )(get_openapi)


def get_health() -> Health:
    return Health()


def _answers(success: OpenAPIResponse, *, errors: Iterable[int]) -> dict[int, OpenAPIResponse]:
    return {200: success, **{status: error_answer(status) for status in errors}}
