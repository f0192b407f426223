"""Callbacks: how mappings are kept, what a callback is told, what the dispatcher stores."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from builders import any_key, any_row, any_tenant, record, sqs_event, stored
from hypothesis import given
from hypothesis import strategies as st
from moto_cloud import BOTH_TABLES

from taskmill.aws.dynamodb.callback_mappings import KNOWN_TYPES, MAX_AGE_MS, MappingStore
from taskmill.callback_models import CallbackMapping, TaskEnded
from taskmill.dispatch.callback_rows import snapshot, targets_of
from taskmill.errors import Conflict, InvalidKey, InvalidRequest, TaskNotFound
from taskmill.handlers import dispatch
from taskmill.model.callback_circles import find_circle
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.mapping_row import MappingRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import FINAL, Status
from taskmill.models import InvokeContext, Task
from taskmill.testing import InProcessCloud

ON_END = {"task_type": "export", "event": "completion", "callback_type": "mail"}
LEFT_OUT = {"history", "callbacks", "version", "ttl", "updatedAt", "leaseUntil", "retryAt"}


def register(cloud: InProcessCloud, **fields: Any) -> CallbackMapping:
    return cloud.service.register_callback(**{"tenant_code": "mbc", **ON_END, **fields})


def ids(cloud: InProcessCloud, tenant: str = "mbc", task_type: str = "export") -> list[str]:
    found = cloud.service.list_callbacks(tenant_code=tenant, task_type=task_type)
    return [each.id for each in found]


def ended(cloud: InProcessCloud, status: Status = Status.COMPLETED, **fields: Any) -> TaskRow:
    """A task of the table that has ended."""
    return stored(cloud, status=status, finished_at=cloud.now, **fields)


def deliver(cloud: InProcessCloud, *rows: TaskRow) -> Any:
    return dispatch.handler(
        {"Records": [record(any_row(key=row.key), row) for row in rows]}, cloud.context()
    )


def redrive(cloud: InProcessCloud) -> Any:
    """Deliver what is parked, as the failure queue does."""
    parked = [each.body for each in cloud.queues.queues.pop("failures", [])]
    assert len(parked) == 1
    return dispatch.handler(sqs_event(*parked), cloud.context())


def callbacks(cloud: InProcessCloud, source: TaskRow) -> list[TaskRow]:
    keys = list(cloud.wiring.children.keys_of(source.key))
    return [row for row in cloud.wiring.children.read(keys) if row]


# Mappings


@BOTH_TABLES
def test_a_mapping_is_kept_as_it_was_asked_for(cloud: InProcessCloud) -> None:
    mapping = register(cloud, invoke_context=InvokeContext(user="me"))

    assert (mapping.id, mapping.tenant_code) == ("export~completion~mail", "mbc")
    assert {name: getattr(mapping, name) for name in ON_END} == ON_END
    assert mapping.created_by == "me"
    assert mapping.created_at.timestamp() * 1000 == pytest.approx(cloud.now)
    assert cloud.service.get_callback(tenant_code="mbc", id=mapping.id) == mapping
    assert cloud.service.list_callbacks(tenant_code="mbc", task_type="export") == [mapping]


@BOTH_TABLES
def test_registering_twice_changes_nothing(cloud: InProcessCloud) -> None:
    first = register(cloud, invoke_context=InvokeContext(user="me"))
    cloud.sleep(60)

    assert register(cloud, invoke_context=InvokeContext(user="another")) == first
    assert ids(cloud) == [first.id]


@BOTH_TABLES
def test_another_mapping_under_the_same_id_takes_its_place(cloud: InProcessCloud) -> None:
    register(cloud, id="export~mine")

    replaced = register(cloud, id="export~mine", event="failure", callback_type="page")

    assert (replaced.event, replaced.callback_type) == ("failure", "page")
    assert cloud.service.list_callbacks(tenant_code="mbc", task_type="export") == [replaced]


@BOTH_TABLES
def test_a_deleted_mapping_is_told_once_more_and_gone(cloud: InProcessCloud) -> None:
    mapping, other = register(cloud), register(cloud, event="failure")

    assert cloud.service.delete_callback(tenant_code="mbc", id=mapping.id) == mapping

    assert ids(cloud) == [other.id]
    for method in (cloud.service.get_callback, cloud.service.delete_callback):
        with pytest.raises(TaskNotFound, match=mapping.id):
            method(tenant_code="mbc", id=mapping.id)


@BOTH_TABLES
def test_mappings_are_listed_by_tenant_and_type(cloud: InProcessCloud) -> None:
    for tenant, task_type in (("mbc", "export"), ("mbc", "exports"), ("mbc2", "export")):
        register(cloud, tenant_code=tenant, task_type=task_type)

    assert ids(cloud) == ["export~completion~mail"]


def test_names_as_long_as_they_may_be_can_be_mapped(cloud: InProcessCloud) -> None:
    mapping = register(cloud, task_type="t" * 64, callback_type="c" * 64)

    assert ids(cloud, task_type="t" * 64) == [mapping.id]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"callback_type": "export"}, "callbackType"),
        ({"callback_type": "no name"}, "callbackType"),
        ({"callback_type": ""}, "callbackType"),
        ({"task_type": "no~name"}, "taskType"),
        ({"event": "cancel"}, "event"),
        ({"event": ""}, "event"),
        ({"id": "mine"}, "id"),
        ({"id": "~mine"}, "id"),
        ({"id": "export~"}, "id"),
        ({"id": "export~" + "x" * 82}, "id"),
        ({"id": "export~a b"}, "id"),
        ({"id": "import~mine"}, "id"),
        ({"tenant_code": "#"}, "tenant"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_by_its_name(
    cloud: InProcessCloud, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidRequest) as refused:
        register(cloud, **fields)

    assert refused.value.details["field"] == field
    assert ids(cloud) == []


@pytest.mark.parametrize("wrong", ["", "export", "export~", "~x", "a#b~c", "../export~x"])
def test_an_id_that_is_none_is_refused(cloud: InProcessCloud, wrong: str) -> None:
    for method in (cloud.service.get_callback, cloud.service.delete_callback):
        with pytest.raises(InvalidKey, match="id"):
            method(tenant_code="mbc", id=wrong)


def test_a_type_has_at_most_50_mappings(cloud: InProcessCloud) -> None:
    for number in range(50):
        register(cloud, callback_type=f"c{number}")

    with pytest.raises(Conflict, match="at most 50") as refused:
        register(cloud, callback_type="one-too-many")
    assert refused.value.details["limit"] == 50
    register(cloud, callback_type="c7")  # there already
    register(cloud, id="export~completion~c7", callback_type="other")  # takes its place
    register(cloud, task_type="import", callback_type="one-too-many")
    assert len(ids(cloud)) == 50


def test_a_mapping_that_others_keep_changing_is_a_conflict(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ConditionalCheckFailedException"}}, "PutItem")

    monkeypatch.setattr(cloud.table, "put_item", changed)

    with pytest.raises(Conflict, match="try again"):
        register(cloud)


# What the dispatcher remembers of them


class Asked:
    """A mapping store, its clock, and how often its table was asked."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self.cloud = cloud
        self.store = MappingStore(cloud.wiring.table, clock=cloud.clock)

    def __call__(self, moment: int, task_type: str = "export") -> tuple[Any, int]:
        self.cloud.meter.calls.clear()
        found = self.store.as_of("mbc", task_type, moment)
        return found, self.cloud.meter.calls["dynamodb.query"]


def test_what_was_read_goes_for_what_was_submitted_before(cloud: InProcessCloud) -> None:
    ask = Asked(cloud)
    assert ask(cloud.now) == ((), 1)
    register(cloud)

    assert ask(cloud.now) == ((), 0)
    assert ask(cloud.now - 1_000_000) == ((), 0)
    assert ask(cloud.now + 1) == ((("completion", "mail"),), 1)


def test_what_was_read_goes_for_a_minute(cloud: InProcessCloud) -> None:
    ask, submitted = Asked(cloud), cloud.now
    ask(submitted)
    register(cloud)

    cloud.now += MAX_AGE_MS
    assert ask(submitted) == ((), 0)
    cloud.now += 1
    assert ask(submitted) == ((("completion", "mail"),), 1)


def test_a_mapping_of_another_process_goes_for_what_is_submitted_or_retried_after_it(
    cloud: InProcessCloud,
) -> None:
    tenant, before = any_tenant(), cloud.now
    first = ended(cloud, key=any_key(tenant=tenant), created_at=before)
    deliver(cloud, first)
    cloud.now += 10
    other = MappingStore(cloud.wiring.table)
    other.put(MappingRow(tenant=tenant, **ON_END, name="mine", created_at=cloud.now), over=None)
    cloud.now += 10

    early = ended(cloud, key=any_key(tenant=tenant), created_at=before)
    late = ended(cloud, key=any_key(tenant=tenant), created_at=cloud.now)
    deliver(cloud, early)
    assert callbacks(cloud, early) == []  # it may; what was read before goes for it too
    history = (("CREATED", before, 0), ("FAILED", before, 1), ("CREATED", cloud.now, 0))
    retried = ended(cloud, key=any_key(tenant=tenant), created_at=before, history=history)
    for source in (retried, late):
        deliver(cloud, source)
        assert [row.key.type for row in callbacks(cloud, source)] == ["mail"]


def test_no_more_than_a_thousand_types_are_remembered(cloud: InProcessCloud) -> None:
    ask = Asked(cloud)
    for number in range(KNOWN_TYPES):
        ask(cloud.now, f"type-{number}")
    cloud.now += 1
    ask(cloud.now, "type-0")  # read again: the youngest now

    ask(cloud.now, "one-more")

    assert len(ask.store._known) == KNOWN_TYPES
    assert ask(cloud.now, "type-0")[1] == 0
    assert ask(cloud.now - 1, "type-2")[1] == 0
    assert ask(cloud.now - 1, "type-1")[1] == 1


# Which callbacks follow


@given(
    status=st.sampled_from(sorted(FINAL)),
    own=st.lists(st.tuples(st.sampled_from(["success", "failure", "completion"]), st.just("own"))),
    mapped=st.lists(
        st.tuples(st.sampled_from(["success", "failure", "completion"]), st.sampled_from("abc"))
    ),
)
def test_each_target_follows_once_and_only_from_its_events(
    status: Status, own: list[tuple[str, str]], mapped: list[tuple[str, str]]
) -> None:
    named = {
        target
        for event, target in own + mapped
        if event == "completion"
        or (event, status) in {("success", Status.COMPLETED), ("failure", Status.FAILED)}
    }

    found = targets_of(any_row(status=status, callbacks=tuple(own)), mapped)

    assert sorted(found) == sorted(named)


# What a callback is told

moments = st.integers(0, 4_000_000_000_000)
rows = st.builds(
    any_row,
    key=st.sampled_from([any_key(), any_key(kind=Kind.SFN_TASK)]),
    status=st.sampled_from(sorted(FINAL)),
    name=st.none() | st.text(max_size=5),
    input=st.none() | st.sampled_from(["null", "0", '{"a": [1, "é"]}']),
    input_ref=st.none() | st.just("inputs/x"),
    attributes=st.sampled_from(
        [{}, {"result": '{"n": 1.5}'}, {"resultRef": "r"}, {"error": {"type": "E"}, "own": [None]}]
    ),
    attempts=st.integers(0, 3),
    run=st.integers(1, 3),
    created_at=moments,
    updated_at=moments,
    started_at=st.none() | moments,
    finished_at=moments,
    run_at=st.none() | moments,
    retry_at=st.none() | moments,
    lease_until=st.none() | moments,
    parent=st.none() | st.just("TASK#mbc/a#1"),
    depth=st.none() | st.integers(1, 32),
    child_count=st.none() | st.integers(0, 9),
    children_failed=st.none() | st.integers(0, 9),
    callbacks=st.sampled_from([(), (("success", "mail"),)]),
    log_ids=st.none() | st.just({"order": "4711"}),
    priority=st.none() | st.just("high"),
    notify=st.none() | st.just("none"),
    tolerated_failures=st.none() | st.just("5%"),
    max_attempts=st.none() | st.just(3),
    ttl=st.none() | st.just(7),
)


@given(rows)
def test_a_callback_is_told_of_a_task_what_the_api_says_of_it(row: TaskRow) -> None:
    shown = Task.from_row(row).model_dump(mode="json", by_alias=True)

    told = snapshot(row)

    expected = {name: each for name, each in shown.items() if name not in LEFT_OUT}
    absent = expected.keys() - told.keys()
    assert {name: expected[name] for name in absent} == dict.fromkeys(absent)
    assert told == {name: expected[name] for name in told}
    json.dumps(told, allow_nan=False)


def test_what_is_left_out_is_left_out() -> None:
    row = any_row(
        status=Status.COMPLETED, callbacks=(("success", "mail"),), ttl=7, lease_until=1, retry_at=1
    )

    assert not LEFT_OUT & snapshot(row).keys()


@given(rows)
def test_a_callback_may_take_it_as_a_model(row: TaskRow) -> None:
    task = TaskEnded.model_validate_json(json.dumps({"task": snapshot(row)})).task

    whole = Task.from_row(row)
    assert (task.key, task.status, task.run) == (row.key, row.status, row.run)
    assert (task.input, task.attributes) == (whole.input, whole.attributes)
    assert (task.created_at, task.finished_at) == (whole.created_at, whole.finished_at)
    assert task.log_ids == whole.log_ids


def test_what_a_newer_service_tells_does_not_break_a_callback() -> None:
    told = {"task": {**snapshot(any_row(status=Status.FAILED)), "newer": 1}, "newer": 2}

    assert TaskEnded.model_validate(told).task.status == "FAILED"


# What the dispatcher stores


def test_a_callback_is_a_task_of_the_settings_of_its_type(cloud: InProcessCloud) -> None:
    source = ended(cloud, callbacks=(("success", "declared"),), log_ids={"order": "4711"})

    deliver(cloud, source)

    (row,) = callbacks(cloud, source)
    assert (row.key.type, row.key.tenant, row.status) == (
        "declared",
        source.key.tenant,
        Status.CREATED,
    )
    assert (row.parent, row.root, row.depth) == (str(source.key), str(source.key), 1)
    assert (row.parent_run, row.awaited, row.counted) == (None, None, None)
    assert (row.runner, row.priority) == ("container", "high")
    assert row.callbacks == (("success", "mail"),)
    assert row.log_ids == {"order": "4711"}
    assert json.loads(row.input or "") == {"task": snapshot(source)}


def test_callbacks_are_inserted_25_a_call(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    sources = [
        ended(cloud, key=any_key(tenant=tenant), callbacks=(("success", "a"), ("completion", "b")))
        for _ in range(40)
    ]
    cloud.meter.calls.clear()

    deliver(cloud, *sources)

    assert cloud.meter.calls["dynamodb.batch_execute_statement"] == 4
    assert cloud.meter.calls["dynamodb.query"] == 1
    assert cloud.meter.calls["dynamodb.put_item"] == 0
    assert [len(callbacks(cloud, source)) for source in sources] == [2] * 40


def test_a_record_twice_in_one_delivery_inserts_once(cloud: InProcessCloud) -> None:
    source = ended(cloud, callbacks=(("success", "a"),))

    assert deliver(cloud, source, source) == {"batchItemFailures": []}

    assert len(callbacks(cloud, source)) == 1
    assert not cloud.queues.queues.get("failures")


def test_an_end_without_callbacks_needs_no_task_code(
    cloud: InProcessCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "late_module.py").write_text(
        "from taskmill import task\n@task('late', priority='high')\ndef late(_): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    with InProcessCloud(modules=["late_module"], load_modules=False) as own:
        deliver(own, ended(own), ended(own, callbacks=(("failure", "late"),)))
        assert "late_module" not in sys.modules

        source = ended(own, callbacks=(("success", "late"),))
        deliver(own, source)
        assert callbacks(own, source)[0].priority == "high"


def test_a_dispatcher_that_cannot_load_the_code_submits_callbacks_all_the_same() -> None:
    with InProcessCloud(modules=["no_such_module"], load_modules=False) as cloud:
        source = ended(cloud, callbacks=(("success", "a"),))

        deliver(cloud, source)

        assert [row.key.type for row in callbacks(cloud, source)] == ["a"]


@pytest.mark.parametrize(
    ("operation", "size"),
    [
        ("query", 10),
        ("batch_execute_statement", 10),
        ("put_item", 2_000),  # their input is a row
        ("put_object", 9_000),  # or an object
    ],
)
def test_what_could_not_be_stored_is_parked_and_stored_later(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, operation: str, size: int
) -> None:
    def down(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "no"}}, operation)

    source = ended(
        cloud,
        callbacks=(("success", "a"), ("success", "b")),
        attributes={"result": json.dumps("x" * size)},
    )
    service = cloud.bucket if operation == "put_object" else cloud.table
    with monkeypatch.context() as outage:
        outage.setattr(service, operation, down)
        deliver(cloud, source)
    assert callbacks(cloud, source) == []

    assert redrive(cloud) == {"batchItemFailures": []}

    assert sorted(row.key.type for row in callbacks(cloud, source)) == ["a", "b"]


def test_trouble_with_one_task_stops_no_other(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = cloud.table.query

    def query(**request: Any) -> Any:
        if "CALLBACK#bad" in request["ExpressionAttributeValues"][":pk"]["S"]:
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "no"}}, "Query")
        return real(**request)

    monkeypatch.setattr(cloud.table, "query", query)
    options = {"callbacks": (("success", "a"),)}
    bad, good = (ended(cloud, key=any_key(tenant=name), **options) for name in ("bad", "good"))

    deliver(cloud, bad, good)

    monkeypatch.undo()
    assert (len(callbacks(cloud, bad)), len(callbacks(cloud, good))) == (0, 1)
    assert len(cloud.queues.queues["failures"]) == 1


def test_a_chain_of_33_ends_with_an_alarm_and_parks_nothing(cloud: InProcessCloud) -> None:
    at_the_end = {"depth": 32, "root": "TASK#mbc/first#1"}
    last = ended(cloud, **at_the_end, callbacks=(("success", "a"), ("success", "b")))
    silent = ended(cloud, **at_the_end, callbacks=(("failure", "a"),))

    deliver(cloud, last, silent)

    (alarm,) = cloud.alarms
    assert (alarm["pk"], alarm["sk"]) == (last.key.pk, last.key.sk)
    assert alarm["content"]["errorDetails"]["type"] == "TooDeep"
    assert callbacks(cloud, last) == []
    assert not cloud.queues.queues.get("failures")


def test_an_alarm_that_was_not_taken_is_raised_again(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}]}
    last = ended(cloud, depth=32, callbacks=(("success", "a"),), notify="none")
    with monkeypatch.context() as outage:
        outage.setattr(cloud.topics, "publish_batch", lambda **_: refusal)
        deliver(cloud, last)

    assert redrive(cloud) == {"batchItemFailures": []}

    assert len(cloud.alarms) == 1


def test_what_is_too_large_to_be_told_ends_with_an_alarm() -> None:
    environment = {"TASKMILL_MAX_PAYLOAD_BYTES": "1000"}
    with InProcessCloud(environment=environment) as cloud:
        large = {"own": "x" * 2_000}
        source = ended(cloud, callbacks=(("success", "a"),), attributes=large)

        deliver(cloud, source)

        assert [each["content"]["errorDetails"]["type"] for each in cloud.alarms] == [
            "LimitExceeded"
        ]
        assert not cloud.queues.queues.get("failures")


def test_a_mapping_s_row_reads_back_as_itself() -> None:
    row = MappingRow(
        tenant="mbc",
        task_type="a.b",
        name="success~c",
        event="success",
        callback_type="c",
        created_at=1,
        created_by="me",
        version=3,
    )

    assert MappingRow.from_values(row.to_values()) == row
    assert row.id == "a.b~success~c"


def test_no_two_mappings_share_a_key() -> None:
    names = ["a", "a.b", "success", "a-success"]
    keys = [
        MappingRow(
            tenant="mbc",
            task_type=task_type,
            name=f"success~{target}",
            event="success",
            callback_type=target,
            created_at=1,
        ).stored
        for task_type in names
        for target in names
    ]

    assert len(set(keys)) == len(keys)


def test_a_callback_of_a_fan_out_has_the_whole_key_in_its_code(cloud: InProcessCloud) -> None:
    fields: dict[str, Any] = {"callbacks": (("success", "a"),)}
    same = {"tenant": any_tenant(), "type": "export", "code": "one"}
    sources = [ended(cloud, key=TaskKey(kind, **same), **fields) for kind in Kind]

    deliver(cloud, *sources)

    codes = {row.key.code for source in sources for row in callbacks(cloud, source)}
    assert len(codes) == 2


# Circles


def test_a_mapping_that_closes_a_circle_is_stored_with_a_warning(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    pairs = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a")]

    *before, last = [
        register(cloud, tenant_code=tenant, task_type=each, callback_type=target)
        for each, target in pairs
    ]

    assert [each.warning for each in before] == [None] * 3
    assert last.warning is not None
    assert last.warning.startswith("c > a > c: these callbacks submit each other")
    assert ids(cloud, tenant, "c") == [last.id]


def test_the_same_mapping_of_another_tenant_closes_no_circle(cloud: InProcessCloud) -> None:
    for task_type, target in (("a", "b"), ("b", "a")):
        tenant = any_tenant()
        stored = register(cloud, tenant_code=tenant, task_type=task_type, callback_type=target)
        assert stored.warning is None


def test_callbacks_that_types_declare_are_part_of_a_circle() -> None:
    with InProcessCloud(modules=["callback_tasks"]) as cloud:
        stored = register(cloud, task_type="noted", callback_type="declares")

    assert stored.warning is not None
    assert stored.warning.startswith("noted > declares > noted")


def test_registering_it_again_warns_again(cloud: InProcessCloud) -> None:
    tenant = any_tenant()
    register(cloud, tenant_code=tenant, task_type="a", callback_type="b")
    closing = {"tenant_code": tenant, "task_type": "b", "callback_type": "a"}

    first, again = register(cloud, **closing), register(cloud, **closing)

    assert first.warning
    assert again == first


def test_a_look_for_circles_ends_among_thousands_of_types() -> None:
    looked_at = []

    def targets(task_type: str) -> list[str]:
        looked_at.append(task_type)
        return [f"{task_type}{number}" for number in range(10)]

    assert find_circle("first", "x", targets) is None
    assert len(looked_at) <= 50
