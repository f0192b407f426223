"""What MiniStack's CloudFormation leaves out, applied by API after each deploy.

The gap: it ignores the time to live of a ``TableV2`` (``AWS::DynamoDB::GlobalTable``), so
rows that should expire would stay.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from taskmill_local import environments


def close(port: int, assembly_dir: Path) -> None:
    """Bring the deployed stacks of a synthesised app to what their templates say."""
    for stack_name, template in _stacks(assembly_dir):
        for logical_id, attribute in _tables_with_expiry(template):
            _expire_rows(port, stack_name, logical_id, attribute)


def client(service: str, port: int) -> Any:
    """A client of the local cloud, past any proxy and any profile of the shell."""
    return boto3.client(
        service,
        endpoint_url=environments.endpoint_url(port),
        region_name=environments.REGION,
        aws_access_key_id=environments.ACCESS_KEY_ID,
        aws_secret_access_key=environments.SECRET_ACCESS_KEY,
        config=Config(proxies={}),
    )


def _stacks(assembly_dir: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Pairs of a stack's name and its template."""
    manifest = json.loads((assembly_dir / "manifest.json").read_text())
    for artifact_id, artifact in manifest["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack":
            properties = artifact["properties"]
            template = assembly_dir / properties["templateFile"]
            yield properties.get("stackName", artifact_id), json.loads(template.read_text())


def _tables_with_expiry(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Pairs of a table's logical id and its time-to-live attribute."""
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] == "AWS::DynamoDB::GlobalTable":
            expiry = resource["Properties"].get("TimeToLiveSpecification", {})
            if expiry.get("Enabled"):
                yield logical_id, expiry["AttributeName"]


def _expire_rows(port: int, stack_name: str, logical_id: str, attribute: str) -> None:
    found = client("cloudformation", port).describe_stack_resource(
        StackName=stack_name, LogicalResourceId=logical_id
    )
    table = found["StackResourceDetail"]["PhysicalResourceId"]
    dynamodb = client("dynamodb", port)
    now = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if now["TimeToLiveStatus"] != "ENABLED":
        dynamodb.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute},
        )
