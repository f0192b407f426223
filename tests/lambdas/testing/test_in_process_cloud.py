"""The in-process cloud is as the real one where it matters."""

import copy
import json
from typing import Any

import pytest
from builders import JSON, any_key, any_row, any_task, stored
from hypothesis import given, settings
from hypothesis import strategies as st
from moto_cloud import MotoCloud

from taskmill.aws.dynamodb.codec import decode_item, encode_item
from taskmill.aws.dynamodb.expressions import UpdateRequest
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.statements import Update
from taskmill.aws.dynamodb.table import Table
from taskmill.model.statuses import Status
from taskmill.testing import Crash, InProcessCloud, Meter
from taskmill.testing.schema import TABLE_SCHEMA

# The memory table agrees with moto's

PATHS = st.sampled_from(["status", "note", "attributes.a", "attributes.b"])
VALUES = st.sampled_from([1, -2.5, "x", None, True, [1], {"k": "v"}])


@st.composite
def requests(draw: st.DrawFn) -> UpdateRequest:
    """Any update that the store could write."""
    request = UpdateRequest()
    for path in draw(st.lists(PATHS, unique=True, max_size=3)):
        request.set(path, draw(VALUES)) if draw(st.booleans()) else request.remove(path)
    request.add("version", draw(st.integers(1, 3)))
    if draw(st.booleans()):
        request.append("history", [["STARTED", 1, 0]])
        request.require_room("history", draw(st.integers(1, 4)))
    request.require_status(draw(st.lists(st.sampled_from(Status), max_size=6)))
    if draw(st.booleans()):
        request.require("fence", draw(st.sampled_from(["f", "g"])))
    if draw(st.booleans()):
        request.refuse("splitRun", draw(st.integers(1, 2)))
    return request


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    optional = {"fence": "f", "splitRun": 1, "note": "there"}
    state = {name: each for name, each in optional.items() if draw(st.booleans())}
    attributes = {name: 1 for name in "ab" if draw(st.booleans())}
    history = [["CREATED", 1, 0]] * draw(st.integers(0, 4))
    status = draw(st.sampled_from(["CREATED", "STARTED", "COMPLETED"]))
    return {**state, "attributes": attributes, "history": history, "status": status, "version": 1}


@pytest.fixture(scope="module")
def moto() -> Any:
    with MotoCloud() as cloud:
        yield cloud


@settings(max_examples=80)
@given(states(), requests())
def test_an_update_does_the_same_in_both_tables(
    moto: MotoCloud, state: dict[str, Any], request: UpdateRequest
) -> None:
    key = any_key().stored
    found = []
    with InProcessCloud() as cloud:
        for client in (cloud.table, moto.table):
            table = Table(client, "tasks")
            table.put_new({**key._asdict(), **copy.deepcopy(state)})
            try:
                outcome = request.send(table, key)
            except ConditionFailed as refused:
                outcome = {"refused": refused.old}
            found.append((outcome, table.get(key)))

    assert found[0] == found[1]


@settings(max_examples=40)
@given(states(), st.dictionaries(PATHS, VALUES, max_size=3), st.integers(1, 2))
def test_a_statement_does_the_same_in_both_tables(
    moto: MotoCloud, state: dict[str, Any], sets: dict[str, Any], version: int
) -> None:
    key = any_key().stored
    sets = {"version": 2, **sets}
    found = []
    with InProcessCloud() as cloud:
        for client in (cloud.table, moto.table):
            table = Table(client, "tasks")
            done = table.insert_many([{**key._asdict(), **copy.deepcopy(state)}] * 2)
            update = Update(key=key, sets=sets, removes=("fence",), where={"version": version})
            missing = Update(key=any_key().stored, sets=sets, where={"version": 1})
            done += table.update_many([update, missing])
            found.append((done, table.get(key)))

    assert found[0] == found[1]
    assert found[0][0] == [True, False, version == 1, False]


@given(st.dictionaries(st.sampled_from("abc"), JSON))
def test_values_come_back_as_they_were_stored(values: dict[str, Any]) -> None:
    with InProcessCloud() as cloud:
        key = any_key().stored
        table = Table(cloud.table, "tasks")
        table.put_new({**key._asdict(), **values})

        assert table.get(key) == {**key._asdict(), **values}


def test_a_row_over_400_kb_is_refused_as_by_the_service(cloud: InProcessCloud) -> None:
    with pytest.raises(Exception, match="exceeded the maximum allowed size"):
        stored(cloud, input="x" * 409_600)


def test_a_transaction_is_all_or_nothing_in_both_tables(moto: MotoCloud) -> None:
    with InProcessCloud() as cloud:
        for client in (cloud.table, moto.table):
            there, new = any_row(), any_row()
            client.put_item(TableName="tasks", Item=encode_item(there.to_values()))
            puts = [
                {
                    "Put": {
                        "TableName": "tasks",
                        "Item": encode_item(row.to_values()),
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                }
                for row in (new, there)
            ]

            with pytest.raises(Exception, match="Transaction") as refused:
                client.transact_write_items(TransactItems=puts)

            reasons = refused.value.response["CancellationReasons"]  # type: ignore[attr-defined]
            assert [each["Code"] for each in reasons] == ["None", "ConditionalCheckFailed"]
            assert Table(client, "tasks").get(new.key.stored) is None


def test_the_stream_tells_of_every_change_as_the_service_does(cloud: InProcessCloud) -> None:
    row = stored(cloud)
    cloud.service.update_status(key=row.key, status="PROCESSING")
    cloud.table.delete_item(Key=encode_item(row.key.stored._asdict()))

    inserted, changed, removed = cloud.table.records

    assert [each["eventName"] for each in (inserted, changed, removed)] == [
        "INSERT",
        "MODIFY",
        "REMOVE",
    ]
    assert set(inserted["dynamodb"]) >= {"Keys", "SequenceNumber", "NewImage"}
    assert changed["dynamodb"]["OldImage"] == inserted["dynamodb"]["NewImage"]
    assert "NewImage" not in removed["dynamodb"]
    assert decode_item(changed["dynamodb"]["NewImage"])["status"] == "PROCESSING"


# What users' own tests rely on


def test_time_passes_only_while_nothing_can_be_done(cloud: InProcessCloud) -> None:
    began = cloud.now
    cloud.service.create_task(task=any_task())
    cloud.run()
    assert cloud.now == began

    cloud.service.create_task(task=any_task(delay_seconds=300))
    cloud.run()
    assert cloud.now == began + 300_000


def test_a_crash_is_not_caught_by_task_code() -> None:
    meter = Meter(crash_at=2)

    assert meter.call("first", lambda: "done") == "done"
    with pytest.raises(Crash, match="second"):
        meter.call("second", lambda: "never")
    assert not issubclass(Crash, Exception)


def test_a_process_that_dies_leaves_its_message_on_the_queue(cloud: InProcessCloud) -> None:
    key = cloud.service.create_task(task=any_task(input=1)).key
    cloud.meter.crash_at = cloud.meter.calls.total() + 4  # after the claim

    cloud.run()

    task = cloud.service.get_task(key=key)
    assert task.status == "COMPLETED"


def test_two_clouds_know_nothing_of_each_other() -> None:
    with InProcessCloud() as one, InProcessCloud() as other:
        key = stored(one).key

        assert other.table.get_item(Key=encode_item(key.stored._asdict())) == {}


# The template


@pytest.mark.xdist_group("stacks")
def test_the_table_is_the_one_that_the_stack_creates() -> None:
    (table,) = resources("AWS::DynamoDB::GlobalTable")

    for name in ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes"):
        assert by_name(table[name]) == by_name(TABLE_SCHEMA[name])
    assert table["BillingMode"] == TABLE_SCHEMA["BillingMode"]
    view = TABLE_SCHEMA["StreamSpecification"]["StreamViewType"]
    assert table["StreamSpecification"]["StreamViewType"] == view


def resources(kind: str) -> list[dict[str, Any]]:
    from aws_cdk import App, Stack
    from aws_cdk.assertions import Template

    import taskmill_cdk.bundled_node  # noqa: F401  # before aws_cdk, which starts Node
    from taskmill_cdk.table import TaskTable

    stack = Stack(App(), "Test")
    TaskTable(stack, "Table")
    found = Template.from_stack(stack).find_resources(kind)
    return [each["Properties"] for each in found.values()]


def by_name(entries: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in entries)
