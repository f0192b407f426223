"""The HTTP API (API Gateway v2): routes, authorizer, throttling and access log."""

import json
from collections.abc import Iterator

import jsii
from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_apigateway as rest_api
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge
from taskmill_cdk.auth import Auth, sigv4
from taskmill_cdk.props import checked_props, instance, whole
from taskmill_cdk.task_function import entry_of

_GET = apigateway.HttpMethod.GET
_POST = apigateway.HttpMethod.POST
_PATCH = apigateway.HttpMethod.PATCH
_PUT = apigateway.HttpMethod.PUT
_DELETE = apigateway.HttpMethod.DELETE

_TENANT = "/v1/tenants/{tenant}"


def authorised_routes() -> Iterator[tuple[apigateway.HttpMethod, str]]:
    """Method and path of each route except ``/health``: the same routes that the runtime serves."""
    yield _GET, "/openapi.json"
    yield _POST, f"{_TENANT}/uploads"
    for kind in ("tasks", "step-function-tasks"):
        yield _POST, f"{_TENANT}/{kind}"
        yield _GET, f"{_TENANT}/{kind}"
        task = f"{_TENANT}/{kind}/{{type}}/{{code}}"
        yield _GET, task
        yield _PATCH, task
        yield _POST, f"{task}/cancel"
        yield _POST, f"{task}/retry"
        yield _GET, f"{task}/children"
        yield _GET, f"{task}/result"
    fan_out = f"{_TENANT}/step-function-tasks/{{type}}/{{code}}"
    yield _GET, f"{fan_out}/subtasks"
    yield _GET, f"{fan_out}/subtasks/{{index}}"
    yield _GET, f"{fan_out}/subtasks/{{index}}/result"
    yield _GET, f"{fan_out}/progress"
    yield _GET, f"{_TENANT}/schedules"
    schedule = f"{_TENANT}/schedules/{{name}}"
    yield _GET, schedule
    yield _PUT, schedule
    yield _DELETE, schedule
    yield _POST, f"{schedule}/pause"
    yield _POST, f"{schedule}/resume"
    yield _GET, f"{_TENANT}/callbacks"
    callback = f"{_TENANT}/callbacks/{{id}}"
    yield _GET, callback
    yield _PUT, callback
    yield _DELETE, callback


@jsii.implements(apigateway.IAccessLogSettings)
class AccessLog:
    """Access log settings: per request one line of JSON with caller, route, status and latency."""

    def __init__(self, log_group: logs.ILogGroup) -> None:
        self._destination = apigateway.LogGroupLogDestination(log_group)

    @property
    def destination(self) -> apigateway.IAccessLogDestination:
        return self._destination

    @property
    def format(self) -> rest_api.AccessLogFormat:
        fields = {
            "requestId": "$context.requestId",
            "time": "$context.requestTime",
            "ip": "$context.identity.sourceIp",
            "caller": "$context.identity.userArn",
            "route": "$context.routeKey",
            "path": "$context.path",
            "status": "$context.status",
            "latency": "$context.responseLatency",
            "error": "$context.error.responseType",
        }
        return rest_api.AccessLogFormat.custom(json.dumps(fields))


class TaskApi(Construct):
    """An HTTP API whose routes all invoke one Lambda function.

    Args:
        function: Handles events of payload format 2.0.
        auth: Who may call; by default IAM identities (``sigv4()``).
        rate_limit: Requests a second, over all callers.
        burst_limit: Requests at once, over all callers.
        log_retention: How long the access log is kept.
    """

    @checked_props(
        function=instance(lambda_.Function, "a lambda_.Function"),
        auth=instance(Auth, "sigv4(), cognito(...) or jwt(...)"),
        rate_limit=whole(1),
        burst_limit=whole(1),
        log_retention=instance(logs.RetentionDays, "a logs.RetentionDays"),
    )
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: lambda_.Function,
        auth: Auth | None = None,
        rate_limit: int = 1_000,
        burst_limit: int = 2_000,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = function
        self.auth = auth or sigv4()
        if self.auth.tenant_claim:
            function.add_environment("TASKMILL_TENANT_CLAIM", self.auth.tenant_claim)
        self.integration = HttpLambdaIntegration(
            "Function", entry_of(function), scope_permission_to_route=False
        )
        self.http_api = self._build_http_api()
        self.access_log = logs.LogGroup(self, "AccessLog", retention=log_retention)
        self.stage = self._build_stage(
            apigateway.ThrottleSettings(rate_limit=rate_limit, burst_limit=burst_limit)
        )
        self._add_routes()

    @property
    def url(self) -> str:
        return self.stage.url

    def grant_invoke(self, grantee: iam.IGrantable, *, tenant: str) -> iam.Grant:
        """Allow an IAM identity to call every route of one tenant; ``"*"`` means all tenants."""
        paths = Stack.of(self).format_arn(
            service="execute-api",
            resource=self.http_api.api_id,
            resource_name=f"*/*/v1/tenants/{tenant}/*",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        # The grants of the routes cover all tenants: they replace path variables with wildcards.
        return iam.Grant.add_to_principal(
            grantee=grantee, actions=["execute-api:Invoke"], resource_arns=[paths]
        )

    def _build_http_api(self) -> apigateway.HttpApi:
        return apigateway.HttpApi(
            self,
            "Http",
            create_default_stage=False,
            default_authorizer=self.auth.authorizer,
            # Requests that match no route are authorised too, and get an error in our own format.
            default_integration=self.integration,
        )

    def _build_stage(self, throttle: apigateway.ThrottleSettings) -> apigateway.HttpStage:
        return apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.http_api,
            auto_deploy=True,
            throttle=throttle,
            access_log_settings=AccessLog(self.access_log),
        )

    def _add_routes(self) -> None:
        for method, path in authorised_routes():
            self.http_api.add_routes(path=path, methods=[method], integration=self.integration)
        health = self.http_api.add_routes(
            path="/health",
            methods=[_GET],
            integration=self.integration,
            authorizer=apigateway.HttpNoneAuthorizer(),
        )
        for route in health:
            acknowledge(
                route,
                rules=["AwsSolutions-APIG4"],
                reason="The health check is public by design and returns no data.",
            )
