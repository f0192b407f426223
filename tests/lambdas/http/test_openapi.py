"""The OpenAPI document is true: what it promises is what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from amounts import amount
from gateway import gateway
from hypothesis import HealthCheck, settings
from openapi_checks import EXCLUDED, aim, configuration
from schemathesis.schemas import BaseSchema

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

SIGNED = {"Authorization": "signed"}


@pytest.fixture(scope="module")
def deployed() -> Iterator[BaseSchema]:
    with InProcessCloud(modules=["api_tasks"]) as cloud:
        schema = schemathesis.openapi.from_wsgi(
            "/openapi.json", gateway, headers=SIGNED, config=configuration()
        )
        yield aim(schema, "any", {kind: ended_and_open(cloud, kind) for kind in INPUTS})


document = schemathesis.pytest.from_fixture("deployed")
INPUTS = {"tasks": {}, "step-function-tasks": {"input": [1, 2]}}


def ended_and_open(cloud: InProcessCloud, kind: str) -> list[str]:
    """Codes of tasks, some of which have ended."""
    codes = []
    for _ in range(4):
        body = {"taskType": "any", **INPUTS[kind]}
        codes.append(InProcessApi().post(f"/v1/tenants/mbc/{kind}", body).body["code"])
        if len(codes) == 2:
            cloud.run()
    return codes


@document.parametrize()
@settings(
    max_examples=amount(8, fuzz=350),  # besides the coverage of each constraint: 2,850 requests
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_documented(case: Any) -> None:
    case.call_and_validate(headers=SIGNED, excluded_checks=EXCLUDED)


def test_the_gateway_has_just_the_routes_of_the_document(document_body: dict[str, Any]) -> None:
    from taskmill_cdk.api import authorised_routes

    documented = {
        (method.upper(), path) for path, each in document_body["paths"].items() for method in each
    }

    routes = {(method.value, path) for method, path in authorised_routes()}
    assert documented == routes | {("GET", "/health")}


def test_every_operation_says_how_it_fails_in_the_one_shape(document_body: dict[str, Any]) -> None:
    schemas = document_body["components"]["schemas"]
    assert schemas["Error"]["required"] == ["error"]
    for path, operations in document_body["paths"].items():
        for operation in operations.values():
            answers = operation["responses"]
            expected = {"429", "500", "503"} | ({"400", "403"} if "{tenant}" in path else set())
            assert expected <= answers.keys()
            for status in answers:
                if status >= "400":
                    schema = answers[status]["content"]["application/json"]["schema"]["$ref"]
                    assert schema.split("/")[-1] in ("Error", "ErrorOrGatewayError")


def test_all_references_of_the_document_lead_somewhere(document_body: dict[str, Any]) -> None:
    known = document_body["components"]["schemas"].keys()

    assert set(references(document_body)) <= known


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix("#/components/schemas/")
        for each in node.values():
            yield from references(each)
    elif isinstance(node, list):
        for each in node:
            yield from references(each)


@pytest.fixture(scope="module")
def document_body() -> dict[str, Any]:
    with InProcessCloud():
        body: dict[str, Any] = InProcessApi().get("/openapi.json").body
        return body
