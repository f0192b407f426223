"""An update that would destroy data is refused; one that only changes in place is not."""

import json
from copy import deepcopy
from typing import Any

import pytest
from tools import check_upgrade
from tools.check_upgrade import RELEASED, faults, noted, present_templates

RESOURCES: dict[str, dict[str, Any]] = {
    "Table": {
        "Type": "AWS::DynamoDB::GlobalTable",
        "DeletionPolicy": "RetainExceptOnCreate",
        "Properties": {
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    },
    "Payloads": {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "Properties": {"VersioningConfiguration": {"Status": "Suspended"}},
    },
    "Work": {
        "Type": "AWS::SQS::Queue",
        "DeletionPolicy": "Retain",
        "Properties": {"VisibilityTimeout": 330},
    },
    "Worker": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "worker"}},
}


def update(**changes: Any) -> list[str]:
    """The faults of an update that changes resources of the template; None: it removes one."""
    after = deepcopy(RESOURCES)
    for name, change in changes.items():
        if change is None:
            del after[name]
        else:
            after[name] = {**after.get(name, {}), **change}
    return list(faults(noted({"Resources": RESOURCES}), noted({"Resources": after})))


def test_what_changes_in_place_may_change() -> None:
    longer = {"Properties": {"VisibilityTimeout": 900}}
    versioned = {"Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}

    assert update(Work=longer, Payloads=versioned) == []


def test_resources_may_be_added_and_functions_replaced() -> None:
    assert update(Other={"Type": "AWS::SQS::Queue"}, Worker=None) == []


def test_another_key_schema_replaces_the_table() -> None:
    [fault] = update(Table={"Properties": {"KeySchema": [{"AttributeName": "id"}]}})

    assert fault.startswith("Table (AWS::DynamoDB::GlobalTable) would be replaced: KeySchema was")


@pytest.mark.parametrize(
    ("name", "prop"), [("Table", "TableName"), ("Payloads", "BucketName"), ("Work", "QueueName")]
)
def test_a_name_of_ones_own_replaces_what_had_none(name: str, prop: str) -> None:
    properties = {**RESOURCES[name]["Properties"], prop: "mine"}

    [fault] = update(**{name: {"Properties": properties}})

    assert f"would be replaced: {prop} was None, is mine" in fault


@pytest.mark.parametrize("name", ["Table", "Payloads", "Work"])
def test_another_logical_id_is_a_loss(name: str) -> None:
    [fault] = update(**{name: None})

    assert fault.startswith(f"{name} (AWS::")
    assert "is gone" in fault


def test_another_type_is_a_loss() -> None:
    [fault] = update(Table={"Type": "AWS::DynamoDB::Table"})

    assert fault == "Table was a AWS::DynamoDB::GlobalTable and is a AWS::DynamoDB::Table"


def test_what_was_retained_stays_retained() -> None:
    assert update(Payloads={"DeletionPolicy": "RetainExceptOnCreate"}) == []
    assert update(Payloads={"DeletionPolicy": "Delete"}) == [
        "Payloads (AWS::S3::Bucket) was retained: Retain, is Delete"
    ]


@pytest.fixture(scope="module")
def present() -> dict[str, check_upgrade.Noted]:
    return present_templates()


def test_this_version_replaces_nothing_of_the_last_release(
    present: dict[str, check_upgrade.Noted],
) -> None:
    released = json.loads(RELEASED.read_text())

    assert [
        fault
        for stack, before in released.items()
        for fault in faults(before, present.get(stack, {}))
    ] == []


def test_a_release_whose_table_is_another_is_refused(
    present: dict[str, check_upgrade.Noted],
) -> None:
    doctored = dict(present["Default"])
    [name] = [name for name, each in doctored.items() if "GlobalTable" in each["type"]]
    doctored["TasksTable"] = doctored.pop(name)

    assert [fault.split()[0] for fault in faults(present["Default"], doctored)] == [name]


def test_table_bucket_queues_and_topics_are_compared(
    present: dict[str, check_upgrade.Noted],
) -> None:
    kinds = {each["type"] for each in present["Default"].values()}

    assert {"GlobalTable", "Bucket", "Queue", "Topic"} <= {kind.split("::")[2] for kind in kinds}
    [table] = [each for each in present["Default"].values() if "GlobalTable" in each["type"]]
    assert "KeySchema" in table["replaces"]
