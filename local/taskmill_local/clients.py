"""boto3 clients of the local cloud."""

from typing import Any

import boto3
from botocore.config import Config

from taskmill_local.environments import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, endpoint_url


def aws_client(service: str, port: int) -> Any:
    """A client of one service, whatever proxy and AWS profile the shell has set."""
    return boto3.client(
        service,
        endpoint_url=endpoint_url(port),
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(proxies={}),
    )
