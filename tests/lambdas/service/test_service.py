"""What callers may do with tasks, through `TaskService` alone."""

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest
from builders import (
    JSON,
    any_fan_out,
    any_fan_out_key,
    any_key,
    any_row,
    any_task,
    any_tenant,
    raw,
    stored,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from taskmill.errors import (
    Conflict,
    InvalidKey,
    InvalidRequest,
    LimitExceeded,
    TaskNotFound,
)
from taskmill.events import StepFunctionTaskEvent
from taskmill.model.statuses import Status
from taskmill.models import CreateStepFunctionTask, CreateTask, InvokeContext, Task
from taskmill.service import TaskService
from taskmill.testing import InProcessCloud
from taskmill.testing.sizes import item_size

# Submit


def test_a_submitted_task_is_stored_with_who_asked(cloud: InProcessCloud) -> None:
    context = InvokeContext(user="ann", source_ip="192.0.2.1", request_id="r1")

    task = cloud.service.create_task(
        task=any_task(tenant_code="mbc", input={"year": 2026}), invoke_context=context
    )

    assert (task.pk, task.status, task.name, task.input) == (
        "TASK#mbc",
        "QUEUED",
        "export",
        {"year": 2026},
    )
    assert (task.created_by, task.created_ip, task.request_id) == ("ann", "192.0.2.1", "r1")
    assert task.created_at == dt.datetime.fromtimestamp(cloud.now / 1000, dt.UTC)
    assert cloud.service.get_task(key=task.key) == task


@settings(max_examples=60)
@given(JSON)
def test_any_json_input_reaches_its_function_as_it_was_sent(value: Any) -> None:
    with InProcessCloud(modules=["unit_tasks"]) as cloud:
        key = cloud.service.create_task(task=any_task(input=value)).key
        cloud.run()
        assert cloud.service.get_task(key=key).attributes["result"] == value


@pytest.mark.parametrize(("size", "inline"), [(600, True), (601, False)])
def test_an_input_of_up_to_600_bytes_stays_in_the_row(
    cloud: InProcessCloud,
    size: int,
    inline: bool,  # noqa: FBT001
) -> None:
    task = cloud.service.create_task(task=any_task(input="x" * (size - 2)))

    assert (task.input is not None, task.input_ref is None) == (inline, inline)


def test_a_row_with_the_largest_inline_input_stays_small(cloud: InProcessCloud) -> None:
    tenant, code = "customer-0001", "01J9ZQ4W7V3K5N8P2R6T0XYABC"
    cloud.service.create_task(task=any_task(tenant_code=tenant, code=code, input="x" * 598))

    cloud.run()

    (first, *_, last) = [item_size(each["dynamodb"]["NewImage"]) for each in cloud.stream.seen]
    assert first <= 1_024  # design: the row is billed whole with every write
    assert last - 602 <= 1_024  # the result is an input of 600 bytes again


@pytest.mark.parametrize("field", ["tenant_code", "task_type", "code"])
@pytest.mark.parametrize("value", ["a#b", "", "-a", "ä", "a b", "a" * 65])
def test_a_name_that_no_key_can_hold_is_refused_at_the_door(field: str, value: str) -> None:
    for make in (any_task, any_fan_out):
        with pytest.raises(ValidationError, match=field):
            make(**{field: value})


@pytest.mark.parametrize("count", [0, 1, 1_000])
def test_a_fan_out_knows_how_many_subtasks_it_has(cloud: InProcessCloud, count: int) -> None:
    task = cloud.service.create_step_function_task(task=any_fan_out(input=[1] * count))

    assert (task.kind, task.child_count) == ("SFN_TASK", count)
    assert task.status == ("CREATED" if count else "COMPLETED")
    assert (task.ttl is None) == bool(count)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"input": None}, "input"),
        ({"input_ref": "inputs/x"}, "input"),
        ({"input": [1] * 6_000, "batch_size": 1}, "batchSize"),
        ({"tolerated_failures": "many"}, "toleratedFailures"),
        ({"tolerated_failures": -1}, "toleratedFailures"),
        ({"input": None, "input_ref": "results/other/secret.json"}, "inputRef"),
        ({"input": None, "input_ref": "inputs/t/_uploads/../x.jsonl"}, "inputRef"),
    ],
)
def test_a_fan_out_that_cannot_work_is_refused_with_the_field(
    cloud: InProcessCloud, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        cloud.service.create_step_function_task(task=any_fan_out(tenant_code="t", **fields))

    assert refused.value.details["field"] == field
    assert cloud.stream.seen == []
    assert not cloud.stream.pending()


def test_an_input_above_the_maximum_is_refused_with_the_limit() -> None:
    with InProcessCloud(environment={"TASKMILL_MAX_PAYLOAD_BYTES": "2000"}) as cloud:
        with pytest.raises(LimitExceeded, match="input is 2,001 bytes; at most 2,000"):
            cloud.service.create_task(task=any_task(input="x" * 1_999))
        assert cloud.service.create_task(task=any_task(input="x" * 1_998)).input_ref


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (CreateTask, {"delay_seconds": -1}),
        (CreateTask, {"delay_seconds": 31_536_001}),
        (CreateTask, {"idempotency_key": ""}),
        (CreateTask, {"notify": "loud"}),
        (CreateTask, {"typo": 1}),
        (CreateStepFunctionTask, {"batch_size": 0}),
        (CreateStepFunctionTask, {"max_concurrency": 0}),
    ],
)
def test_a_field_out_of_range_is_refused(model: Any, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        model(tenant_code="t", task_type="x", **fields)


def test_sub_tasks_are_made_of_the_elements_and_making_them_again_changes_nothing(
    cloud: InProcessCloud,
) -> None:
    elements = [{"n": 1}, "two", None, ["x" * 5_000]]
    parent = cloud.service.create_step_function_task(task=any_fan_out(input=elements))
    event = StepFunctionTaskEvent.from_state_machine_input(parent.key.as_dict())

    made = cloud.service.create_sub_task(event=event)
    cloud.service.update_sub_task_status(key=made[1].key, status="COMPLETED")
    again = cloud.service.create_sub_task(event=event)

    assert [each.sk for each in made] == [f"{parent.sk}#{index}" for index in range(4)]
    assert [each.input for each in made[:3]] == elements[:3]
    assert made[3].input_ref
    assert [str(each.status) for each in again].count("COMPLETED") == 1


# Read


def test_all_subtasks_are_had_from_any_of_them(cloud: InProcessCloud) -> None:
    parent = cloud.service.create_step_function_task(task=any_fan_out(input=list(range(1_100))))
    cloud.service.create_sub_task(event=StepFunctionTaskEvent(key=parent.key))

    for key in (parent.key, parent.key.subtask(0), parent.key.subtask(1_099)):
        found = cloud.service.get_all_sub_task(key=key)
        assert [each.index for each in found] == list(range(1_100))

    part = cloud.service.list_sub_tasks(key=parent.key, start=495, limit=10)
    assert [each.index for each in part] == list(range(495, 505))


def test_what_is_not_there_is_not_found(cloud: InProcessCloud) -> None:
    service, key = cloud.service, any_fan_out_key()
    for ask in (
        service.get_task,
        service.get_all_sub_task,
        service.list_sub_tasks,
        service.get_progress,
        service.get_result,
        service.list_children,
        service.cancel,
        service.retry,
    ):
        with pytest.raises(TaskNotFound, match=key.code):
            ask(key=key)
    with pytest.raises(TaskNotFound):
        service.update_step_function_task(key=key, attributes={"note": 1})
    with pytest.raises(TaskNotFound):
        service.create_sub_task(event=StepFunctionTaskEvent(key=key))
    assert raw(cloud, key) is None


@pytest.mark.parametrize(
    "key", [{"pk": "TASK#t"}, {"pk": "TASK#t", "sk": "a"}, {"pk": "T#t", "sk": "a#b"}]
)
def test_what_is_no_key_is_refused(cloud: InProcessCloud, key: dict[str, str]) -> None:
    with pytest.raises(InvalidKey):
        cloud.service.get_task(key=key)


def test_progress_counts_what_ended(cloud: InProcessCloud) -> None:
    counts = {"total": 8, "completed": 3, "failed": 1, "cancelled": 1}
    row = stored(
        cloud,
        key=any_fan_out_key(),
        status=Status.PROCESSING,
        child_count=8,
        attributes={"counts": counts},
    )

    progress = cloud.service.get_progress(key=row.key.subtask(5))

    assert (progress.total, progress.running, progress.percent) == (8, 3, 62.5)


def test_a_result_is_had_when_there_is_one(cloud: InProcessCloud) -> None:
    small = cloud.service.create_task(task=any_task(input=None)).key
    large = cloud.service.create_task(task=any_task(input="x" * 9_000)).key

    with pytest.raises(Conflict, match="it has no result"):
        cloud.service.get_result(key=small)
    cloud.run()

    assert cloud.service.get_result(key=small).model_dump()["result"] is None
    assert "results/" in (cloud.service.get_result(key=large).result_url or "")


@given(st.lists(st.sampled_from(Status), max_size=30))
def test_a_summary_counts_every_subtask_once(statuses: list[Status]) -> None:
    parent = any_fan_out_key()
    tasks = [
        Task.from_row(any_row(key=parent.subtask(index), status=status))
        for index, status in enumerate(statuses)
    ]

    summary = TaskService.format_task_status(None, tasks=tasks)  # type: ignore[arg-type]

    assert summary.sub_task_count == len(statuses)
    assert summary.sub_task_succeed_count == statuses.count(Status.COMPLETED)
    assert summary.sub_task_failed_count == statuses.count(Status.FAILED)
    ended = {Status.COMPLETED, Status.FAILED, Status.CANCELLED}
    assert summary.sub_task_running_count == sum(each not in ended for each in statuses)
    assert [(each.sk, each.status) for each in summary.sub_tasks] == [
        (f"{parent.sk}#{index}", status) for index, status in enumerate(statuses)
    ]


def test_a_summary_has_the_reference_s_names(cloud: InProcessCloud) -> None:
    row = any_row(key=any_fan_out_key(tenant="t", type="x", code="c").subtask(0))

    summary = cloud.service.format_task_status(tasks=[Task.from_row(row)])

    assert json.loads(summary.model_dump_json(by_alias=True)) == {
        "subTaskCount": 1,
        "subTaskSucceedCount": 0,
        "subTaskFailedCount": 0,
        "subTaskRunningCount": 1,
        "subTasks": [{"pk": "SFN_TASK#t", "sk": "x#c#0", "status": "CREATED"}],
    }


# Change


@pytest.mark.parametrize(
    ("given", "type_", "message"),
    [
        (ValueError("no luck"), "ValueError", "no luck"),
        (ValueError(), "ValueError", "ValueError()"),
        ("plain words", "Error", "plain words"),
        ("", "Error", "no message was given"),
        ({}, "Error", "no message was given"),
        ({"message": "m", "type": "T", "stack": "s"}, "T", "m"),
        ({"code": 7}, "Error", "no message was given"),
        (None, "Error", "None"),
    ],
)
def test_an_error_is_stored_with_type_message_and_stack(
    cloud: InProcessCloud, given: Any, type_: str, message: str
) -> None:
    key = stored(cloud).key

    cloud.service.update_status(key=key, status="FAILED", attributes={"error": given})

    error: Any = cloud.service.get_task(key=key).attributes["error"]
    assert (error["type"], error["message"]) == (type_, message)
    assert isinstance(error["stack"], str)


@pytest.mark.parametrize("size", [10, 8_000, 8_001, 300_000])
def test_a_result_from_outside_may_have_any_size(cloud: InProcessCloud, size: int) -> None:
    key, value = stored(cloud).key, "x" * (size - 2)

    task = cloud.service.update_status(key=key, status="COMPLETED", attributes={"result": value})

    if size <= 8_000:
        assert task.attributes == {"result": value}
    else:
        ref = str(task.attributes["resultRef"])
        assert json.loads(cloud.wiring.payloads.get(ref)) == value


@pytest.mark.parametrize(
    "attributes",
    [
        {"note": "x" * 16_384},
        {"error": {"message": "x" * 16_384}},
        {"note": float("nan")},
        {"note": 10**40},
        {"note": object()},
        {"a.b": 1},
        {"": 1},
        {"a#b": 1},
        {"counts": {"total": 1}},
        {"resultRef": "results/another-tenant/secret.json"},
    ],
)
def test_attributes_that_a_row_cannot_hold_are_refused_and_nothing_changes(
    cloud: InProcessCloud, attributes: dict[str, Any]
) -> None:
    key = stored(cloud).key
    before = raw(cloud, key)

    with pytest.raises(InvalidRequest):
        cloud.service.update_status(key=key, status="PROCESSING", attributes=attributes)

    assert raw(cloud, key) == before


@settings(max_examples=60)
@given(st.dictionaries(st.from_regex(r"[a-z][a-zA-Z0-9_]{0,9}", fullmatch=True), JSON, max_size=4))
def test_attributes_of_callers_are_merged_and_kept(attributes: dict[str, Any]) -> None:
    ours = {"error", "counts", "result"}
    attributes = {name: each for name, each in attributes.items() if name not in ours}
    with InProcessCloud() as cloud:
        key = stored(cloud, key=any_fan_out_key(), attributes={"kept": True, "note": 1}).key

        task = cloud.service.update_step_function_task(key=key, attributes=attributes)

        assert task.attributes == {"kept": True, "note": 1, **attributes}
        assert task.status == "CREATED"


def test_a_step_function_task_is_moved_with_its_attributes(cloud: InProcessCloud) -> None:
    key = stored(cloud, key=any_fan_out_key(), status=Status.PROCESSING).key

    task = cloud.service.update_step_function_task(
        key=key, attributes={"note": 1}, status="COMPLETED"
    )

    assert (task.status, task.attributes) == ("COMPLETED", {"note": 1})


def test_methods_of_one_kind_refuse_keys_of_another(cloud: InProcessCloud) -> None:
    service, single, parent = cloud.service, any_key(), any_fan_out_key()
    with pytest.raises(InvalidRequest, match="is no subtask"):
        service.update_sub_task_status(key=parent, status="COMPLETED")
    for key in (single, parent.subtask(0)):
        with pytest.raises(InvalidRequest, match="no step function task"):
            service.update_step_function_task(key=key, attributes={})
    with pytest.raises(InvalidRequest, match="cancelled with its parent"):
        service.cancel(key=parent.subtask(0))


def test_a_subtask_s_status_is_told_as_such(cloud: InProcessCloud) -> None:
    row = stored(cloud, key=any_fan_out_key().subtask(3), notify="each")

    cloud.service.update_sub_task_status(
        key=row.key, status="PROCESSING", attributes={"note": 1}, notify_id="n1"
    )
    cloud.run()

    (told,) = cloud.notifications
    assert (told["action"], told["sk"], told["id"]) == ("sub-task-status", row.key.sk, "n1")
    assert told["content"] == {"status": "PROCESSING", "attributes": {"note": 1}}


def test_an_alarm_may_be_raised_about_any_task(cloud: InProcessCloud) -> None:
    row = stored(cloud, key=any_fan_out_key())

    cloud.service.publish_alarm(
        event=StepFunctionTaskEvent(key=row.key), error_details=RuntimeError("stuck")
    )
    cloud.service.publish_alarm(event=row.key, error_details={"message": "still"})

    assert [each["action"] for each in cloud.alarms] == ["sfn-alarm"] * 2
    assert [each["content"]["errorMessage"] for each in cloud.alarms] == ["stuck", "still"]
    assert cloud.alarms[0]["content"]["errorDetails"]["type"] == "RuntimeError"
    assert [each["sk"] for each in cloud.alarms] == [row.key.sk] * 2
    assert cloud.wiring.tasks.get(row.key) == row  # it is told, not changed


def test_without_an_alarm_topic_none_can_be_raised(cloud: InProcessCloud) -> None:
    elsewhere = dataclasses.replace(cloud.wiring.service, alarm_topic=None)

    with pytest.raises(InvalidRequest, match="no alarm topic"):
        elsewhere.publish_alarm(event=stored(cloud).key, error_details={})


def test_a_tenant_s_uploads_have_a_place_of_their_own(cloud: InProcessCloud) -> None:
    tenant = any_tenant()

    one, other = (cloud.service.create_upload(tenant_code=tenant) for _ in range(2))

    assert one.input_ref != other.input_ref
    assert one.input_ref.startswith(f"inputs/{tenant}/_uploads/")
    assert one.headers == {"If-None-Match": "*", "x-amz-tagging": "taskmill-upload=open"}
    with pytest.raises(InvalidKey):
        cloud.service.create_upload(tenant_code="../other")


# What ends, expires


def test_every_row_of_a_task_that_ended_expires(cloud: InProcessCloud) -> None:
    cloud.service.create_task(task=any_task(idempotency_key="k"))
    cloud.service.create_task(task=any_task(task_type="hopeless"))
    cloud.service.create_step_function_task(task=any_fan_out(input=[1, 2, 3]))
    cloud.service.create_step_function_task(task=any_fan_out(task_type="hopeless"))
    cloud.service.create_step_function_task(task=any_fan_out(input=[]))

    cloud.run()

    rows = cloud.table.scan()["Items"]
    assert {each["row"]["S"] for each in rows} == {
        "TASK",
        "SFN_TASK",
        "SUBTASK",
        "BATCH",
        "IDEMPOTENCY",
    }
    assert [each["sk"]["S"] for each in rows if "ttl" not in each] == []
