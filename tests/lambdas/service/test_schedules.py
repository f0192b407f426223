"""Recurring schedules: what is stored of them, what EventBridge gets, what a fire becomes."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import any_schedule, any_tenant, record, sqs_event
from hypothesis import given
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES

from taskmill import wiring
from taskmill.aws.dynamodb.schedules import ScheduleStore
from taskmill.aws.scheduler import FIRE_TIME
from taskmill.errors import Conflict, InvalidKey, InvalidRequest, LimitExceeded, TaskNotFound
from taskmill.handlers import dead_letters, dispatch, work
from taskmill.model.clock import to_datetime
from taskmill.model.derived_codes import timed_code
from taskmill.models import InvokeContext
from taskmill.schedule_models import Schedule
from taskmill.testing import InProcessCloud

AT = "2026-05-04T06:00:00Z"


def put(cloud: InProcessCloud, **fields: Any) -> Schedule:
    known = {"tenant_code": "mbc", "name": "nightly", "task_type": "export"}
    return cloud.service.schedule(**{**known, "expression": "rate(1 hour)", **fields})


def names(cloud: InProcessCloud, tenant: str = "mbc", **page: Any) -> list[str]:
    return [each.name for each in cloud.service.list_schedules(tenant_code=tenant, **page)]


# What is stored


@BOTH_TABLES
def test_a_schedule_is_kept_as_it_was_asked_for(cloud: InProcessCloud) -> None:
    asked = {
        "expression": "cron(0 6 ? * MON-FRI *)",
        "timezone": "Europe/Berlin",
        "input": {"year": 2026},
        "task_name": "for people",
        "notify": "none",
        "priority": "high",
        "on_success": ("mail", "log"),
        "on_completion": ("archive",),
        "log_ids": {"order": "4711"},
    }
    caller = InvokeContext(user="me", source_ip="192.0.2.1", request_id="r", log_ids={"team": "a"})

    stored = put(cloud, **asked, invoke_context=caller)

    assert cloud.service.get_schedule(tenant_code="mbc", name="nightly") == stored
    kept = {name: getattr(stored, name) for name in asked}
    assert kept == asked | {"log_ids": {"team": "a", "order": "4711"}}
    assert (stored.created_by, stored.created_ip, stored.request_id) == ("me", "192.0.2.1", "r")
    assert (stored.paused, stored.version) == (False, 1)
    assert stored.created_at == to_datetime(cloud.now)


@BOTH_TABLES
def test_the_same_request_again_changes_nothing(cloud: InProcessCloud) -> None:
    first = put(cloud, input={"a": [1, 2]}, on_failure="page", log_ids={"order": "1"})
    cloud.now += 5_000

    again = put(cloud, input={"a": [1, 2]}, on_failure="page", log_ids={"order": "1"})

    assert (again.version, again.updated_at) == (1, first.updated_at)


@BOTH_TABLES
def test_another_request_replaces_the_schedule_whole(cloud: InProcessCloud) -> None:
    first = put(cloud, input=1, priority="high")
    cloud.now += 5_000

    second = put(cloud, expression="rate(2 hours)", paused=True)

    assert (second.expression, second.input, second.priority) == ("rate(2 hours)", None, None)
    assert (second.paused, second.version, second.created_at) == (True, 2, first.created_at)
    assert second.updated_at == to_datetime(cloud.now)


@BOTH_TABLES
def test_schedules_are_listed_by_name_and_tenant(cloud: InProcessCloud) -> None:
    for name in ("b", "10", "a", "C", "9"):
        put(cloud, name=name)
    put(cloud, name="other", tenant_code="mbc2")
    cloud.service.delete_schedule(tenant_code="mbc", name="b")

    assert names(cloud) == ["10", "9", "C", "a"]
    assert names(cloud, after="9", limit=1) == ["C"]
    assert names(cloud, "mbc2") == ["other"]
    assert names(cloud, "nobody") == []


@BOTH_TABLES
def test_a_deleted_schedule_is_gone_for_callers_and_may_be_made_anew(cloud: InProcessCloud) -> None:
    put(cloud, input=1)
    cloud.now += 60_000

    assert cloud.service.delete_schedule(tenant_code="mbc", name="nightly").input == 1

    for call in ("get", "pause", "resume", "delete"):
        with pytest.raises(TaskNotFound, match="nightly"):
            getattr(cloud.service, f"{call}_schedule")(tenant_code="mbc", name="nightly")
    anew = put(cloud)
    assert (anew.input, anew.created_at) == (None, to_datetime(cloud.now))
    row = cloud.wiring.schedules.get("mbc", "nightly")
    assert row is not None
    assert (row.ttl, row.state) == (None, "ENABLED")  # it does not expire with the old one


def test_a_deleted_schedule_expires_when_the_dispatcher_must_have_seen_it(
    cloud: InProcessCloud,
) -> None:
    put(cloud)

    cloud.service.delete_schedule(tenant_code="mbc", name="nightly")

    row = cloud.wiring.schedules.get("mbc", "nightly")
    assert row is not None
    assert row.ttl == cloud.now // 1000 + 86_400


@BOTH_TABLES
def test_pausing_twice_is_pausing(cloud: InProcessCloud) -> None:
    put(cloud)

    for _ in range(2):
        paused = cloud.service.pause_schedule(tenant_code="mbc", name="nightly")
        assert (paused.paused, paused.next_fire_at, paused.version) == (True, None, 2)
    resumed = cloud.service.resume_schedule(tenant_code="mbc", name="nightly")
    assert (resumed.paused, resumed.version) == (False, 3)


def test_the_next_fire_is_told(cloud: InProcessCloud) -> None:
    cloud.now = round(datetime(2026, 3, 28, 12, tzinfo=UTC).timestamp() * 1000)

    rate = put(cloud, name="rate", expression="rate(90 minutes)")
    cron = put(cloud, name="cron", expression="cron(0 6 * * ? *)", timezone="Europe/Berlin")

    assert rate.next_fire_at == datetime(2026, 3, 28, 13, 30, tzinfo=UTC)
    assert cron.next_fire_at == datetime(2026, 3, 29, 4, tzinfo=UTC)


@BOTH_TABLES
def test_of_changes_at_the_same_time_none_is_lost(cloud: InProcessCloud) -> None:
    put(cloud)
    real = ScheduleStore.get
    raced = False

    def get_and_race(store: ScheduleStore, tenant: str, name: str) -> Any:
        nonlocal raced
        seen = real(store, tenant, name)
        if not raced:
            raced = True
            put(cloud, input="meanwhile")
        return seen

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScheduleStore, "get", get_and_race)
        paused = cloud.service.pause_schedule(tenant_code="mbc", name="nightly")

    assert (paused.paused, paused.input) == (True, "meanwhile")


def test_who_never_comes_through_is_told_to_try_again(cloud: InProcessCloud) -> None:
    put(cloud)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScheduleStore, "put", lambda *_, **__: None)
        with pytest.raises(Conflict, match="nightly"):
            put(cloud, input="never")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"expression": "every day"}, "expression"),
        ({"expression": "cron(0 0 31 2 ? *)"}, "expression"),
        ({"expression": "cron(0 0 1 1 ? 2020)"}, "expression"),
        ({"timezone": "Mars"}, "timezone"),
        ({"input": float("nan")}, "input"),
        ({"input": "\ud800"}, "input"),
        ({"task_type": "with#hash"}, "task_type"),
        ({"priority": "soon"}, "priority"),
        ({"notify": "all"}, "notify"),
        ({"on_success": "no name!"}, "on_success"),
        ({"on_success": "export"}, "onSuccess"),  # it would never end
        ({"log_ids": {"1": "x"}}, "log_ids"),
        ({"task_name": ""}, "task_name"),
        ({"name": "a/b"}, "name"),
        ({"tenant_code": "#"}, "tenant"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_with_its_field_and_nothing_is_stored(
    cloud: InProcessCloud, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        put(cloud, **fields)

    assert refused.value.details["field"] == field
    assert cloud.table.records == []


def test_an_input_that_the_task_function_cannot_take_is_refused(cloud: InProcessCloud) -> None:
    with pytest.raises(InvalidRequest, match="input: "):
        put(cloud, task_type="slow", input="long")

    assert put(cloud, task_type="slow", input=0.01).input == 0.01


def test_an_input_of_up_to_64_kb_is_taken(cloud: InProcessCloud) -> None:
    assert put(cloud, input="x" * 65_534).input == "x" * 65_534
    with pytest.raises(LimitExceeded) as refused:
        put(cloud, input="x" * 65_535)
    assert refused.value.details == {"field": "input", "actual": 65_537, "limit": 65_536}


def test_a_smaller_configured_maximum_holds_for_schedules_too() -> None:
    with (
        InProcessCloud(environment={"TASKMILL_MAX_PAYLOAD_BYTES": "100"}) as cloud,
        pytest.raises(LimitExceeded, match="at most 100"),
    ):
        put(cloud, input="x" * 99)


# What EventBridge gets


def deliver(cloud: InProcessCloud, *records: dict[str, Any]) -> None:
    dispatch.handler({"Records": list(records)}, cloud.context())


def entry(cloud: InProcessCloud) -> dict[str, Any]:
    (found,) = cloud.schedules.recurring.values()
    return found


def records(cloud: InProcessCloud) -> list[dict[str, Any]]:
    """The changes of this cloud's schedules so far."""
    return [each for each in cloud.table.records if "NewImage" in each["dynamodb"]]


def test_a_schedule_has_an_entry_that_sends_its_key_and_the_time(cloud: InProcessCloud) -> None:
    put(cloud, expression="cron(0 6 ? * MON-FRI *)", timezone="Europe/Berlin")

    cloud.run()

    found = entry(cloud)
    assert found["GroupName"] == "tasks"
    assert found["ScheduleExpression"] == "cron(0 6 ? * MON-FRI *)"
    assert found["ScheduleExpressionTimezone"] == "Europe/Berlin"
    assert found["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert found["State"] == "ENABLED"
    assert "StartDate" not in found
    assert found["Target"] == {
        "Arn": "arn:queue",
        "RoleArn": "arn:role",
        "Input": json.dumps({"pk": "SCHEDULE#mbc", "sk": "nightly", "at": FIRE_TIME}),
    }


@pytest.mark.parametrize("call", ["create_schedule", "update_schedule"])
def test_what_is_asked_of_eventbridge_is_what_its_api_takes(
    cloud: InProcessCloud, call: str
) -> None:
    import boto3
    from botocore.validate import ParamValidator

    put(cloud)
    cloud.run()
    service = boto3.client("scheduler", "us-east-1").meta.service_model
    operation = service.operation_model("".join(part.title() for part in call.split("_")))
    request = {name: each for name, each in entry(cloud).items() if name != "since"}

    report = ParamValidator().validate(request, operation.input_shape)

    assert not report.has_errors(), report.generate_report()
    assert len(request["Name"]) <= 64


def test_a_rate_begins_one_period_after_its_schedule_was_made(cloud: InProcessCloud) -> None:
    made = put(cloud, expression="rate(1 hour)").created_at
    assert made is not None
    cloud.run()
    first = entry(cloud)["StartDate"]
    assert first.timestamp() == made.replace(microsecond=0).timestamp() + 3_600

    cloud.now += 10 * 3_600_000 + 60_000
    cloud.service.pause_schedule(tenant_code="mbc", name="nightly")
    cloud.run()

    later = entry(cloud)
    assert later["State"] == "DISABLED"
    assert (later["StartDate"] - first).total_seconds() == 10 * 3_600  # in the same steps


def test_the_entry_follows_every_change_of_time_and_state(cloud: InProcessCloud) -> None:
    put(cloud)
    cloud.run()
    put(cloud, expression="rate(2 hours)")
    cloud.run()
    assert entry(cloud)["ScheduleExpression"] == "rate(2 hours)"

    cloud.service.pause_schedule(tenant_code="mbc", name="nightly")
    cloud.run()
    assert entry(cloud)["State"] == "DISABLED"

    cloud.service.resume_schedule(tenant_code="mbc", name="nightly")
    cloud.run()
    assert entry(cloud)["State"] == "ENABLED"

    cloud.service.delete_schedule(tenant_code="mbc", name="nightly")
    cloud.run()
    assert cloud.schedules.recurring == {}


def test_a_change_of_what_its_tasks_are_calls_nobody(cloud: InProcessCloud) -> None:
    put(cloud)
    cloud.run()
    cloud.meter.calls.clear()

    put(cloud, input="other", priority="high")
    cloud.run()

    assert not [name for name in cloud.meter.calls if name.startswith("scheduler.")]


def test_schedules_of_one_name_have_an_entry_per_tenant(cloud: InProcessCloud) -> None:
    put(cloud)
    put(cloud, tenant_code="other")

    cloud.run()

    assert len(cloud.schedules.recurring) == 2


CHANGES = st.sampled_from(["put", "put other", "pause", "resume", "delete"])


@given(st.lists(CHANGES, min_size=1, max_size=7), st.randoms(use_true_random=False))
def test_in_whatever_order_and_how_often_records_come_the_entry_is_as_the_row(
    changes: list[str], random: Any
) -> None:
    with InProcessCloud() as cloud:
        for change in changes:
            cloud.now += 60_000
            change_it(cloud, change)
        told = records(cloud) * 2
        random.shuffle(told)
        if not told:
            return

        for each in told:
            deliver(cloud, each)

        row = cloud.wiring.schedules.get("mbc", "nightly")
        found = cloud.schedules.recurring.values()
        assert row is not None
        assert [(each["ScheduleExpression"], each["State"]) for each in found] == (
            []
            if row.state == "DELETED"
            else [(row.expression, "ENABLED" if row.state == "ENABLED" else "DISABLED")]
        )
        assert cloud.queues.queues.get("failures", []) == []


def change_it(cloud: InProcessCloud, change: str) -> None:
    if change.startswith("put"):
        put(cloud, expression="rate(5 minutes)" if change == "put" else "cron(0 6 * * ? *)")
    elif cloud.service.list_schedules(tenant_code="mbc"):
        getattr(cloud.service, f"{change}_schedule")(tenant_code="mbc", name="nightly")


def test_a_dispatcher_that_was_overtaken_does_not_have_the_last_word(cloud: InProcessCloud) -> None:
    """Between its look at the row and its call, another one reads and applies a newer row."""
    put(cloud)
    cloud.run()
    put(cloud, expression="rate(2 hours)")
    (stale,) = (each for each in records(cloud)[1:])
    real = cloud.schedules.update_schedule
    overtaken = False

    def overtake(**request: Any) -> Any:
        nonlocal overtaken
        if not overtaken:
            overtaken = True
            put(cloud, expression="rate(3 hours)", paused=True)
            cloud.run()
        return real(**request)

    cloud.schedules.update_schedule = overtake  # type: ignore[method-assign]
    deliver(cloud, stale)

    assert overtaken
    assert entry(cloud)["ScheduleExpression"] == "rate(3 hours)"
    assert entry(cloud)["State"] == "DISABLED"


def test_a_record_of_a_row_that_has_expired_leaves_no_entry(cloud: InProcessCloud) -> None:
    put(cloud)
    cloud.run()
    cloud.table.delete_item(Key={"pk": {"S": "SCHEDULE#mbc"}, "sk": {"S": "nightly"}})

    deliver(cloud, records(cloud)[0])

    assert cloud.schedules.recurring == {}


def test_what_eventbridge_refused_is_parked_and_done_later(cloud: InProcessCloud) -> None:
    put(cloud)
    real = cloud.schedules.create_schedule

    def busy(**_: Any) -> Any:
        cloud.schedules.create_schedule = real  # type: ignore[method-assign]
        raise ConnectionError("no answer")

    cloud.schedules.create_schedule = busy  # type: ignore[method-assign]
    deliver(cloud, *records(cloud))
    assert cloud.schedules.recurring == {}
    assert len(cloud.queues.queues["failures"]) == 1

    cloud.run()

    assert entry(cloud)["State"] == "ENABLED"


def test_one_delivery_applies_a_schedule_once(cloud: InProcessCloud) -> None:
    row = any_schedule()
    cloud.wiring.schedules.put(row, over=None)
    paused = dataclasses.replace(row, state="PAUSED")

    deliver(cloud, record(None, row), record(row, paused), record(paused, row))

    calls = [name for name in cloud.meter.calls.elements() if name.startswith("scheduler.")]
    assert calls == ["scheduler.create_schedule"]


# What a fire becomes


def fire(name: str = "nightly", at: str = AT, *, tenant: str = "mbc") -> str:
    return json.dumps({"pk": f"SCHEDULE#{tenant}", "sk": name, "at": at})


def receive(cloud: InProcessCloud, *bodies: str) -> list[str]:
    """Deliver messages to the worker; the ids of those that must come again."""
    answer = work.handler(sqs_event(*bodies), cloud.context())
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def tasks(cloud: InProcessCloud, tenant: str = "mbc") -> list[Any]:
    return list(cloud.service.list_items_by_pk(tenant_code=tenant).items)


def test_a_fire_becomes_a_task_as_the_schedule_says(cloud: InProcessCloud) -> None:
    caller = InvokeContext(user="me", source_ip="192.0.2.1", request_id="r")
    put(
        cloud,
        input={"year": 2026},
        task_name="for people",
        notify="none",
        priority="high",
        on_success=("mail",),
        log_ids={"order": "4711"},
        invoke_context=caller,
    )

    assert receive(cloud, fire()) == []

    (task,) = tasks(cloud)
    assert (task.type, task.status, task.schedule) == ("export", "CREATED", "nightly")
    assert (task.input, task.name, task.notify) == ({"year": 2026}, "for people", "none")
    assert (task.priority, task.callbacks) == ("high", (("success", "mail"),))
    assert task.log_ids == {"order": "4711"}
    assert (task.created_by, task.created_ip, task.request_id) == ("me", "192.0.2.1", "r")


def test_a_fire_takes_what_its_type_declares(cloud: InProcessCloud) -> None:
    put(cloud, task_type="declared", on_failure=("page",))
    put(cloud, name="slow", task_type="declared", priority="normal")

    receive(cloud, fire(), fire("slow"))

    first, second = sorted(tasks(cloud), key=lambda task: task.schedule)
    assert first.callbacks == (("success", "mail"), ("failure", "page"))
    assert (first.runner, first.priority) == ("container", "high")
    assert (second.runner, second.priority) == ("container", None)  # normal is what none means


def test_a_fire_that_comes_twice_submits_once(cloud: InProcessCloud) -> None:
    put(cloud)

    for _ in range(2):
        assert receive(cloud, fire(), fire()) == []

    assert len(tasks(cloud)) == 1


def test_each_time_tenant_and_name_has_a_task_of_its_own(cloud: InProcessCloud) -> None:
    put(cloud)
    put(cloud, name="hourly")
    put(cloud, tenant_code="other")

    receive(
        cloud,
        fire(),
        fire(at="2026-05-04T07:00:00Z"),
        fire("hourly"),
        fire(tenant="other"),
    )

    assert len(tasks(cloud)) == 3
    assert len(tasks(cloud, "other")) == 1


def test_tasks_of_a_schedule_sort_by_their_times(cloud: InProcessCloud) -> None:
    put(cloud)

    for at in ("2026-05-04T07:00:00Z", "2026-05-03T07:00:00Z", "2026-05-05T07:00:00Z"):
        receive(cloud, fire(at=at))

    codes = sorted(task.code for task in tasks(cloud))
    moments = [round(datetime(2026, 5, day, 7, tzinfo=UTC).timestamp() * 1000) for day in (3, 4, 5)]
    assert codes == [timed_code(at, "schedule", "mbc", "nightly", at) for at in moments]


@pytest.mark.parametrize("state", ["never made", "paused", "deleted"])
def test_a_fire_of_a_schedule_that_is_off_is_dropped(cloud: InProcessCloud, state: str) -> None:
    if state != "never made":
        put(cloud, paused=state == "paused")
    if state == "deleted":
        cloud.service.delete_schedule(tenant_code="mbc", name="nightly")

    assert receive(cloud, fire()) == []

    assert tasks(cloud) == []


def test_a_large_input_goes_to_the_bucket_with_each_task(cloud: InProcessCloud) -> None:
    """An object of its own, which expires with the task and not before the schedule."""
    put(cloud, input="x" * 60_000)

    receive(cloud, fire(), fire(at="2026-05-04T07:00:00Z"))

    refs = {task.input_ref for task in tasks(cloud)}
    assert len(refs) == 2
    assert set(cloud.bucket.objects) == refs


@pytest.mark.parametrize(
    "body",
    [
        '{"pk": "SCHEDULE#mbc", "sk": "nightly"}',
        '{"pk": "SCHEDULE#mbc", "sk": "nightly", "at": "<aws.scheduler.scheduled-time>"}',
        '{"pk": "SCHEDULE#mbc", "sk": "nightly", "at": 7}',
        '{"pk": "SCHEDULE#mbc", "sk": "", "at": "2026-05-04T06:00:00Z"}',
        '{"pk": "SCHEDULE##", "sk": "nightly", "at": "2026-05-04T06:00:00Z"}',
        '{"pk": 1, "sk": "SCHEDULE#", "at": "2026-05-04T06:00:00Z"}',
        '"SCHEDULE#"',
        "SCHEDULE#",
    ],
)
def test_a_malformed_fire_is_put_aside_and_stops_no_other(cloud: InProcessCloud, body: str) -> None:
    put(cloud)

    assert receive(cloud, body, fire(), body) == []

    assert len(tasks(cloud)) == 1
    assert len(cloud.queues.queues["unreadable"]) == 2


def test_a_fire_is_recognised_only_as_what_it_is() -> None:
    from taskmill.work.fires import Fire

    found = Fire.in_body(fire("a.b", tenant="c-d"))

    assert found == Fire(
        "c-d", "a.b", round(datetime(2026, 5, 4, 6, tzinfo=UTC).timestamp()) * 1000
    )
    assert Fire.in_body('{"pk": "TASK#mbc", "sk": "a#b"}') is None
    with pytest.raises(InvalidKey):
        Fire.in_body("SCHEDULE#")


def test_a_dead_fire_is_logged_and_dropped(
    cloud: InProcessCloud, caplog: pytest.LogCaptureFixture
) -> None:
    tenant = any_tenant()

    answer = dead_letters.handler(sqs_event(fire(tenant=tenant), "broken"), cloud.context())

    assert answer == {"batchItemFailures": []}
    (lost,) = [each for each in caplog.records if each.message == "fire lost"]
    assert (lost.levelname, lost.tenant, lost.schedule) == ("ERROR", tenant, "nightly")  # type: ignore[attr-defined]


def test_the_worker_s_way_to_a_task_needs_no_pydantic() -> None:
    import subprocess
    import sys

    program = "import sys, taskmill.work.fires; print('pydantic' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert shown.stdout.strip() == "False"


def test_without_a_schedule_group_a_service_can_still_store(cloud: InProcessCloud) -> None:
    """The API function knows the table only; the dispatcher does the rest."""
    environment = {
        name: value
        for name, value in cloud.wiring.environment.items()
        if "SCHEDULE" not in name and "QUEUE" not in name
    }
    with wiring.use(wiring.Wiring(environment, cloud._client, cloud.clock)):
        wiring.current().service.schedule(
            tenant_code="mbc", name="n", task_type="export", expression="rate(1 day)"
        )

    assert names(cloud) == ["n"]
