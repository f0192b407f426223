"""Batches of a fan-out, and failed subtasks by way of them: what they show, and what they cost."""

from typing import Any

import pytest

from taskmill.model.keys import BatchKey, Kind, TaskKey
from taskmill.model.rows.batch_row import BATCH_ROW
from taskmill.model.statuses import Status
from taskmill.model.subtask_states import fresh
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

FAN_OUTS = "/v1/tenants/mbc/step-function-tasks"


def submit(api: InProcessApi, elements: list[Any], **options: Any) -> str:
    body = {"taskType": "api-odd-fails", "input": elements, **options}
    return f"{FAN_OUTS}/api-odd-fails/{api.post(FAN_OUTS, body).body['code']}"


def run(cloud: InProcessCloud) -> None:
    for _ in range(6):
        cloud.run()
        cloud.sleep(60)


def units(answer: Any) -> float:
    return float(answer.headers["x-taskmill-read-units"])


def pages(api: InProcessApi, path: str, **query: Any) -> list[int]:
    """The indexes on all pages."""
    found: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(path, **query, **({"cursor": cursor} if cursor else {})).body
        found += [each["index"] for each in page["items"]]
        cursor = page["cursor"]
    return found


def test_batches_are_shown_with_their_counts(cloud: InProcessCloud, api: InProcessApi) -> None:
    path = submit(api, [0, 2, 4, 1, 2, 4, 6], batchSize=3, toleratedFailures=9)
    before = api.get(f"{path}/batches").body["batches"]
    run(cloud)

    found = api.get(f"{path}/batches").body

    assert [each["status"] for each in before] == ["WAITING"] * 3
    assert found["cursor"] is None
    shown = [
        (b["index"], b["first"], b["last"], b["status"], b["completed"], b["failed"])
        for b in found["batches"]
    ]
    assert shown == [
        (0, 0, 2, "CLOSED", 3, 0),
        (1, 3, 5, "CLOSED", 2, 1),
        (2, 6, 6, "CLOSED", 1, 0),
    ]
    assert all(b["startedAt"] <= b["finishedAt"] for b in found["batches"])


def test_what_never_began_is_waiting_and_then_void(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    path = submit(api, [0, 2, 4, 6], batchSize=2)
    waiting = api.get(f"{path}/batches").body["batches"]
    api.post(f"{path}/cancel")
    void = api.get(f"{path}/batches").body["batches"]
    run(cloud)
    after = api.get(f"{path}/batches").body["batches"]

    assert [each["status"] for each in waiting] == ["WAITING"] * 2
    for batches in (void, after):
        assert [each["status"] for each in batches] == ["VOID"] * 2
        assert [each["cancelled"] for each in batches] == [2, 2]


def test_failed_subtasks_are_those_of_a_scan(cloud: InProcessCloud, api: InProcessApi) -> None:
    elements = [1 if number % 7 == 0 or 20 <= number < 25 else 2 for number in range(60)]
    path = submit(api, elements, batchSize=5, toleratedFailures=60)
    run(cloud)

    failed = [number for number in range(60) if elements[number] == 1]
    for limit in (1, 2, 5, 100):
        assert pages(api, f"{path}/subtasks", status="FAILED", limit=limit) == failed
    assert pages(api, f"{path}/subtasks", status="FAILED,COMPLETED", limit=7) == [*range(60)]
    assert pages(api, f"{path}/subtasks", status="STARTED") == []


def stored_batch(cloud: InProcessCloud, parent: TaskKey, number: int, **counts: int) -> None:
    """A closed batch of a run of the fan-out, with these counts, as if it had run."""
    row = cloud.wiring.tasks.get(parent)
    size = row.batch_size or 1
    cloud.wiring.table.put(
        {
            **BatchKey(parent, number).stored._asdict(),
            "row": BATCH_ROW,
            "status": Status.COMPLETED,
            "first": number * size,
            "last": number * size + size - 1,
            "run": row.run,
            "since": row.created_at,
            "counts": counts,
            "told": counts,
            "fence": "0123456789abcdef",
            "owner": "arn:aws:states:eu-central-1:123456789012:execution:subtasks:abc",
            "leaseUntil": 1_770_000_000_000,
            "updatedAt": 1_770_000_000_000,
            "finishedAt": 1_770_000_000_000,
            "ttl": 1_790_000_000,
        }
    )


@pytest.fixture
def huge(cloud: InProcessCloud, api: InProcessApi) -> str:
    """A fan-out of a million in 5,000 batches, all closed; one subtask of 10 of them failed."""
    path = submit(api, [2, 2], batchSize=1)
    run(cloud)
    parent = TaskKey(Kind.SFN_TASK, "mbc", "api-odd-fails", path.rpartition("/")[2])
    cloud.table.update_item(
        Key={name: {"S": value} for name, value in parent.stored._asdict().items()},
        UpdateExpression="SET childCount = :c, batchSize = :b, attributes.#counts = :n",
        ExpressionAttributeNames={"#counts": "counts"},
        ExpressionAttributeValues={
            ":c": {"N": "1000000"},
            ":b": {"N": "200"},
            ":n": {"M": {"completed": {"N": "999990"}, "failed": {"N": "10"}}},
        },
    )
    rows = cloud.wiring.subtasks
    row = cloud.wiring.tasks.get(parent)
    for number in range(5_000):
        bad = number % 500 == 7
        stored_batch(cloud, parent, number, completed=200 - bad, failed=int(bad))
        if bad:
            error = {"type": "ValueError", "message": "x", "stack": "y" * 200}
            ended = [
                (
                    fresh(row, number * 200 + place),
                    {
                        "status": Status.FAILED if place == 3 else Status.COMPLETED,
                        **({"attributes.error": error} if place == 3 else {}),
                    },
                )
                for place in range(200)
            ]
            rows.write(ended)
    return path


def test_ten_failed_of_a_million_take_few_reads(
    cloud: InProcessCloud, api: InProcessApi, huge: str
) -> None:
    cloud.meter.calls.clear()

    batches = api.get(f"{huge}/batches")
    failed = api.get(f"{huge}/subtasks", status="FAILED", limit=50)

    assert len(batches.body["batches"]) == 5_000
    assert sum(each["failed"] for each in batches.body["batches"]) == 10
    assert 150 <= units(batches) <= 320
    assert [each["index"] for each in failed.body["items"]] == [
        number * 200 + 3 for number in range(7, 5_000, 500)
    ]
    assert failed.body["cursor"] is None
    assert units(failed) <= units(batches) + 10 * 20
    assert cloud.meter.calls.total() < 150


def test_a_fan_out_that_counted_no_failure_is_not_searched(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    path = submit(api, [2] * 40, batchSize=2)
    run(cloud)

    answer = api.get(f"{path}/subtasks", status="FAILED")

    assert answer.body == {"items": [], "cursor": None}
    assert units(answer) == 1


def test_subtasks_of_void_batches_are_listed_as_failed(
    cloud: InProcessCloud, api: InProcessApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = submit(api, [1, 1, 2, 2, 2, 2], batchSize=2)
    run(cloud)

    batches = api.get(f"{path}/batches").body["batches"]
    failed = pages(api, f"{path}/subtasks", status="FAILED")

    subtasks = api.get(f"{path}/subtasks").body["items"]
    assert failed == [each["index"] for each in subtasks if each["status"] == "FAILED"]
    assert sum(each["failed"] for each in batches) == len(failed)


def test_a_reported_failure_is_listed_before_its_batch_begins(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    path = submit(api, [2, 2, 2, 2], batchSize=2)
    key = TaskKey(Kind.SFN_TASK, "mbc", "api-odd-fails", path.rpartition("/")[2])
    while cloud.wiring.tasks.get(key).split_run is None:
        assert cloud.step()

    reported = cloud.service.update_status(key=key.subtask(3), status="FAILED")

    assert reported.status == "FAILED"
    assert pages(api, f"{path}/subtasks", status="FAILED") == [3]


def test_batches_of_a_fan_out_that_is_not_there_are_not_found(api: InProcessApi) -> None:
    assert api.get(f"{FAN_OUTS}/any/none/batches").status == 404
    assert api.get(f"{FAN_OUTS}/any/none/subtasks").status == 404
