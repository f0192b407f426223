from aws_cdk import App, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk.assertions import Template

from taskmill_cdk import TaskTable

TABLE = "AWS::DynamoDB::GlobalTable"


def test_rows_are_found_by_pk_and_sk(template: Template) -> None:
    template.has_resource_properties(
        TABLE,
        {
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


def test_the_stream_shows_rows_before_and_after(template: Template) -> None:
    template.has_resource_properties(
        TABLE, {"StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"}}
    )


def test_rows_expire_by_their_ttl(template: Template) -> None:
    template.has_resource_properties(
        TABLE, {"TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}}
    )


def test_the_indexes_hold_keys_and_of_failures_what_a_list_shows(template: Template) -> None:
    [table] = template.find_resources(TABLE).values()
    indexes = {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"].get("NonKeyAttributes", []),
        )
        for index in table["Properties"]["GlobalSecondaryIndexes"]
    }

    assert indexes == {
        "children": (["parent", "code"], []),
        "attention": (["attention", "updatedAt"], ["name", "fingerprint", "errorText"]),
    }


def test_times_are_numbers(template: Template) -> None:
    [table] = template.find_resources(TABLE).values()
    types = {
        a["AttributeName"]: a["AttributeType"] for a in table["Properties"]["AttributeDefinitions"]
    }

    assert types.pop("updatedAt") == "N"
    assert set(types.values()) == {"S"}


def test_the_table_is_recoverable_on_aws(template: Template) -> None:
    [replica] = _replicas(template)

    assert replica["DeletionProtectionEnabled"] is True
    assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True


def test_the_local_table_may_be_lost(local_template: Template) -> None:
    [replica] = _replicas(local_template)

    assert replica["DeletionProtectionEnabled"] is False
    assert replica["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is False


def _replicas(template: Template) -> list[dict[str, object]]:
    [table] = template.find_resources(TABLE).values()
    return table["Properties"]["Replicas"]


def test_a_table_can_be_warmed_for_a_large_fan_out() -> None:
    warm = dynamodb.WarmThroughput(read_units_per_second=12_000, write_units_per_second=25_000)
    stack = Stack(App(), "Warm")
    TaskTable(stack, "Tasks", warm_throughput=warm)

    template = Template.from_stack(stack)

    (table,) = template.find_resources("AWS::DynamoDB::GlobalTable").values()
    assert table["Properties"]["WarmThroughput"] == {
        "ReadUnitsPerSecond": 12_000,
        "WriteUnitsPerSecond": 25_000,
    }
