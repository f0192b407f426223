"""Gaps of MiniStack's CloudFormation, closed through the AWS APIs after each deploy.

There is one: MiniStack ignores the time to live of a ``TableV2`` (``AWS::DynamoDB::GlobalTable``),
so rows would never expire. Other gaps are closed inside the emulator: see ``shim``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from taskmill_local.changes.assembly import stacks_of
from taskmill_local.clients import aws_client


def close_gaps(port: int, assembly_dir: Path) -> None:
    """Apply what the templates of a synthesised app say and its deployed stacks lack."""
    for stack_name, template in stacks_of(assembly_dir):
        for logical_id, attribute in _tables_with_expiry(template):
            _expire_rows(port, stack_name, logical_id, attribute)


def _tables_with_expiry(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The logical id and the time-to-live attribute of each table that has one."""
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] == "AWS::DynamoDB::GlobalTable":
            expiry = resource["Properties"].get("TimeToLiveSpecification", {})
            if expiry.get("Enabled"):
                yield logical_id, expiry["AttributeName"]


def _expire_rows(port: int, stack_name: str, logical_id: str, attribute: str) -> None:
    found = aws_client("cloudformation", port).describe_stack_resource(
        StackName=stack_name, LogicalResourceId=logical_id
    )
    table = found["StackResourceDetail"]["PhysicalResourceId"]
    dynamodb = aws_client("dynamodb", port)
    current = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    if current["TimeToLiveStatus"] != "ENABLED":
        dynamodb.update_time_to_live(
            TableName=table,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": attribute},
        )
