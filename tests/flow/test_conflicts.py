"""What transactions of DynamoDB do to other writes: conflicts, and mixtures of reasons."""

from collections.abc import Callable, Iterator
from typing import Any

import family_tasks
import pytest
from builders import any_key, any_row
from clouds import TENANT, fan_out, get, submit

from taskmill.errors import Throttled
from taskmill.http.errors import respond
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud
from taskmill.testing.dynamodb import refused
from taskmill.testing.http import InProcessApi

CONFLICT = "TransactionConflictException"
BUSY = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "TransactionInProgress",
]


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    family_tasks.RUNS.clear()
    with InProcessCloud(modules=["family_tasks", "flow_tasks"]) as cloud:
        yield cloud


def conflicting(
    cloud: InProcessCloud, operation: str, times: int, which: Callable[[str], bool] = lambda _: True
) -> list[str]:
    """Let single writes meet a transaction; returns what met one, as it happens."""
    real, met = getattr(cloud.table, operation), list[str]()

    def write(**request: Any) -> Any:
        if len(met) < times and which(str(request)):
            met.append(operation)
            raise refused(CONFLICT, "Transaction is ongoing for the item")
        return real(**request)

    setattr(cloud.table, operation, write)
    return met


def cancelled_once(cloud: InProcessCloud, reasons: Callable[[int], list[str]]) -> list[int]:
    """Let the first transaction be cancelled for these reasons, by the number of its actions."""
    real, seen = cloud.table.transact_write_items, list[int]()

    def transact(**request: Any) -> Any:
        count = len(request["TransactItems"])
        if not seen:
            seen.append(count)
            codes = [{"Code": code} for code in reasons(count)]
            raise refused("TransactionCanceledException", "x", CancellationReasons=codes)
        return real(**request)

    cloud.table.transact_write_items = transact  # type: ignore[method-assign]
    return seen


# Single writes


@pytest.mark.parametrize("times", [1, 5, 9])
@pytest.mark.parametrize("what", ["WAITING", "awaitedTotal", "childCount", "COMPLETED", "STARTED"])
def test_a_parent_that_meets_transactions_goes_on(
    cloud: InProcessCloud, what: str, times: int
) -> None:
    met = conflicting(cloud, "update_item", times, lambda request: what in request)
    key = submit(cloud, "gathers", 3)
    started = cloud.now

    cloud.run()

    done = get(cloud, key)
    assert len(met) == times
    assert (done.status, done.attempts) == ("COMPLETED", 1)
    assert cloud.now - started < 30_000  # no lease had to run out


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
def test_every_single_write_is_repeated(cloud: InProcessCloud, operation: str) -> None:
    table, row = cloud.wiring.table, any_row()
    met = conflicting(cloud, operation, 3)

    table.put_new(row.to_values())
    table.put(row.to_values())
    cloud.wiring.tasks.move(row.key, Status.PROCESSING)
    table.replace(row.to_values(), version=2)
    assert table.delete(row.key.stored) is not None

    assert met == [operation] * 3
    assert table.get(row.key.stored) is None


def test_repeats_are_bounded_and_waited_for(cloud: InProcessCloud) -> None:
    row = any_row()
    cloud.wiring.tasks.put(row)
    met, before = conflicting(cloud, "update_item", 1_000), cloud.now

    with pytest.raises(Throttled, match="busy"):
        cloud.wiring.tasks.move(row.key, Status.PROCESSING)

    assert len(met) == 10
    assert 0 < cloud.now - before < 15_000


@pytest.mark.parametrize(
    ("operation", "method", "path", "body"),
    [
        ("put_item", "POST", "", {"taskType": "leaf", "input": 1}),
        ("update_item", "PATCH", "/leaf/one", {"status": "PROCESSING"}),
        ("update_item", "POST", "/leaf/one/cancel", None),
    ],
)
def test_the_api_says_try_again(
    cloud: InProcessCloud, operation: str, method: str, path: str, body: Any
) -> None:
    submit(cloud, "leaf", 1, code="one")
    conflicting(cloud, operation, 1_000)

    answer = InProcessApi().request(method, f"/v1/tenants/{TENANT}/tasks{path}", body=body)

    assert (answer.status, answer.error["code"]) == (429, "throttled")
    assert answer.headers["Retry-After"] == "1"


def test_a_conflict_of_any_call_is_no_internal_error(cloud: InProcessCloud) -> None:
    assert respond(refused(CONFLICT, "Transaction is ongoing for the item")).status_code == 429


# Transactions that are cancelled for several reasons


@pytest.mark.parametrize("busy", BUSY)
def test_a_parent_whose_count_met_two_reasons_does_not_wait_for_ever(
    cloud: InProcessCloud, busy: str
) -> None:
    seen = cancelled_once(
        cloud, lambda count: ["ConditionalCheckFailed", *["None"] * (count - 2), busy]
    )
    key = submit(cloud, "gathers", 3)

    cloud.run()

    assert seen
    assert get(cloud, key).status == "COMPLETED"
    assert get(cloud, key).children_completed == 3


@pytest.mark.parametrize("busy", BUSY)
def test_a_child_that_is_busy_while_its_parent_refuses_is_tried_again(
    cloud: InProcessCloud, busy: str
) -> None:
    cancelled_once(cloud, lambda count: [busy, *["None"] * (count - 2), "ConditionalCheckFailed"])
    key = submit(cloud, "gathers", 3)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


@pytest.mark.parametrize("busy", BUSY)
def test_the_counts_of_a_fan_out_met_by_two_reasons_are_exact(
    cloud: InProcessCloud, busy: str
) -> None:
    seen = cancelled_once(
        cloud, lambda count: ["ConditionalCheckFailed", *["None"] * (count - 2), busy]
    )
    key = fan_out(cloud, "echo", range(20), batch_size=2)
    told: list[Any] = []

    while cloud.step():
        told.append((get(cloud, key).attributes.get("counts") or {}).get("completed", 0))  # type: ignore[union-attr]
    cloud.run()

    assert seen
    assert told == sorted(told)
    assert get(cloud, key).attributes["counts"] == {
        "total": 20,
        "completed": 20,
        "failed": 0,
        "cancelled": 0,
    }


@pytest.mark.parametrize("busy", BUSY)
@pytest.mark.parametrize("place", [0, 1])
def test_a_task_with_an_idempotency_key_is_stored_in_spite_of_two_reasons(
    cloud: InProcessCloud, busy: str, place: int
) -> None:
    reasons = ["ConditionalCheckFailed", "ConditionalCheckFailed"]
    reasons[place] = busy
    cancelled_once(cloud, lambda _: reasons)

    key = submit(cloud, "leaf", 1, idempotency_key="k", code="one")

    assert submit(cloud, "leaf", 1, idempotency_key="k", code="one") == key
    assert get(cloud, key).code == "one"


@pytest.mark.parametrize("busy", BUSY)
def test_a_child_is_started_again_in_spite_of_two_reasons(cloud: InProcessCloud, busy: str) -> None:
    parent = any_row(key=any_key(tenant=TENANT), status=Status.WAITING)
    parent = parent.but(awaited_total=2, awaited_done=1, children_failed=1)
    child = any_row(
        key=any_key(tenant=TENANT),
        status=Status.FAILED,
        parent=str(parent.key),
        parent_run=1,
        counted=True,
    )
    for row in (parent, child):
        cloud.wiring.tasks.put(row)
    cancelled_once(cloud, lambda _: [busy, "ConditionalCheckFailed"])

    again = cloud.service.retry(key=child.key)

    assert again.status == "CREATED"
    assert cloud.wiring.tasks.get(parent.key).children_failed == 0


def test_reasons_that_are_no_conditions_are_told(cloud: InProcessCloud) -> None:
    cancelled_once(
        cloud, lambda count: ["ConditionalCheckFailed", *["ValidationError"] * (count - 1)]
    )

    with pytest.raises(Exception, match="TransactionCanceledException"):
        submit(cloud, "leaf", 1, idempotency_key="k")
