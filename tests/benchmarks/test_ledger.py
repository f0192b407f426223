"""The ledger enters what AWS bills, by AWS's rules."""

import random
from contextlib import suppress
from typing import Any

import pytest
from benchmarks.ledger import reference
from benchmarks.ledger.bills import billed, requests
from benchmarks.ledger.cloud import TASKS, TENANT, LedgerCloud
from benchmarks.ledger.counted import CountedClient, Ledger
from benchmarks.ledger.lambda_time import with_lambda_time
from benchmarks.ledger.prices import PRICES, dollars, lines
from benchmarks.ledger.usage import Usage, What
from botocore.exceptions import ClientError

from taskmill.testing.dynamodb import MemoryTable
from taskmill.testing.schema import TABLE_SCHEMA

KB = 1_000  # a little less than what a unit is for


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(MemoryTable(TABLE_SCHEMA), lambda _: "function")


@pytest.fixture
def table(ledger: Ledger) -> Any:
    return CountedClient("dynamodb", ledger.table, ledger)


def row(sk: str, size: int = 100, **more: str) -> dict[str, Any]:
    values = {"pk": "p", "sk": sk, "filling": "x" * size, **more}
    return {name: {"S": value} for name, value in values.items()}


def key(sk: str) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": sk}}


def put(table: Any, sk: str, size: int = 100, **more: str) -> None:
    table.put_item(TableName="t", Item=row(sk, size, **more))


def test_a_write_costs_by_the_larger_of_the_row_before_and_after(
    table: Any, ledger: Ledger
) -> None:
    put(table, "a", 2 * KB)
    put(table, "a", 100)

    assert ledger.usage.total(What.WRITE_UNITS) == 2 + 2
    assert ledger.usage.total(What.WRITES) == 2


def test_a_refused_write_costs_as_much(table: Any, ledger: Ledger) -> None:
    put(table, "a", 2 * KB)
    with suppress(ClientError):
        table.put_item(TableName="t", Item=row("a"), ConditionExpression="attribute_not_exists(pk)")

    assert ledger.usage.total(What.CALLS) == 2
    assert ledger.usage.total(What.WRITE_UNITS) == 2 + 2


def test_a_transaction_is_billed_double_also_when_it_is_cancelled(
    table: Any, ledger: Ledger
) -> None:
    def transact() -> None:
        table.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": "t",
                        "Item": row(sk),
                        "ConditionExpression": "attribute_not_exists(pk)",
                    }
                }
                for sk in ("a", "b")
            ]
        )

    transact()
    with pytest.raises(ClientError):
        transact()

    assert ledger.usage.total(What.WRITE_UNITS) == 2 * 2 + 2 * 2


def test_statements_are_billed_each(table: Any, ledger: Ledger) -> None:
    put(table, "a", 2 * KB)
    table.batch_execute_statement(
        Statements=[
            {
                "Statement": "INSERT INTO \"t\" VALUE {'pk': ?, 'sk': ?}",
                "Parameters": [{"S": "p"}, {"S": "b"}],
            },
            {
                "Statement": 'UPDATE "t" SET "status"=? WHERE "pk"=? AND "sk"=? AND "version"=?',
                "Parameters": [{"S": "NEW"}, {"S": "p"}, {"S": "a"}, {"N": "7"}],
            },
        ]
    )

    units = ledger.usage.by_operation(What.WRITE_UNITS)
    assert units["dynamodb.batch_execute_statement"] == 1 + 2  # the second was refused


def test_an_index_is_paid_when_its_own_keys_change(table: Any, ledger: Ledger) -> None:
    put(table, "a", parent="one", code="c")
    put(table, "a", 200, parent="one", code="c")
    put(table, "a", parent="two", code="c")

    units = ledger.usage.by_operation(What.WRITE_UNITS)
    assert units["dynamodb.put_item (index)"] == 1 + 0 + 2


def test_reads_are_billed_by_size_and_consistency(table: Any, ledger: Ledger) -> None:
    put(table, "a", 5 * KB)

    for consistent in (True, False):
        table.get_item(TableName="t", Key=key("a"), ConsistentRead=consistent)
    table.get_item(TableName="t", Key=key("nothing"), ConsistentRead=True)

    assert ledger.usage.total(What.READ_UNITS) == 2 + 1 + 1


def test_a_count_is_billed_by_the_rows_that_it_does_not_show(table: Any, ledger: Ledger) -> None:
    for sk in "abc":
        put(table, sk, 3 * KB)
    values = {":pk": {"S": "p"}}

    for more in ({}, {"Select": "COUNT"}):
        table.query(
            TableName="t",
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            **more,
        )

    assert ledger.usage.total(What.READ_UNITS) == 3 + 3


def test_a_query_is_billed_by_the_sum_and_a_batch_of_gets_one_by_one(
    table: Any, ledger: Ledger
) -> None:
    for sk in "abc":
        put(table, sk, KB)

    table.query(
        TableName="t",
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "p"}},
        ConsistentRead=True,
    )
    table.batch_get_item(
        RequestItems={"t": {"Keys": [key(sk) for sk in "abx"], "ConsistentRead": True}}
    )

    units = ledger.usage.by_operation(What.READ_UNITS)
    assert units == {"dynamodb.query": 1, "dynamodb.batch_get_item": 3}


def test_what_is_sent_is_billed_in_pieces_of_64_kb() -> None:
    entries = [{"MessageBody": "x" * 40_000}, {"MessageBody": "x" * 40_000}]

    found = dict(billed("sqs", "send_message_batch", {"Entries": entries}, {}))

    assert found == {What.FAIR_QUEUE_REQUESTS: 2, What.BYTES: 80_000}
    assert requests(0) == 1


def test_a_retried_batch_is_a_transition_and_a_call_more() -> None:
    def used(task_type: str) -> Usage:
        with LedgerCloud(modules=[TASKS, "flow_tasks"]) as cloud:
            body = {"taskType": task_type, "input": [1, 1], "batchSize": 2}
            return cloud.used(lambda cloud: post(cloud, body))

    random.seed(1)  # by chance, both second attempts could be due within seconds
    plain, retried = (
        used("echo"),
        used("flaky"),
    )  # its second attempt waits

    assert plain.by_operation(What.TRANSITIONS)["batch"] == 1
    again = retried.by_operation(What.TRANSITIONS)["batch"]
    assert again > 1
    assert retried.total(What.FUNCTION_CALLS, where="batch") == again


def post(cloud: LedgerCloud, body: Any) -> None:
    cloud.post("step-function-tasks", body)


def test_a_handed_back_message_is_received_again_and_not_deleted() -> None:
    with LedgerCloud(modules=[TASKS]) as cloud:
        cloud.post("tasks", {"taskType": "noop"})
        key = cloud.service.list_items_by_pk(tenant_code=TENANT).items[0].key
        cloud.wiring.claims.claim(
            key, fence="other", lease_until=cloud.clock() + 60_000, max_attempts=3
        )
        used = cloud.used(lambda _: None)

    deliveries = used.by_operation(What.FAIR_QUEUE_REQUESTS)
    assert deliveries["sqs.receive_message"] > deliveries["sqs.delete_message_batch"] == 1


def test_every_line_is_priced_once() -> None:
    usage = Usage()
    for what in What:
        usage.add(what, "function", "operation", 1e6)

    bill = dollars(usage)

    assert bill["DynamoDB"] == pytest.approx(0.625 + 0.125)
    assert bill.total() == pytest.approx(sum(price.dollars for price in PRICES.values()))
    assert [cost for _, cost in lines(usage)] == sorted(
        (price.dollars for price in PRICES.values()), reverse=True
    )


def test_more_memory_computes_faster_and_costs_more() -> None:
    usage = Usage()
    usage.add(What.FUNCTION_CALLS, "worker", "invocation")
    usage.add(What.CALLS, "worker", "dynamodb.update_item", 2)

    small, large = (
        with_lambda_time(usage, memory_mb=memory).total(What.GB_SECONDS) for memory in (256, 512)
    )

    assert 0 < small < large < 2 * small


def test_the_reference_design_reads_more_of_its_siblings_the_more_there_are() -> None:
    few, many = reference.subtask(100, 200), reference.subtask(400, 200)

    assert few is not None
    assert many is not None
    assert few.by_operation(What.CALLS)["query"] == 20
    assert many.by_operation(What.CALLS)["query"] == 80
    assert reference.subtask(459, 200) is None
