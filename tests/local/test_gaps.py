"""What the emulator's CloudFormation leaves out is applied after a deploy."""

import json
from pathlib import Path
from typing import Any

import pytest

from taskmill_local import gaps
from taskmill_local.clients import aws_client
from taskmill_local.emulator import RunningEmulator

pytestmark = pytest.mark.xdist_group("emulator")

TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::GlobalTable",
    "Properties": {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "Replicas": [{"Region": "us-east-1"}],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
    },
}


def test_rows_of_a_deployed_table_expire(running: RunningEmulator, tmp_path: Path) -> None:
    template = {"Resources": {"Rows": TABLE}}
    stacks = aws_client("cloudformation", running.port)
    stacks.create_stack(StackName="rows", TemplateBody=json.dumps(template))
    write_assembly(tmp_path, "rows", template)

    gaps.close_gaps(running.port, tmp_path)
    gaps.close_gaps(running.port, tmp_path)  # a second deploy finds it done

    dynamodb = aws_client("dynamodb", running.port)
    found = stacks.describe_stack_resource(StackName="rows", LogicalResourceId="Rows")
    table = found["StackResourceDetail"]["PhysicalResourceId"]
    assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLED",
        "AttributeName": "ttl",
    }


def write_assembly(folder: Path, stack_name: str, template: dict[str, Any]) -> None:
    artifact = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "any.template.json", "stackName": stack_name},
    }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": {"any": artifact}}))
    (folder / "any.template.json").write_text(json.dumps(template))
