"""``Console``: the web console on the API's own address, for people without AWS credentials."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from taskmill_cdk.acknowledge import acknowledge
from taskmill_cdk.api import TaskApi
from taskmill_cdk.auth import Auth
from taskmill_cdk.build_folder import DEFAULT_BUILD_FOLDER
from taskmill_cdk.console_code import stage_console_code
from taskmill_cdk.sign_in import SignIn
from taskmill_cdk.task_function import TaskFunction

PATHS = ("/console", "/console/{file+}")


class ConsoleError(ValueError):
    """The API has no sign-in that a browser could use."""


class Console(Construct):
    """Serves the console's static files at ``/console``, and tells them how people sign in.

    The two routes need no authorisation, as they hold no data: the page signs people in by OpenID
    Connect (code flow with PKCE), and sends their token with each request to the API. Its function
    has nothing but the files: no variables of the stack, no permissions but its own log.

    Args:
        api: Whose address the console has.
        sign_in: How people sign in.
        title: What the page calls the stack.
        environment_name: What the stack is marked as, such as ``prod``.
        base_path: Path below which the API is mapped to a custom domain.
        rate_limit: Requests a second to each of its two routes, which anybody may call; a page that
            is opened for the first time makes some 40.
        build_folder: Where the code is staged.
        **props: Any of ``TaskFunction``.

    Raises:
        ConsoleError: The API takes AWS signatures, which a browser cannot make.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: TaskApi,
        sign_in: SignIn | None = None,
        title: str | None = None,
        environment_name: str | None = None,
        base_path: str | None = None,
        rate_limit: int = 50,
        build_folder: Path = DEFAULT_BUILD_FOLDER,
        **props: Any,
    ) -> None:
        super().__init__(scope, construct_id)
        self.sign_in = sign_in or sign_in_of(api.auth)
        settings = {
            "issuer": self.sign_in.issuer,
            "clientId": self.sign_in.client_id,
            "scopes": list(self.sign_in.scopes),
            "token": self.sign_in.token,
            "origins": list(self.sign_in.origins),
            "title": title,
            "environment": environment_name,
            "base": f"/{base_path.strip('/')}" if base_path else "",
        }
        self.function = self._build_function(settings, build_folder, **props)
        self.routes = self._add_routes(api)
        api.throttle(self.routes, rate_limit=rate_limit)

    def _build_function(
        self, settings: dict[str, Any], build_folder: Path, **props: Any
    ) -> TaskFunction:
        defaults: dict[str, Any] = {
            "handler": "index.handler",
            "code": lambda_.Code.from_asset(str(stage_console_code(build_folder))),
            "memory_size": 128,
            "timeout": Duration.seconds(10),
            "environment": {"CONSOLE": self._json(settings)},
        }
        return TaskFunction(self, "Files", **{**defaults, **props})

    def _json(self, settings: dict[str, Any]) -> str:
        return json.dumps({name: each for name, each in settings.items() if each is not None})

    def _add_routes(self, api: TaskApi) -> Sequence[apigateway.HttpRoute]:
        integration = HttpLambdaIntegration("Console", self.function)
        routes = [
            route
            for path in PATHS
            for route in api.http_api.add_routes(
                path=path,
                methods=[apigateway.HttpMethod.GET],
                integration=integration,
                authorizer=apigateway.HttpNoneAuthorizer(),
            )
        ]
        for route in routes:
            acknowledge(
                route,
                rules=["AwsSolutions-APIG4"],
                reason="The files are public: they are those of the package, and hold no data.",
            )
        return routes


def sign_in_of(auth: Auth) -> SignIn:
    """The sign-in of an API's callers.

    Raises:
        ConsoleError: There is none.
    """
    if auth.sign_in is None:
        raise ConsoleError(
            "console=True needs auth=cognito(...) or jwt(...): a browser cannot sign requests with"
            " AWS credentials. With sigv4(), run `taskmill console` on your machine instead: it"
            " signs with your own credentials, and needs no infrastructure"
        )
    return auth.sign_in
