import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cognito as cognito_
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Annotations, Match, Template
from aws_cdk.aws_apigatewayv2 import CorsPreflightOptions, HttpMethod, HttpNoneAuthorizer
from aws_cdk.aws_apigatewayv2_authorizers import HttpJwtAuthorizer
from benchmarks.ledger.logs import ACCESS_LINE

from taskmill_cdk import Auth, TaskApi, cognito, jwt, sigv4

TENANT = "/v1/tenants/{tenant}"
TASK = TENANT + "/tasks/{type}/{code}"
FAN_OUT = TENANT + "/step-function-tasks/{type}/{code}"
SCHEDULE = TENANT + "/schedules/{name}"
BELOW = ("/v1", TENANT)
ACTS = ("pause", "resume")

ROUTES = {
    "GET /health",
    "GET /openapi.json",
    "GET /v1/whoami",
    "GET /v1/tenants",
    f"POST {TENANT}/may-write",
    f"GET {TENANT}/types",
    f"POST {TENANT}/tasks",
    f"POST {TENANT}/step-function-tasks",
    f"POST {TENANT}/uploads",
    f"GET {TENANT}/failures",
    f"POST {TENANT}/lookup",
    f"GET {TENANT}/tasks",
    f"GET {TENANT}/step-function-tasks",
    *(f"GET {task}{view}" for task in (TASK, FAN_OUT) for view in ("", "/children", "/result")),
    *(f"POST {task}/{move}" for task in (TASK, FAN_OUT) for move in ("cancel", "retry")),
    f"PATCH {TASK}",
    f"PATCH {FAN_OUT}",
    f"GET {FAN_OUT}/batches",
    f"GET {FAN_OUT}/subtasks",
    f"GET {FAN_OUT}/subtasks/{{index}}",
    f"GET {FAN_OUT}/subtasks/{{index}}/result",
    *(f"GET {task}/progress" for task in (TASK, FAN_OUT)),
    *(f"GET {task}/tree" for task in (TASK, FAN_OUT)),
    f"GET {TASK}/input",
    f"GET {TASK}/input/revealed",
    *(f"GET {task}/result/revealed" for task in (TASK, FAN_OUT)),
    *(f"GET {FAN_OUT}/subtasks/{{index}}/{what}/revealed" for what in ("input", "result")),
    f"GET {FAN_OUT}/subtasks/{{index}}/input",
    f"POST {FAN_OUT}/subtasks/{{index}}/retry",
    "GET /v1/health/queues",
    *(f"POST /v1/health/queues/{{queue}}/redrive{end}" for end in ("", "/cancel")),
    *(f"{below}/limits" for below in ("GET /v1", f"GET {TENANT}")),
    *(f"{method} {below}/limits/{{name}}" for method in ("PUT", "DELETE") for below in BELOW),
    f"GET {TENANT}/pauses",
    *(f"POST {below}/{act}" for below in (TENANT, f"{TENANT}/types/{{type}}") for act in ACTS),
    f"GET {TENANT}/statistics",
    f"GET {TENANT}/statistics/history",
    f"GET {TENANT}/errors",
    f"GET {TENANT}/errors/{{fingerprint}}",
    *(f"POST {TENANT}/errors/{{fingerprint}}/{act}" for act in ("resolve", "ignore", "reopen")),
    *(f"{method} {TENANT}/bulk" for method in ("GET", "POST")),
    f"GET {TENANT}/schedules",
    f"GET {SCHEDULE}/fires",
    f"POST {SCHEDULE}/fire",
    f"POST {SCHEDULE}/backfill",
    *(f"{method} {SCHEDULE}" for method in ("GET", "PUT", "DELETE")),
    *(f"POST {SCHEDULE}/{move}" for move in ("pause", "resume")),
    f"GET {TENANT}/callbacks",
    *(f"{method} {TENANT}/callbacks/{{id}}" for method in ("GET", "PUT", "DELETE")),
    "$default",
}


METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def any_api(auth: Callable[[Stack], Auth] | None = None, **props: Any) -> tuple[Stack, TaskApi]:
    stack = Stack(App(), "Any")
    function = lambda_.Function(
        stack,
        "Function",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
    )
    return stack, TaskApi(stack, "Api", function=function, auth=auth and auth(stack), **props)


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
    assert paths(statement) == {
        *(f"{method}/v1/tenants/{tenant}/*" for method in METHODS),
        "GET/openapi.json",
        "GET/v1/whoami",
    }


def test_a_caller_may_be_let_in_to_read_only() -> None:
    stack, api = any_api()

    api.grant_invoke(iam.User(stack, "Caller"), tenant="mbc", methods=[HttpMethod.GET])

    [policy] = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert paths(statement) == {
        "GET/v1/tenants/mbc/*",
        "GET/openapi.json",
        "GET/v1/whoami",
    }


@pytest.mark.parametrize(
    "path",
    [
        "GET/v1/tenants/victim/tasks/a/b",
        "GET/v1/tenants/victim/step-function-tasks/v1/tenants/mbc/5",
        "POST/v1/tenants/mbcd/tasks",
        "GET/health",
        "DELETE/openapi.json",
        "GET/v1/tenants/mbc",
    ],
)
def test_a_grant_for_one_tenant_matches_no_request_of_another(path: str) -> None:
    """As IAM matches: its `*` stands for anything, slashes included."""
    stack, api = any_api()
    api.grant_invoke(iam.User(stack, "Caller"), tenant="mbc")
    [policy] = Template.from_stack(stack).find_resources("AWS::IAM::Policy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]

    assert not [each for each in paths(statement) if fnmatchcase(path, each)]
    assert [each for each in paths(statement) if fnmatchcase("GET/v1/tenants/mbc/tasks", each)]


@pytest.mark.parametrize(
    "tenant",
    ["", "a*", "a/*", "?", "*/tasks", "..", "a b", "${aws:username}", "a" * 65, "-a", "**", "ä"],
)
def test_a_grant_for_what_is_no_tenant_is_refused(tenant: str) -> None:
    stack, api = any_api()

    with pytest.raises(
        ValueError, match=re.escape(f"tenant is {tenant!r}; it has 1 to 64 letters")
    ):
        api.grant_invoke(iam.User(stack, "Caller"), tenant=tenant)


@pytest.mark.parametrize(
    "tenant", ["subtasks", "children", "result", "step-function-tasks", "v1", "tenants", "progress"]
)
def test_a_grant_for_a_word_in_paths_is_refused(tenant: str) -> None:
    stack, api = any_api()

    with pytest.raises(ValueError, match="a word in the paths of the API"):
        api.grant_invoke(iam.User(stack, "Caller"), tenant=tenant)


def test_strangers_cannot_use_up_what_callers_may_ask(template: Template) -> None:
    [stage] = template.find_resources("AWS::ApiGatewayV2::Stage").values()

    assert stage["Properties"]["RouteSettings"] == {
        "GET /health": {"ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 10}
    }
    # API Gateway refuses settings of a route that there is not yet.
    [route] = [
        logical_id
        for logical_id, route in template.find_resources("AWS::ApiGatewayV2::Route").items()
        if route["Properties"]["RouteKey"] == "GET /health"
    ]
    assert route in stage["DependsOn"]


def test_web_pages_may_not_call_unless_asked(template: Template) -> None:
    [api] = template.find_resources("AWS::ApiGatewayV2::Api").values()

    assert "CorsConfiguration" not in api["Properties"]


def test_web_pages_of_an_origin_may_call() -> None:
    stack, _ = any_api(cors=["https://app.example", "http://localhost:5173"])
    template = Template.from_stack(stack)

    [api] = template.find_resources("AWS::ApiGatewayV2::Api").values()
    cors = api["Properties"]["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["https://app.example", "http://localhost:5173"]
    assert set(cors["AllowMethods"]) == set(METHODS)
    assert {"authorization", "content-type", "x-amz-date"} <= set(cors["AllowHeaders"])
    assert "AllowCredentials" not in cors
    # The authorizer of $default would refuse preflights, which carry no credentials.
    assert routes(template)["OPTIONS /{proxy+}"]["AuthorizationType"] == "NONE"
    # Everybody may send those, and each invokes the function.
    [stage] = template.find_resources("AWS::ApiGatewayV2::Stage").values()
    limit = stage["Properties"]["RouteSettings"]["OPTIONS /{proxy+}"]
    assert limit == {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100}


def test_cors_may_be_given_in_full() -> None:
    given = CorsPreflightOptions(allow_origins=["https://app.example"], allow_credentials=True)
    stack, _ = any_api(cors=given)

    Template.from_stack(stack).has_resource_properties(
        "AWS::ApiGatewayV2::Api",
        {"CorsConfiguration": {"AllowOrigins": ["https://app.example"], "AllowCredentials": True}},
    )


@pytest.mark.parametrize("cors", ["https://app.example", ["app.example"], ["https://a.example/"]])
def test_cors_that_no_browser_would_match_is_refused(cors: Any) -> None:
    with pytest.raises(ValueError, match="cors"):
        any_api(cors=cors)


def test_the_function_knows_the_base_path_of_a_custom_domain() -> None:
    stack, _ = any_api(base_path="jobs/v2")

    Template.from_stack(stack).has_resource_properties(
        "AWS::Lambda::Function", {"Environment": {"Variables": {"TASKMILL_BASE_PATH": "jobs/v2"}}}
    )


def paths(statement: dict[str, Any]) -> set[str]:
    """Method and path of what a statement allows, all of the default stage."""
    parts = [each["Fn::Join"][1] for each in statement["Resource"]]
    assert {tuple(part[-2].items()) for part in parts} == {(("Ref", "ApiHttp17514DA7"),)}
    assert all(part[-1].startswith("/$default/") for part in parts)
    return {part[-1].removeprefix("/$default/") for part in parts}


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


@pytest.mark.parametrize("claim", ["custom:tenant", "email", "preferred_username"])
def test_a_claim_that_users_of_many_issuers_change_is_a_warning(claim: str) -> None:
    stack, _ = any_api(lambda _: jwt("https://issuer.example", "taskmill", claim))

    Annotations.from_stack(stack).has_warning(
        "/Any/Api", Match.string_like_regexp(f"The token's {claim} is the tenant")
    )


@pytest.mark.parametrize("claim", ["tenant", "https://acme.example/tenant", "cognito:groups"])
def test_a_claim_that_only_the_issuer_sets_is_none(claim: str) -> None:
    stack, _ = any_api(lambda _: jwt("https://issuer.example", "taskmill", claim))

    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


@pytest.mark.parametrize("claim", ["", " "])
def test_a_claim_without_a_name_is_refused_as_it_would_confine_nobody(claim: str) -> None:
    with pytest.raises(ValueError, match="any token would reach every tenant"):
        jwt("https://issuer.example", "taskmill", claim)


@pytest.mark.parametrize(
    "authorizer",
    [HttpJwtAuthorizer("Jwt", "https://issuer.example", jwt_audience=["a"]), HttpNoneAuthorizer()],
    ids=["tokens", "anybody"],
)
def test_callers_whom_nothing_confines_are_a_warning(authorizer: Any) -> None:
    stack, _ = any_api(lambda _: Auth(authorizer))

    Annotations.from_stack(stack).has_warning(
        "/Any/Api", Match.string_like_regexp("reaches the tasks of every tenant")
    )


def test_policies_confine_signed_callers() -> None:
    stack, _ = any_api(lambda _: sigv4())

    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())
