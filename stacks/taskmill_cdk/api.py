"""The HTTP API (API Gateway v2): routes, authorizer, throttling and access log."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import Annotations, ArnFormat, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from taskmill_cdk.access_log import AccessLog
from taskmill_cdk.acknowledge import acknowledge
from taskmill_cdk.api_routes import authorised_routes
from taskmill_cdk.auth import Auth, sigv4
from taskmill_cdk.callers import Cors, check_tenant, cors_preflight
from taskmill_cdk.props import checked_props, instance, whole
from taskmill_cdk.task_function import entry_of
from taskmill_cdk.vended_logs import vended_log_group

_GET = apigateway.HttpMethod.GET
_POST = apigateway.HttpMethod.POST
_PATCH = apigateway.HttpMethod.PATCH
_PUT = apigateway.HttpMethod.PUT
_DELETE = apigateway.HttpMethod.DELETE
_OPTIONS = apigateway.HttpMethod.OPTIONS
_PREFLIGHTS_A_SECOND = 50  # a browser repeats one after an hour
_METHODS = (_GET, _POST, _PATCH, _PUT, _DELETE)  # of all routes that need authorisation

_OF_NO_TENANT = ("GET/openapi.json", "GET/v1/whoami")  # which say nothing of any task


class TaskApi(Construct):
    """An HTTP API whose routes all invoke one Lambda function.

    Args:
        function: Handles events of payload format 2.0.
        auth: Who may call; by default IAM identities (``sigv4()``).
        cors: Origins of web pages that may call, such as ``["https://app.example"]``, or whole
            settings; None: none may.
        base_path: Path below which the API is mapped to a custom domain, the key of the mapping.
        rate_limit: Requests a second, over all callers.
        burst_limit: Requests at once, over all callers.
        health_rate_limit: Requests a second to ``/health``, which anybody may call.
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
        cors: Cors | None = None,
        base_path: str | None = None,
        rate_limit: int = 1_000,
        burst_limit: int = 2_000,
        health_rate_limit: int = 5,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = function
        self.auth = auth or sigv4()
        for setting, text in self.auth.settings.items():
            function.add_environment(setting, text)
        for name, caution in self.auth.cautions.items():
            Annotations.of(self).add_warning_v2(name, caution)
        if base_path:
            function.add_environment("TASKMILL_BASE_PATH", base_path)
        self.integration = HttpLambdaIntegration(
            "Function", entry_of(function), scope_permission_to_route=False
        )
        self.http_api = self._build_http_api(cors_preflight=cors_preflight(cors))
        self.access_log = vended_log_group(
            self, "AccessLog", service="apis", retention=log_retention
        )
        self.stage = self._build_stage(
            apigateway.ThrottleSettings(rate_limit=rate_limit, burst_limit=burst_limit)
        )
        self._add_routes()
        limits = {self._add_open_route(_GET, "/health"): health_rate_limit}
        if cors is not None:
            # Else preflights, which carry no credentials, would meet the authorizer of $default
            # (API Gateway guide, "Configuring CORS for an HTTP API with a $default route").
            limits[self._add_open_route(_OPTIONS, "/{proxy+}")] = _PREFLIGHTS_A_SECOND
        self._limits = limits
        self._throttle(limits)

    @property
    def url(self) -> str:
        return self.stage.url

    def metric_requests(self, **props: Any) -> cloudwatch.Metric:
        """How many requests the API has had.

        Args:
            **props: Any of ``cloudwatch.Metric``.
        """
        return self.http_api.metric_count(**props)

    def metric_server_errors(self, **props: Any) -> cloudwatch.Metric:
        """How many it has answered with 500 or above."""
        return self.http_api.metric_server_error(**props)

    def metric_latency(self, **props: Any) -> cloudwatch.Metric:
        """How long its answers take, in ms."""
        return self.http_api.metric_latency(**props)

    def grant_invoke(
        self,
        grantee: iam.IGrantable,
        *,
        tenant: str,
        methods: Sequence[apigateway.HttpMethod] = _METHODS,
    ) -> iam.Grant:
        """Allow an IAM identity to call the routes of one tenant, and those of none but a list.

        Args:
            grantee: A role, a user or a group.
            tenant: ``"*"`` means all tenants.
            methods: All by default; ``[HttpMethod.GET]`` lets the caller read only.

        Raises:
            ValueError: The tenant cannot be one, or is a word in the paths of the API.
        """
        check_tenant(tenant, reserved=_words())
        paths = [f"{method.value}/v1/tenants/{tenant}/*" for method in methods]
        # The grants of the routes cover all tenants: they replace path variables with wildcards.
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[self._arn_of(path) for path in (*paths, *_OF_NO_TENANT)],
        )

    def throttle(self, routes: Sequence[apigateway.HttpRoute], *, rate_limit: int) -> None:
        """Give routes of yours limits of their own, apart from those of all others.

        Args:
            rate_limit: Requests a second to each.
        """
        self._limits.update(dict.fromkeys(routes, rate_limit))
        self._throttle(self._limits)

    def grant_read(
        self, grantee: iam.IGrantable, *, tenant: str, payloads: bool = False
    ) -> iam.Grant:
        """Allow an IAM identity to read the tasks of one tenant, without secrets in the clear.

        What is not allowed is denied, so that further grants to the same identity do not allow it.
        Inputs and results of up to a few KB stand in the task itself, with secrets masked.

        Args:
            grantee: A role, a user or a group.
            tenant: ``"*"`` means all tenants.
            payloads: Also the routes ``.../input`` and ``.../result``, with secrets masked.

        Raises:
            ValueError: The tenant cannot be one, or is a word in the paths of the API.
        """
        check_tenant(tenant, reserved=_words())
        base = f"v1/tenants/{tenant}"
        denied = [f"GET/{base}/*/{what}/revealed" for what in ("input", "result")]
        if not payloads:
            denied += [f"GET/{base}/*/{what}" for what in ("input", "result")]
        grantee.grant_principal.add_to_principal_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                actions=["execute-api:Invoke"],
                resources=[self._arn_of(path) for path in denied],
            )
        )
        allowed = (f"GET/{base}/*", f"POST/{base}/lookup", *_OF_NO_TENANT)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[self._arn_of(path) for path in allowed],
        )

    def grant_list_tenants(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allow an IAM identity to list the names of all tenants."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["execute-api:Invoke"],
            resource_arns=[self._arn_of("GET/v1/tenants")],
        )

    def _arn_of(self, path: str) -> str:
        """The ARN of a request by stage, method and path: IAM's ``*`` would match slashes, too."""
        return Stack.of(self).format_arn(
            service="execute-api",
            resource=self.http_api.api_id,
            resource_name=f"{self.stage.stage_name}/{path}",
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )

    def _build_http_api(self, **props: Any) -> apigateway.HttpApi:
        defaults: dict[str, Any] = {
            "create_default_stage": False,
            "default_authorizer": self.auth.authorizer,
            # Requests that match no route are authorised too, and get an error in our own format.
            "default_integration": self.integration,
        }
        return apigateway.HttpApi(self, "Http", **{**defaults, **props})

    def _build_stage(
        self, throttle: apigateway.ThrottleSettings, **props: Any
    ) -> apigateway.HttpStage:
        defaults: dict[str, Any] = {
            "http_api": self.http_api,
            "auto_deploy": True,
            "throttle": throttle,
            "access_log_settings": AccessLog(self.access_log),
        }
        return apigateway.HttpStage(self, "Stage", **{**defaults, **props})

    def _add_routes(self) -> None:
        for method, path in authorised_routes():
            self.http_api.add_routes(path=path, methods=[method], integration=self.integration)

    def _add_open_route(self, method: apigateway.HttpMethod, path: str) -> apigateway.HttpRoute:
        """A route that anybody may call."""
        [route] = self.http_api.add_routes(
            path=path,
            methods=[method],
            integration=self.integration,
            authorizer=apigateway.HttpNoneAuthorizer(),
        )
        acknowledge(
            route,
            rules=["AwsSolutions-APIG4"],
            reason="The health check and preflights are public by design and return no data.",
        )
        return route

    def _throttle(self, limits: Mapping[apigateway.HttpRoute, int]) -> None:
        """Give routes limits of their own, so that strangers do not use up that of callers.

        Nor the account's Lambda concurrency: each request invokes the function.

        Args:
            limits: Requests a second.
        """
        stage = cast(apigateway.CfnStage, self.stage.node.default_child)
        settings = {
            cast(apigateway.CfnRoute, route.node.default_child).route_key: {
                "ThrottlingRateLimit": per_second,
                "ThrottlingBurstLimit": 2 * per_second,
            }
            for route, per_second in limits.items()
        }
        # The CDK has no property for it; CloudFormation passes the settings on as they are.
        stage.add_property_override("RouteSettings", settings)
        stage.node.add_dependency(*limits)  # API Gateway refuses settings of a route to come


def _words() -> frozenset[str]:
    """All words in the paths of the API."""
    parts = (part for _, path in authorised_routes() for part in path.split("/"))
    return frozenset(part for part in parts if part and "{" not in part)
