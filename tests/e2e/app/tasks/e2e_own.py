"""A task function that uses resources of the user's."""

import os
from typing import Any

import boto3

from taskmill import task


@task("own-resources", timeout_seconds=5.0)
def own_resources(name: str) -> dict[str, Any]:
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["PASSWORD"])
    rate = boto3.client("ssm").get_parameter(Name=os.environ["RATE"])
    bucket = boto3.client("s3")
    bucket.put_object(Bucket=os.environ["FILES"], Key=name, Body=b"from a task")
    return {
        "colour": os.environ["COLOUR"],
        "secret": secret["SecretString"],
        "rate": rate["Parameter"]["Value"],
    }
