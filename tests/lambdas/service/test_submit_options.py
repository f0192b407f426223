"""When, how urgent, what follows, which names on log lines: options of a submit, and of a type."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from builders import any_fan_out, any_task, any_tenant, raw
from hypothesis import given
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES
from pydantic import ValidationError

from taskmill import task
from taskmill.errors import IdempotencyConflict, InvalidRequest, TaskExists
from taskmill.model.correlation import RESERVED
from taskmill.model.lanes import Lane, lane_of
from taskmill.models import CreateStepFunctionTask, CreateTask, InvokeContext, Task
from taskmill.testing import InProcessCloud

Make = Callable[..., CreateTask | CreateStepFunctionTask]
BOTH_KINDS = pytest.mark.parametrize("make", [any_task, any_fan_out])
YEAR = dt.timedelta(days=365)
SECOND = dt.timedelta(seconds=1)


def a_type(**options: Any) -> str:
    """A task type that declares these options."""
    return task(f"type-{uuid.uuid4()}", **options)(lambda value: value).type


def create(cloud: InProcessCloud, new: CreateTask | CreateStepFunctionTask, **options: Any) -> Task:
    if isinstance(new, CreateTask):
        return cloud.service.create_task(task=new, **options)
    return cloud.service.create_step_function_task(task=new, **options)


def now(cloud: InProcessCloud) -> dt.datetime:
    return dt.datetime.fromtimestamp(cloud.now / 1000, dt.UTC)


# When


def test_a_task_starts_at_its_moment_in_whatever_time_zone_it_was_given(
    cloud: InProcessCloud,
) -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    moment = now(cloud) + dt.timedelta(hours=3)

    created = create(cloud, any_task(run_at=moment.astimezone(tokyo)))
    submitted = cloud.now
    cloud.run()

    ended = cloud.service.get_task(key=created.key)
    assert created.run_at == moment
    assert [entry.status for entry in ended.history][:2] == ["CREATED", "SCHEDULED"]
    assert ended.started_at is not None
    assert moment <= ended.started_at < moment + dt.timedelta(minutes=1)
    assert cloud.now - submitted >= 3 * 3_600_000


@pytest.mark.parametrize("late", [dt.timedelta(0), SECOND, 100 * YEAR])
def test_a_moment_that_has_passed_is_now(cloud: InProcessCloud, late: dt.timedelta) -> None:
    created = create(cloud, any_task(run_at=now(cloud) - late))

    assert created.run_at is None
    assert "runAt" not in (raw(cloud, created.key) or {})


def test_a_moment_without_an_offset_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"run_at\n.*should have timezone info"):
        any_task(run_at=dt.datetime(2026, 1, 2))  # noqa: DTZ001  # that is the point


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"run_at": YEAR + SECOND}, "at most 31,536,000 seconds ahead"),
        ({"run_at": SECOND, "delay_seconds": 5}, "give either delaySeconds or runAt"),
        ({"run_at": -SECOND, "delay_seconds": 5}, "give either delaySeconds or runAt"),
    ],
)
def test_a_moment_that_cannot_be_is_refused(
    cloud: InProcessCloud, fields: dict[str, Any], problem: str
) -> None:
    moment = now(cloud) + fields["run_at"]

    with pytest.raises(InvalidRequest, match=problem) as refused:
        create(cloud, any_task(**{**fields, "run_at": moment}))

    assert refused.value.details["field"] == "runAt"
    assert create(cloud, any_task(run_at=now(cloud) + YEAR)).run_at == now(cloud) + YEAR


# How urgent


@BOTH_KINDS
@pytest.mark.parametrize(
    ("declared", "asked", "stored"),
    [
        (None, None, None),
        (None, "urgent", "urgent"),
        (None, "normal", None),
        ("high", None, "high"),
        ("high", "normal", None),
        ("high", "low", "low"),
        ("normal", None, None),
        ("normal", "high", "high"),
    ],
)
def test_the_submitter_s_priority_comes_before_the_type_s(
    cloud: InProcessCloud, make: Make, declared: Any, asked: Any, stored: str | None
) -> None:
    created = create(cloud, make(task_type=a_type(priority=declared), priority=asked))

    assert created.priority == stored
    assert ("priority" in (raw(cloud, created.key) or {})) == (stored is not None)
    urgent = stored in ("high", "urgent")
    assert lane_of(cloud.wiring.tasks.get(created.key)) == (
        Lane.PRIORITY if urgent else Lane.NORMAL
    )


def test_a_type_s_runner_is_its_tasks(cloud: InProcessCloud) -> None:
    long = a_type(runner="container", timeout_seconds=7_200)

    assert create(cloud, any_task(task_type=long)).runner == "container"
    assert create(cloud, any_task()).runner is None


def test_a_fan_out_of_what_only_containers_run_is_refused(cloud: InProcessCloud) -> None:
    long = a_type(runner="container")

    with pytest.raises(InvalidRequest, match="subtasks run on Lambda") as refused:
        create(cloud, any_fan_out(task_type=long))

    assert refused.value.details["field"] == "taskType"


# What follows


@BOTH_KINDS
def test_callbacks_of_type_and_submit_are_merged_each_once(
    cloud: InProcessCloud, make: Make
) -> None:
    declared = a_type(on_success=["mail", "index"], on_completion="audit")

    created = create(
        cloud,
        make(task_type=declared, on_success="index", on_failure=["page", "page"], on_completion=()),
    )

    expected = (
        ("success", "mail"),
        ("success", "index"),
        ("completion", "audit"),
        ("failure", "page"),
    )
    assert created.callbacks == expected
    assert cloud.wiring.tasks.get(created.key).callbacks == expected
    assert create(cloud, make()).callbacks == ()


@BOTH_KINDS
@pytest.mark.parametrize(
    ("option", "field"),
    [
        ("on_success", "onSuccess"),
        ("on_failure", "onFailure"),
        ("on_completion", "onCompletion"),
    ],
)
def test_a_task_cannot_call_back_to_its_own_type(
    cloud: InProcessCloud, make: Make, option: str, field: str
) -> None:
    with pytest.raises(InvalidRequest, match="would never end") as refused:
        create(cloud, make(**{option: ["mail", "export"]}))

    assert refused.value.details["field"] == field
    assert not cloud.stream.pending()


@pytest.mark.parametrize("wrong", ["a#b", ["a"] * 11, 7, {"a": "b"}, [None]])
def test_what_is_no_callback_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="on_failure"):
        any_task(on_failure=wrong)


def test_of_many_tasks_the_wrong_one_is_named_and_none_is_stored(cloud: InProcessCloud) -> None:
    tasks = [any_task(), any_task(), any_task(on_success="export")]

    with pytest.raises(InvalidRequest) as refused:
        cloud.service.create_tasks(tasks=tasks)

    assert refused.value.details["field"] == "tasks.2.onSuccess"
    assert not cloud.stream.pending()


# Names on log lines


@BOTH_KINDS
def test_log_ids_of_task_and_caller_are_merged_the_task_s_first(
    cloud: InProcessCloud, make: Make
) -> None:
    context = InvokeContext(log_ids={"trace": "t-1", "order": "caller's"})

    created = create(cloud, make(log_ids={"order": "o-17"}), invoke_context=context)

    assert created.log_ids == {"trace": "t-1", "order": "o-17"}
    assert create(cloud, make(), invoke_context=context).log_ids == context.log_ids
    assert "logIds" not in (raw(cloud, create(cloud, make()).key) or {})


@BOTH_KINDS
def test_more_log_ids_than_ten_are_refused_with_the_limit(
    cloud: InProcessCloud, make: Make
) -> None:
    six, other = ({f"{letter}{number}": "" for number in range(6)} for letter in "ab")

    with pytest.raises(InvalidRequest, match="12, with the caller's; at most 10") as refused:
        create(cloud, make(log_ids=six), invoke_context=InvokeContext(log_ids=other))

    assert refused.value.details == {"field": "logIds", "limit": 10}


@given(st.sampled_from(sorted(RESERVED)))
def test_a_log_id_cannot_take_the_place_of_what_log_lines_have(name: str) -> None:
    if not name.startswith("_"):
        with pytest.raises(ValidationError, match=f"'{name}' has a meaning of its own"):
            any_task(log_ids={"order": "1", name: "x"})


@pytest.mark.parametrize(
    "wrong", [{"": "x"}, {"1st": "x"}, {"a b": "x"}, {"a" * 65: "x"}, {"a": "x" * 257}, {"a": 1}]
)
def test_what_is_no_log_id_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="log_ids"):
        any_task(log_ids=wrong)


def test_subtasks_repeat_nothing_of_their_fan_out(cloud: InProcessCloud) -> None:
    parent = create(
        cloud,
        any_fan_out(log_ids={"order": "o-17"}, on_success="mail", priority="high"),
        invoke_context=InvokeContext(user="ann", request_id="r-1"),
    )
    cloud.run()

    (first, *_) = cloud.service.get_all_sub_task(key=parent.key)
    values = raw(cloud, first.key) or {}
    assert values.keys().isdisjoint(
        {"logIds", "callbacks", "priority", "runner", "createdBy", "requestId"}
    )
    assert {"logIds", "callbacks", "priority", "createdBy"} <= (raw(cloud, parent.key) or {}).keys()


# The same request again

OPTIONS: list[dict[str, Any]] = [
    {"on_success": ["mail", "index"]},
    {"on_failure": "page", "on_completion": "audit"},
    {"priority": "high"},
    {"run_at": dt.datetime(2200, 1, 1, tzinfo=dt.UTC)},
    {"delay_seconds": 60},
]


def soon(cloud: InProcessCloud, options: dict[str, Any]) -> dict[str, Any]:
    """The options, a moment among them an hour ahead of the cloud's clock."""
    return options | ({"run_at": now(cloud) + 3_600 * SECOND} if "run_at" in options else {})


@BOTH_TABLES
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", ["code", "idempotency_key"])
def test_a_submit_repeated_later_gives_the_stored_task(
    cloud: InProcessCloud, name: str, options: dict[str, Any]
) -> None:
    fields = {"tenant_code": any_tenant(), name: "order-17", **soon(cloud, options)}

    first = create(cloud, any_task(**fields, log_ids={"trace": "1"}))
    cloud.now += 1_234
    again = create(cloud, any_task(**fields, log_ids={"trace": "2"}))

    assert again == first


@BOTH_TABLES
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", ["code", "idempotency_key"])
def test_a_submit_with_other_options_is_another_request(
    cloud: InProcessCloud, name: str, options: dict[str, Any]
) -> None:
    fields = {"tenant_code": any_tenant(), name: "order-17"}
    create(cloud, any_task(**fields, **soon(cloud, options)))

    with pytest.raises((TaskExists, IdempotencyConflict)):
        create(cloud, any_task(**fields))


@pytest.mark.parametrize("name", ["code", "idempotency_key"])
def test_a_submit_repeated_after_its_moment_is_still_the_same(
    cloud: InProcessCloud, name: str
) -> None:
    tokyo = dt.timezone(dt.timedelta(hours=9))
    moment = now(cloud) + SECOND
    fields = {"tenant_code": any_tenant(), name: "order-17", "on_success": ["a", "b"]}

    first = create(cloud, any_task(**fields, run_at=moment))
    cloud.now += 5_000
    fields["on_success"] = ["b", "a", "b"]
    again = create(cloud, any_task(**fields, run_at=moment.astimezone(tokyo)))

    assert again == first
    with pytest.raises((TaskExists, IdempotencyConflict)):
        create(cloud, any_task(**fields, run_at=moment + SECOND))


@pytest.mark.parametrize("name", ["code", "idempotency_key"])
def test_a_fan_out_with_other_callbacks_is_another_request(
    cloud: InProcessCloud, name: str
) -> None:
    fields = {"tenant_code": any_tenant(), name: "order-17"}
    first = create(cloud, any_fan_out(**fields, on_success="mail"))

    assert create(cloud, any_fan_out(**fields, on_success="mail")).key == first.key
    with pytest.raises((TaskExists, IdempotencyConflict)):
        create(cloud, any_fan_out(**fields, on_success="index"))
