"""The OpenAPI document is true: what it promises is what is answered."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from gateway import gateway
from hypothesis import HealthCheck, settings
from openapi_checks import EXCLUDED, aim
from schemathesis.schemas import BaseSchema

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

SIGNED = {"Authorization": "signed"}


@pytest.fixture(scope="module")
def deployed() -> Iterator[BaseSchema]:
    with InProcessCloud(modules=["api_tasks"]) as cloud:
        schema = schemathesis.openapi.from_wsgi("/openapi.json", gateway, headers=SIGNED)
        yield aim(schema, {kind: ended_and_open(cloud, kind) for kind in INPUTS})


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
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_as_documented(case: Any) -> None:
    case.call_and_validate(headers=SIGNED, excluded_checks=EXCLUDED)
