"""The AWS account and the stack that a command means: the local cloud's, or one on AWS."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from taskmill.cli.call import Call
from taskmill.model.errors import TaskmillError


class NoAccount(TaskmillError):
    """Region, credentials or stack are missing or wrong; the message says what to give."""

    code = "not_configured"
    http_status = 400


@dataclass(frozen=True)
class Account:
    """Makes clients of one account.

    Attributes:
        endpoint_url: Of the local cloud; None: AWS.
        stack: Name of the stack; None: not known.
    """

    session: Any
    endpoint_url: str | None
    stack: str | None

    def client(self, service: str) -> Any:
        return self.session.client(service, endpoint_url=self.endpoint_url)

    def stack_name(self, url: str | None) -> str:
        """The name of the stack: the given one, else that which has this API among its outputs.

        Raises:
            NoAccount: Neither is known.
        """
        if self.stack:
            return self.stack
        if url:
            pages = self.client("cloudformation").get_paginator("describe_stacks").paginate()
            for stack in (each for page in pages for each in page["Stacks"]):
                outputs = {
                    each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())
                }
                if outputs.get("ApiId", "-") in url or outputs.get("ApiUrl", "-").startswith(url):
                    return str(stack["StackName"])
        raise NoAccount("which stack? Give --stack or set TASKMILL_STACK")


def account_of(call: Call) -> Account:
    """The account of this call: the local cloud of this folder, unless a URL elsewhere is given.

    Raises:
        NoAccount: Region or credentials are missing.
    """
    import boto3

    from taskmill.client.outputs import are_of, local_outputs, which_stack

    local = local_outputs(stack=call.stack)
    url = call.url
    if "EndpointUrl" in local and not call.profile and (not url or are_of(local, url)):
        if problem := which_stack(local):
            raise NoAccount(problem)
        session = boto3.Session(
            aws_access_key_id=local["AccessKeyId"],
            aws_secret_access_key=local["SecretAccessKey"],
            region_name=local["Region"],
        )
        return Account(session, local["EndpointUrl"], local.get("StackName"))
    session = aws_session(profile=call.profile, region=call.region, url=url)
    return Account(session, None, call.stack)


def aws_session(*, profile: str | None, region: str | None, url: str | None) -> Any:
    """A boto3 session with a region and credentials, whether or not these are still valid.

    Args:
        url: Of an API, which may have the region in it.

    Raises:
        NoAccount: One of them is missing.
    """
    import boto3
    from botocore.exceptions import ProfileNotFound

    from taskmill.client.settings import region_in

    region = region or os.environ.get("AWS_REGION") or region_in(url or "")
    try:
        session = boto3.Session(profile_name=profile, region_name=region)
        credentials = session.get_credentials()
    except ProfileNotFound as error:
        raise NoAccount(str(error)) from None
    if session.region_name is None:
        raise NoAccount("which AWS region? Give --region or set AWS_REGION")
    if credentials is None:
        raise NoAccount(
            "no AWS credentials: log in with `aws sso login` or `aws configure`, give --profile,"
            " or set AWS_PROFILE"
        )
    return session
