"""Routes about the service: health, and the OpenAPI document."""

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
    """Shows that the service responds, and nothing else: the route needs no authorisation."""

    status: str = "ok"


def add_to(app: ApiGatewayResolver) -> None:
    def get_openapi() -> Response[str]:
        settings = current().settings
        tokens = settings.tenant_claim is not None
        document = document_of(app, tokens=tokens, base_path=settings.base_path)
        return Response(200, "application/json", document)

    app.get(
        "/health",
        summary="Check that the service responds",
        operation_id="health",
        responses=_answers({"description": "The service responds."}, errors=(429, 500, 503)),
        openapi_extensions={"security": []},
    )(get_health)
    app.get(
        "/openapi.json",
        summary="Get this document",
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
