"""The deployed API against its own OpenAPI document, with requests that nobody thought of."""

import re
from typing import Any

import pytest
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from deployed import Outputs
from hypothesis import HealthCheck, settings
from openapi_checks import EXCLUDED, TENANT, aim, configuration
from schemathesis.schemas import BaseSchema

from taskmill.client import TaskClient


class SigV4(requests.auth.AuthBase):
    """Signs requests as the holder of the stack's made-up keys."""

    def __init__(self, outputs: Outputs) -> None:
        keys = Credentials(outputs["AccessKeyId"], outputs["SecretAccessKey"])
        self._signer = SigV4Auth(keys, "execute-api", outputs["Region"])

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = AWSRequest(request.method, request.url, data=request.body)
        self._signer.add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


@pytest.fixture(scope="module")
def deployed_api(stack: Outputs, outputs_file: Any) -> BaseSchema:
    url, signer = stack["ApiUrl"].rstrip("/"), SigV4(stack)
    answer = requests.get(f"{url}/openapi.json", auth=signer, timeout=30)
    assert answer.status_code == 200, answer.text
    schema = schemathesis.openapi.from_dict(answer.json(), config=configuration(coverage=False))
    schema.config.update(base_url=url)
    schema.auth.set_from_requests(signer)
    with TaskClient.from_outputs(outputs_file, tenant=TENANT) as client:
        tasks = [client.submit("echo", each).code for each in range(3)]
        fan_outs = [client.map("echo", [1, 2]).code for _ in range(3)]
    return aim(schema, "echo", {"tasks": tasks, "step-function-tasks": fan_outs})


document = schemathesis.pytest.from_fixture("deployed_api")


@document.parametrize()
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_answer_of_the_deployed_api_is_as_documented(case: Any) -> None:
    case.call_and_validate(timeout=30, excluded_checks=EXCLUDED)


def test_every_route_but_health_wants_a_signature(stack: Outputs, deployed_api: BaseSchema) -> None:
    answers = {
        (method, path): requests.request(
            method, stack["ApiUrl"].rstrip("/") + re.sub(r"{\w+}", "0", path), timeout=30
        ).status_code
        for path, operations in deployed_api.raw_schema["paths"].items()
        for method in operations
    }

    assert answers.pop(("get", "/health")) == 200
    assert set(answers.values()) == {403}
