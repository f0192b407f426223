"""boto3 clients of the local cloud."""

from typing import Any

import boto3
from botocore.config import Config

from taskmill_local import environments


def aws_client(service: str, port: int) -> Any:
    """A client of one service, whatever proxy and AWS profile the shell has set."""
    return boto3.client(
        service,
        endpoint_url=environments.endpoint_url(port),
        region_name=environments.REGION,
        aws_access_key_id=environments.ACCESS_KEY_ID,
        aws_secret_access_key=environments.SECRET_ACCESS_KEY,
        config=Config(proxies={}),
    )
