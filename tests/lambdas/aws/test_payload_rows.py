"""Inputs between 600 and 8,000 bytes: rows of their own, read when the task runs."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import flow_tasks  # noqa: F401  # whose `echo` runs here
import pytest
from builders import any_fan_out, any_task, any_tenant
from moto_cloud import BOTH_TABLES

from taskmill.aws.dynamodb.payload_rows import ROW_LIMIT
from taskmill.errors import InvalidRequest, LimitExceeded, PayloadMissing
from taskmill.model.clock import DAY_SECONDS
from taskmill.model.keys import TaskKey
from taskmill.models import Task
from taskmill.testing import InProcessCloud

TEXT = "x" * 2_000


def submit(cloud: InProcessCloud, value: Any = TEXT, **fields: Any) -> Task:
    return cloud.service.create_task(task=any_task(input=value, **fields))


def ref_of(task: Task) -> str:
    assert task.input_ref is not None
    return task.input_ref


def payload_rows(cloud: InProcessCloud) -> list[dict[str, Any]]:
    return [item for item in cloud.table.scan()["Items"] if item["pk"]["S"].startswith("PAYLOAD#")]


@pytest.mark.parametrize(
    ("size", "kept"),
    [(600, "row"), (601, "own row"), (ROW_LIMIT, "own row"), (ROW_LIMIT + 1, "bucket")],
)
def test_an_input_s_size_says_where_it_is_kept(cloud: InProcessCloud, size: int, kept: str) -> None:
    key = submit(cloud, "x" * (size - 2), task_type="echo").key

    assert len(payload_rows(cloud)) == (kept == "own row")
    assert len(cloud.bucket.objects) == (kept == "bucket")
    cloud.run()
    done = cloud.service.get_task(key=key)
    assert done.status == "COMPLETED"
    assert (done.input is None) == (kept == "bucket")


@pytest.mark.parametrize("value", ["\udc80" * 200, eval("[" * 102 + "]" * 102)])  # noqa: S307
def test_what_not_every_writer_of_json_takes_is_kept_in_the_bucket(
    cloud: InProcessCloud, value: Any
) -> None:
    key = submit(cloud, value if isinstance(value, str) else [TEXT, value], task_type="echo").key

    assert payload_rows(cloud) == []
    cloud.run()
    assert cloud.service.get_task(key=key).status == "COMPLETED"


@BOTH_TABLES
def test_many_inputs_are_stored_25_a_call_and_each_is_found(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    tasks = [any_task(tenant_code=tenant, input=f"{number:05}" + TEXT) for number in range(60)]

    stored = cloud.service.create_tasks(tasks=tasks)

    assert cloud.meter.calls == {
        "dynamodb.batch_execute_statement": 3 + 3,
        "sqs.send_message_batch": 6,
    }
    found = [json.loads(cloud.wiring.payloads.get(ref_of(each))) for each in stored]
    assert found == [task.input for task in tasks]


def test_inputs_of_all_sizes_in_one_request_stay_with_their_tasks(cloud: InProcessCloud) -> None:
    values = [f"{size}" * size for size in (3, 1_000, 300, 9_000, 1_001, 2, 9_001)]
    tenant = any_tenant()
    tasks = [any_task(tenant_code=tenant, task_type="echo", input=value) for value in values]
    stored = cloud.service.create_tasks(tasks=tasks)

    cloud.run()

    results = [cloud.service.tasks.get(each.key).attributes for each in stored]
    texts = [
        each["result"] if "result" in each else cloud.wiring.payloads.get(each["resultRef"])
        for each in results
    ]
    assert [json.loads(text) for text in texts] == values


def test_nothing_is_stored_when_one_of_many_is_too_large() -> None:
    limit = {"TASKMILL_MAX_PAYLOAD_BYTES": "10000"}
    with InProcessCloud(modules=["unit_tasks"], environment=limit) as cloud:
        tenant = any_tenant()
        inputs = ["small", TEXT, "x" * 9_000, "x" * 10_000]
        tasks = [any_task(tenant_code=tenant, input=each) for each in inputs]

        with pytest.raises(LimitExceeded, match="at most 10,000"):
            cloud.service.create_tasks(tasks=tasks)

        assert cloud.table.records == []
        assert cloud.bucket.objects == {}


def test_a_payload_s_row_wakes_nobody(cloud: InProcessCloud) -> None:
    submit(cloud)
    payload, task = cloud.table.records
    assert (payload["dynamodb"]["NewImage"]["row"], task["dynamodb"]["NewImage"]["row"]) == (
        {"S": "PAYLOAD"},
        {"S": "TASK"},
    )

    assert cloud.stream.take(100) == [task]


def test_a_submit_that_is_sent_again_finds_the_same(cloud: InProcessCloud) -> None:
    fields = {"tenant_code": any_tenant(), "code": "mine"}
    first = submit(cloud, **fields)

    assert submit(cloud, **fields) == first
    assert len(payload_rows(cloud)) == 1


def test_another_content_under_the_same_code_overwrites_nothing(cloud: InProcessCloud) -> None:
    fields = {"tenant_code": any_tenant(), "code": "mine"}
    first = submit(cloud, **fields)

    with pytest.raises(Exception, match="exists already"):
        submit(cloud, TEXT + "y", **fields)

    assert json.loads(cloud.wiring.payloads.get(ref_of(first))) == TEXT


def expires(cloud: InProcessCloud) -> int:
    (row,) = payload_rows(cloud)
    return int(row["ttl"]["N"])


def test_a_payload_lives_thirty_days_longer_than_its_row_may(cloud: InProcessCloud) -> None:
    submit(cloud)

    assert expires(cloud) == cloud.now // 1000 + 120 * DAY_SECONDS


def test_the_payload_of_a_task_of_next_summer_waits_for_it(cloud: InProcessCloud) -> None:
    begins = datetime.fromtimestamp(cloud.now // 1000, UTC) + timedelta(days=200)
    submit(cloud, run_at=begins)

    assert expires(cloud) == begins.timestamp() + 120 * DAY_SECONDS


def test_where_rows_are_kept_for_ever_so_are_payloads() -> None:
    with InProcessCloud(environment={"TASKMILL_RETENTION_DAYS": "0"}) as cloud:
        submit(cloud)

        (row,) = payload_rows(cloud)
        assert "ttl" not in row


@pytest.mark.parametrize("together", [1, 3])
def test_a_payload_that_is_stored_again_lives_as_long_as_if_it_were_new(
    cloud: InProcessCloud, together: int
) -> None:
    """Under the code of a task that has expired, say, but whose payload is still there."""
    tenant = any_tenant()
    tasks = [any_task(tenant_code=tenant, code=f"c{n}", input=TEXT) for n in range(together)]
    cloud.service.create_tasks(tasks=tasks)
    cloud.table.clear()  # what the service does by itself
    for record in cloud.table.records[:]:
        if record["dynamodb"]["NewImage"]["row"] == {"S": "PAYLOAD"}:
            cloud.table.put_item(Item=record["dynamodb"]["NewImage"])
    cloud.now += 100 * DAY_SECONDS * 1000

    cloud.service.create_tasks(tasks=tasks)

    ends = {int(row["ttl"]["N"]) for row in payload_rows(cloud)}
    assert ends == {cloud.now // 1000 + 120 * DAY_SECONDS}


def test_a_task_whose_payload_is_gone_fails_and_can_be_read(cloud: InProcessCloud) -> None:
    key = submit(cloud, task_type="echo").key
    (row,) = payload_rows(cloud)
    cloud.table.delete_item(Key={"pk": row["pk"], "sk": row["sk"]})

    cloud.run()

    task = cloud.service.get_task(key=key)
    error: Any = task.attributes["error"]
    assert (str(task.status), error["type"], task.input) == ("FAILED", "PayloadMissing", None)
    assert "has expired" in error["message"]
    with pytest.raises(PayloadMissing):
        cloud.wiring.payloads.get(ref_of(task))


def test_a_payload_that_a_replica_has_not_seen_yet_is_asked_for_again(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = submit(cloud)
    current = cloud.table.get_item

    def lagging(**request: Any) -> Any:
        return current(**request) if request.get("ConsistentRead") else {}

    monkeypatch.setattr(cloud.table, "get_item", lagging)

    assert json.loads(cloud.wiring.payloads.get(ref_of(task))) == TEXT


@pytest.mark.parametrize("ref", ["rows/{other}/{type}/{code}", "inputs/{other}/x.jsonl", "{ref}"])
def test_a_tenant_reaches_no_payload_of_another(cloud: InProcessCloud, ref: str) -> None:
    secret = submit(cloud, tenant_code="other")
    known = {"other": "other", "type": secret.type, "code": secret.code, "ref": ref_of(secret)}
    wanted = ref.format(**known)
    with pytest.raises(InvalidRequest, match="not from an upload of this tenant"):
        task = any_fan_out(tenant_code="mine", input=None, input_ref=wanted)
        cloud.service.create_step_function_task(task=task)

    mine = submit(cloud, "mine", tenant_code="mine")
    with pytest.raises(InvalidRequest):
        cloud.service.update_status(key=mine.key, status="FAILED", attributes={"resultRef": wanted})
    cloud.service.update_status(key=mine.key, status="FAILED", attributes={"inputRef": wanted})
    assert cloud.service.get_task(key=mine.key).input == "mine"


@pytest.mark.parametrize("tenant", ["a", "a.b"])
def test_payloads_of_tenants_and_types_lie_apart(cloud: InProcessCloud, tenant: str) -> None:
    refs = {
        ref_of(submit(cloud, tenant_code=each, task_type=kind, code=code))
        for each, kind, code in [
            (tenant, "b", "c"),
            (tenant, "b", "c-d"),
            (tenant, "b-c", "d"),
            (f"{tenant}-b", "c", "d"),
        ]
    }

    assert len(refs) == len({row["pk"]["S"] for row in payload_rows(cloud)}) == 4


def test_a_retried_task_reads_its_payload_again(cloud: InProcessCloud) -> None:
    key = submit(cloud, task_type="nobody-knows-me").key
    cloud.run()
    assert cloud.service.get_task(key=key).status == "FAILED"

    cloud.service.retry(key=key)

    task = cloud.service.get_task(key=key)
    assert (str(task.status), task.input) == ("CREATED", TEXT)


def test_subtasks_keys_are_none_of_payloads(cloud: InProcessCloud) -> None:
    task = submit(cloud)
    (row,) = payload_rows(cloud)

    with pytest.raises(InvalidRequest):
        TaskKey.parse(row["pk"]["S"], row["sk"]["S"])
    listed = cloud.service.list_items_by_pk(tenant_code=task.tenant_code).items
    assert [each.key for each in listed] == [task.key]


@pytest.mark.parametrize(("days", "place"), [(0, "inputs"), (29, "inputs"), (31, "planned")])
def test_the_bucket_keeps_the_input_of_a_task_planned_ahead_for_longer(
    cloud: InProcessCloud, days: int, place: str
) -> None:
    run_at = datetime.fromtimestamp(cloud.clock() / 1000, UTC) + timedelta(days=days)

    task = submit(cloud, "x" * (ROW_LIMIT + 1), task_type="echo", run_at=run_at)

    assert ref_of(task).startswith(f"{place}/{task.tenant_code}/")
    cloud.advance(seconds=days * DAY_SECONDS)
    cloud.run()
    assert cloud.service.get_task(key=task.key).status == "COMPLETED"
