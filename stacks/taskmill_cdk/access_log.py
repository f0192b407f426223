"""The access log of the HTTP API."""

import json

import jsii
from aws_cdk import aws_apigateway as rest_api
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_logs as logs


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
