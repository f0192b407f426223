"""The same cloud over moto's table: what the memory table must agree with."""

from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

import boto3
import pytest
from moto_calls import mock_aws

from taskmill.testing import InProcessCloud, partiql
from taskmill.testing.schema import TABLE_SCHEMA

# For tests of the store: what they state holds for both tables.
BOTH_TABLES = pytest.mark.parametrize("cloud", ["memory", "moto"], indirect=True)


@cache
def dynamodb() -> Any:
    """A client is slow to make, and one made once speaks to every mock."""
    return boto3.client(
        "dynamodb", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )


class MotoTable:
    """moto's DynamoDB; its batch statements by way of single calls, for it cannot run ours."""

    def __getattr__(self, name: str) -> Any:
        return getattr(dynamodb(), name)

    def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        return partiql.batch_execute_statement(dynamodb(), **request)


@dataclass
class MotoCloud(InProcessCloud):
    """Rows only: nothing is dispatched."""

    _aws: Any = field(default_factory=mock_aws)

    def __enter__(self) -> Self:
        self._aws.start()
        dynamodb().create_table(TableName="tasks", **TABLE_SCHEMA)
        cloud = super().__enter__()
        self.table = MotoTable()  # type: ignore[assignment]
        return cloud

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        self._aws.stop()
