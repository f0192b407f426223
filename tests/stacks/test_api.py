from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cognito as cognito_
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template
from benchmarks.ledger.logs import ACCESS_LINE

from taskmill_cdk import Auth, TaskApi, cognito, jwt

TENANT = "/v1/tenants/{tenant}"
TASK = TENANT + "/tasks/{type}/{code}"
FAN_OUT = TENANT + "/step-function-tasks/{type}/{code}"
SCHEDULE = TENANT + "/schedules/{name}"

ROUTES = {
    "GET /health",
    "GET /openapi.json",
    f"POST {TENANT}/tasks",
    f"POST {TENANT}/step-function-tasks",
    f"POST {TENANT}/uploads",
    f"GET {TENANT}/tasks",
    f"GET {TENANT}/step-function-tasks",
    *(f"GET {task}{view}" for task in (TASK, FAN_OUT) for view in ("", "/children", "/result")),
    *(f"POST {task}/{move}" for task in (TASK, FAN_OUT) for move in ("cancel", "retry")),
    f"PATCH {TASK}",
    f"PATCH {FAN_OUT}",
    f"GET {FAN_OUT}/subtasks",
    f"GET {FAN_OUT}/subtasks/{{index}}",
    f"GET {FAN_OUT}/subtasks/{{index}}/result",
    f"GET {FAN_OUT}/progress",
    f"GET {TENANT}/schedules",
    *(f"{method} {SCHEDULE}" for method in ("GET", "PUT", "DELETE")),
    *(f"POST {SCHEDULE}/{move}" for move in ("pause", "resume")),
    f"GET {TENANT}/callbacks",
    *(f"{method} {TENANT}/callbacks/{{id}}" for method in ("GET", "PUT", "DELETE")),
    "$default",
}


def any_api(auth: Callable[[Stack], Auth] | None = None) -> tuple[Stack, TaskApi]:
    stack = Stack(App(), "Any")
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    return stack, TaskApi(stack, "Api", function=function, auth=auth and auth(stack))


def test_every_route_is_named(template: Template) -> None:
    assert set(routes(template)) == ROUTES


def test_every_route_but_health_takes_signed_requests_only(template: Template) -> None:
    authorization = {key: route["AuthorizationType"] for key, route in routes(template).items()}

    assert authorization.pop("GET /health") == "NONE"
    assert set(authorization.values()) == {"AWS_IAM"}


def test_the_function_gets_payload_format_2(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Integration", {"PayloadFormatVersion": "2.0"}
    )


def test_requests_are_throttled(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Stage",
        {"DefaultRouteSettings": {"ThrottlingRateLimit": 1_000, "ThrottlingBurstLimit": 2_000}},
    )


def test_the_ledger_knows_what_is_logged_of_a_request(template: Template) -> None:
    fields = {name: variable for name, (variable, _) in ACCESS_LINE.items()}

    template.has_resource_properties(
        "AWS::ApiGatewayV2::Stage",
        {"AccessLogSettings": Match.object_like({"Format": Match.serialized_json(fields)})},
    )


def test_requests_are_logged(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Stage",
        {
            "AccessLogSettings": {
                "DestinationArn": Match.any_value(),
                "Format": Match.serialized_json(
                    Match.object_like(
                        {"requestId": "$context.requestId", "status": "$context.status"}
                    )
                ),
            }
        },
    )


@pytest.mark.parametrize("audience", ["taskmill", ["taskmill"]], ids=["one", "several"])
def test_tokens_of_an_issuer_replace_signatures(audience: str | list[str]) -> None:
    stack, _ = any_api(lambda _: jwt("https://issuer.example", audience, "tenant"))
    template = Template.from_stack(stack)

    assert_tokens_on_every_route_but_health(template)
    template.has_resource_properties(
        "AWS::ApiGatewayV2::Authorizer",
        {"JwtConfiguration": {"Issuer": "https://issuer.example", "Audience": ["taskmill"]}},
    )
    assert tenant_claim(template) == "tenant"


def test_tokens_of_a_user_pool_replace_signatures() -> None:
    def pool(stack: Stack) -> Auth:
        users = cognito_.UserPool(stack, "Users")
        return cognito(users, [users.add_client("Client")])

    stack, _ = any_api(pool)
    template = Template.from_stack(stack)

    assert_tokens_on_every_route_but_health(template)
    assert tenant_claim(template) == "custom:tenant"


def test_signed_callers_have_no_tenant_claim() -> None:
    stack, _ = any_api()

    assert tenant_claim(Template.from_stack(stack)) is None


@pytest.mark.parametrize("tenant", ["mbc", "*"])
def test_a_caller_is_let_in_for_a_tenant(tenant: str) -> None:
    stack, api = any_api()
    caller = iam.User(stack, "Caller")

    api.grant_invoke(caller, tenant=tenant)

    [policy] = [
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    ]
    [statement] = policy
    assert statement["Action"] == "execute-api:Invoke"
    assert statement["Resource"]["Fn::Join"][1][-1] == f"/*/*/v1/tenants/{tenant}/*"


def assert_tokens_on_every_route_but_health(template: Template) -> None:
    authorization = {key: route["AuthorizationType"] for key, route in routes(template).items()}
    assert authorization.pop("GET /health") == "NONE"
    assert set(authorization.values()) == {"JWT"}


def tenant_claim(template: Template) -> str | None:
    [function] = template.find_resources("AWS::Lambda::Function").values()
    environment = function["Properties"].get("Environment", {"Variables": {}})
    return environment["Variables"].get("TASKMILL_TENANT_CLAIM")


def routes(template: Template) -> dict[str, dict[str, Any]]:
    found = template.find_resources("AWS::ApiGatewayV2::Route").values()
    return {route["Properties"]["RouteKey"]: route["Properties"] for route in found}
