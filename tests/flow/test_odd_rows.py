"""Rows that nobody should have written: each is shown as unreadable, and stops no other."""

from collections.abc import Iterator
from typing import Any

import pytest
from builders import any_key, any_row, sqs_record, stored
from clouds import TENANT, fan_out, get, result, submit

from taskmill.aws.dynamodb.codec import encode_item
from taskmill.functions.events import StepFunctionTaskEvent
from taskmill.handlers import dead_letters, dispatch, subtasks, work
from taskmill.model.keys import BatchKey, StoredKey, TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi


class _Gone:
    def __repr__(self) -> str:
        return "gone"


GONE = _Gone()
# What the dispatcher does not look at: such a row is sent, and fails when it is run.
DISPATCHED = ("createdAt in a million years", "result no JSON", "input no JSON")
# What may stand in a row: attributes by the table's names, as DynamoDB types them.
UNREADABLE: dict[str, dict[str, Any]] = {
    "runAt a text": {"runAt": {"S": "tomorrow"}},
    "runAt a map": {"runAt": {"M": {}}},
    "runAt a fraction": {"runAt": {"N": "1.5"}},
    "retryAt a text": {"retryAt": {"S": "soon"}},
    "leaseUntil a list": {"leaseUntil": {"L": []}},
    "createdAt a text": {"createdAt": {"S": "2026-01-01"}},
    "createdAt in a million years": {"createdAt": {"N": "9" * 20}},
    "updatedAt a flag": {"updatedAt": {"BOOL": True}},
    "finishedAt a text": {"finishedAt": {"S": ""}},
    "status a number": {"status": {"N": "7"}},
    "status missing": {"status": GONE},
    "status a list": {"status": {"L": [{"S": "CREATED"}]}},
    "attributes a text": {"attributes": {"S": "none"}},
    "attributes a list": {"attributes": {"L": []}},
    "attributes with a set": {"attributes": {"M": {"tags": {"SS": ["a"]}}}},
    "result no text": {"attributes": {"M": {"result": {"N": "1"}}}},
    "result no JSON": {"attributes": {"M": {"result": {"S": "{"}}}},
    "error a text": {"attributes": {"M": {"error": {"S": "broken"}}}},
    "counts a list": {"attributes": {"M": {"counts": {"L": []}}}},
    "attempts 2.5": {"attempts": {"N": "2.5"}},
    "attempts a text": {"attempts": {"S": "2"}},
    "attempts a set": {"attempts": {"NS": ["1", "2"]}},
    "maxAttempts a text": {"maxAttempts": {"S": "many"}},
    "run a text": {"run": {"S": "first"}},
    "version a text": {"version": {"S": "1"}},
    "history a text": {"history": {"S": "CREATED"}},
    "history of texts": {"history": {"L": [{"S": "CREATED"}]}},
    "history too short": {"history": {"L": [{"L": [{"S": "CREATED"}]}]}},
    "history of wrong types": {"history": {"L": [{"L": [{"N": "1"}, {"S": "a"}, {"N": "0"}]}]}},
    "input a map": {"input": {"M": {}}},
    "input no JSON": {"input": {"S": "{not json"}},
    "input bytes": {"input": {"B": b"1"}},
    "inputRef a number": {"inputRef": {"N": "3"}},
    "name a number": {"name": {"N": "3"}},
    "parent a number": {"parent": {"N": "3"}},
    "depth a text": {"depth": {"S": "deep"}},
    "callbacks a text": {"callbacks": {"S": "mail"}},
    "callbacks of texts": {"callbacks": {"L": [{"N": "5"}]}},
    "logIds a list": {"logIds": {"L": []}},
    "logIds of numbers": {"logIds": {"M": {"order": {"N": "1"}}}},
    "settlement of texts": {"settlement": {"M": {"total": {"S": "all"}}}},
    "priority a number": {"priority": {"N": "9"}},
    "awaited a text": {"awaited": {"S": "yes"}},
    "notify a map": {"notify": {"M": {}}},
    "ttl a text": {"ttl": {"S": "never"}},
}
READABLE: dict[str, dict[str, Any]] = {
    "an attribute of a newer version": {"shard": {"S": "a"}, "steps": {"L": []}},
    "a set of a newer version": {"labels": {"SS": ["a", "b"]}},
    "bytes of a newer version": {"blob": {"B": b"x"}},
    "history with more to an entry": {
        "history": {"L": [{"L": [{"S": "CREATED"}, {"N": "1"}, {"N": "0"}, {"S": "by me"}]}]}
    },
    "history missing": {"history": GONE},
    "version missing": {"version": GONE},
    "attributes missing": {"attributes": GONE},
    "a null": {"runAt": {"NULL": True}},
}


def write(cloud: InProcessCloud, key: StoredKey, odd: dict[str, Any]) -> None:
    """Change a stored row by hand."""
    item = cloud.table.get_item(Key=encode_item(key._asdict()))["Item"]
    changed = {**item, **odd}
    cloud.table.put_item(Item={name: each for name, each in changed.items() if each is not GONE})


def odd_row(cloud: InProcessCloud, odd: dict[str, Any], **fields: Any) -> TaskKey:
    """A stored row with these attributes, which the stream has not told yet."""
    key = fields.pop("key", None) or any_key(tenant=TENANT, type="echo")
    stored(cloud, key=key, notify="each", input="1", **fields)
    write(cloud, key.stored, odd)
    return key


@pytest.fixture(autouse=True)
def parked_soon(cloud: InProcessCloud) -> None:
    """Change records that nobody can read are given up after 20 receives, not a thousand."""
    cloud.queues.max_receives = 20


@pytest.fixture
def api(cloud: InProcessCloud) -> InProcessApi:
    return InProcessApi()


@pytest.fixture
def consumer() -> Iterator[InProcessCloud]:
    environment = {"TASKMILL_RUNNER": "container"}
    with InProcessCloud(modules=["flow_tasks"], environment=environment) as cloud:
        yield cloud


KINDS = pytest.mark.parametrize("odd", UNREADABLE.values(), ids=UNREADABLE)
SHOWN = pytest.mark.parametrize("odd", READABLE.values(), ids=READABLE)


@KINDS
def test_a_list_shows_an_odd_row_with_its_key_and_the_reason(
    cloud: InProcessCloud, api: InProcessApi, odd: dict[str, Any]
) -> None:
    neighbours = {submit(cloud, "echo", number) for number in range(5)}
    key = odd_row(cloud, odd)

    answer = api.get(f"/v1/tenants/{TENANT}/tasks")

    assert answer.status == 200
    found = {each["sk"]: each for each in answer.body["items"]}
    assert found.keys() == {key.sk, *(each.sk for each in neighbours)}
    assert found[key.sk]["unreadable"]
    assert (found[key.sk]["type"], found[key.sk]["code"]) == (key.type, key.code)
    assert not any(found[each.sk].get("unreadable") for each in neighbours)


@KINDS
def test_a_get_shows_an_odd_row_and_a_change_is_no_internal_error(
    cloud: InProcessCloud, api: InProcessApi, odd: dict[str, Any]
) -> None:
    key = odd_row(cloud, odd)
    path = f"/v1/tenants/{TENANT}/tasks/{key.type}/{key.code}"

    shown = api.get(path)
    changes = [
        api.patch(path, {"status": "PROCESSING", "attributes": {"note": 1}}),
        api.patch(path, {"status": "PROCESSING"}),
        api.post(f"{path}/cancel"),
        api.post(f"{path}/retry"),
        api.get(f"{path}/result"),
        api.get(f"{path}/children"),
    ]

    assert (shown.status, bool(shown.body["unreadable"])) == (200, True)
    assert {each.status for each in changes} <= {200, 202, 409}
    refused = [each.error["message"] for each in changes if each.status == 409]
    assert all(refused)


@KINDS
def test_a_retry_of_an_odd_row_is_refused_with_the_reason(
    cloud: InProcessCloud, api: InProcessApi, odd: dict[str, Any]
) -> None:
    key = odd_row(cloud, odd, status=Status.FAILED)
    before = cloud.table.get_item(Key=encode_item(key.stored._asdict()))["Item"]

    answer = api.post(f"/v1/tenants/{TENANT}/tasks/{key.type}/{key.code}/retry")

    assert answer.status == 409
    assert answer.error["code"] in ("unreadable_row", "illegal_status_change")
    assert cloud.table.get_item(Key=encode_item(key.stored._asdict()))["Item"] == before


@KINDS
def test_the_list_of_failed_tasks_shows_an_odd_row(
    cloud: InProcessCloud, odd: dict[str, Any]
) -> None:
    failed = submit(cloud, "fails")
    cloud.run()
    key = odd_row(cloud, odd, status=Status.FAILED, attention=f"FAILED#{TENANT}")

    found = {each.sk: each for each in cloud.service.list_failed(tenant_code=TENANT)}

    assert found.keys() == {failed.sk, key.sk}
    assert found[key.sk].unreadable


@KINDS
def test_a_list_of_children_shows_an_odd_row(cloud: InProcessCloud, odd: dict[str, Any]) -> None:
    parent = submit(cloud, "echo")
    odd_row(cloud, odd, parent=str(parent), parent_run=1)
    if "parent" not in odd:
        good = any_key(tenant=TENANT, type="echo")
        stored(cloud, key=good, parent=str(parent))

        found = cloud.service.list_children(key=parent)

        assert sorted(bool(each.unreadable) for each in found) == [False, True]


@KINDS
def test_the_dispatcher_sends_the_neighbours_of_an_odd_row(
    cloud: InProcessCloud, odd: dict[str, Any]
) -> None:
    before = [submit(cloud, "echo", number) for number in range(3)]
    odd_row(cloud, odd)
    after = [submit(cloud, "echo", number) for number in range(3)]

    cloud.run()

    assert [get(cloud, key).status for key in before + after] == ["COMPLETED"] * 6


@KINDS
def test_a_row_that_is_repaired_runs(cloud: InProcessCloud, odd: dict[str, Any]) -> None:
    if odd in [UNREADABLE[name] for name in DISPATCHED]:
        return
    key = any_key(tenant=TENANT, type="echo")
    row = any_row(key=key, input="1", created_at=cloud.now, notify="each")
    cloud.wiring.tasks.put(row)
    good = cloud.table.get_item(Key=encode_item(key.stored._asdict()))["Item"]
    write(cloud, key.stored, odd)
    cloud.stream.take(10)  # nobody saw the first two changes
    cloud.table.put_item(Item=good)

    cloud.run()

    assert (get(cloud, key).status, result(cloud, key)) == ("COMPLETED", 1)


@KINDS
def test_a_worker_runs_the_neighbours_of_an_odd_row(
    cloud: InProcessCloud, odd: dict[str, Any]
) -> None:
    key = odd_row(cloud, odd)
    good = any_key(tenant=TENANT, type="echo")
    stored(cloud, key=good, input="1")
    records = [
        sqs_record(each.code, f'{{"pk": "{each.pk}", "sk": "{each.sk}"}}') for each in (key, good)
    ]

    work.handler({"Records": records}, cloud.context())

    assert get(cloud, good).status == "COMPLETED"


@KINDS
def test_a_consumer_claims_the_neighbours_of_an_odd_row(
    consumer: InProcessCloud, odd: dict[str, Any]
) -> None:
    key = odd_row(consumer, odd)
    good = [submit(consumer, "echo", number) for number in range(5)]
    consumer.queues.put("work", f'{{"pk": "{key.pk}", "sk": "{key.sk}"}}', consumer.now)

    consumer.advance(seconds=30)

    assert [get(consumer, each).status for each in good] == ["COMPLETED"] * 5


@KINDS
def test_a_dead_letter_of_an_odd_row_stops_no_other(
    cloud: InProcessCloud, odd: dict[str, Any]
) -> None:
    key = odd_row(cloud, odd)
    good = any_key(tenant=TENANT, type="echo")
    stored(cloud, key=good, input="1")
    records = [
        sqs_record(each.code, f'{{"pk": "{each.pk}", "sk": "{each.sk}"}}') for each in (key, good)
    ]

    answer = dead_letters.handler({"Records": records}, cloud.context())

    assert good.code not in {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    assert [each for each in cloud.queues.queues["queue"] if good.code in each.body]  # sent again


@KINDS
def test_an_odd_subtask_fails_alone(cloud: InProcessCloud, odd: dict[str, Any]) -> None:
    key = fan_out(cloud, "echo", range(4), batch_size=2, tolerated_failures=1)
    cloud.deliver_records()
    cloud.service.create_sub_task(event=StepFunctionTaskEvent(key=key))
    write(cloud, key.subtask(1).stored, odd)
    if cloud.wiring.subtasks.table.get(key.subtask(1).stored) is None:
        return

    cloud.run()

    done = get(cloud, key)
    shown = cloud.service.get_all_sub_task(key=key)
    assert done.status == "COMPLETED"
    assert done.attributes["counts"]["total"] == 4  # type: ignore[index, call-overload]
    assert [each.status for each in shown if each.index != 1] == ["COMPLETED"] * 3
    assert len(shown) == 4


@KINDS
def test_a_redrive_keeps_the_odd_record_and_handles_the_others(
    cloud: InProcessCloud, odd: dict[str, Any]
) -> None:
    odd_row(cloud, odd)
    submit(cloud, "echo", 1)
    records = [
        {"messageId": f"m{place}", "eventSource": "aws:sqs", "body": body}
        for place, body in enumerate(_parked(cloud))
    ]

    answer = dispatch.handler({"Records": records}, cloud.context())
    cloud.run()

    kept = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    assert kept <= {"m0", "m1"}
    assert [each.status for each in cloud.service.list_items_by_pk(tenant_code=TENANT).items].count(
        Status.COMPLETED
    ) >= 1


def _parked(cloud: InProcessCloud) -> list[str]:
    import json

    return [
        json.dumps({"record": each}, default=lambda value: value.decode())
        for each in cloud.stream.take(100)
    ]


# What is no fault


@SHOWN
def test_what_a_newer_version_adds_is_passed_over(
    cloud: InProcessCloud, odd: dict[str, Any]
) -> None:
    key = odd_row(cloud, odd)

    assert get(cloud, key).unreadable is None
    cloud.run()

    assert (get(cloud, key).status, result(cloud, key)) == ("COMPLETED", 1)


def test_a_status_of_a_newer_version_is_shown_everywhere(
    cloud: InProcessCloud, api: InProcessApi
) -> None:
    key = odd_row(cloud, {"status": {"S": "HIBERNATING"}, "attention": {"S": f"FAILED#{TENANT}"}})
    path = f"/v1/tenants/{TENANT}/tasks"

    shown = [
        api.get(f"{path}/{key.type}/{key.code}").body,
        api.get(path).body["items"][0],
        cloud.service.list_failed(tenant_code=TENANT)[0].model_dump(by_alias=True),
    ]
    changes = [
        api.patch(f"{path}/{key.type}/{key.code}", {"status": "COMPLETED"}),
        api.post(f"{path}/{key.type}/{key.code}/cancel"),
        api.post(f"{path}/{key.type}/{key.code}/retry"),
    ]

    assert [(each["status"], each.get("unreadable")) for each in shown] == [
        ("HIBERNATING", None)
    ] * 3
    assert {(each.status, each.error["code"]) for each in changes} == {
        (409, "illegal_status_change")
    }


def test_a_record_of_a_newer_status_is_kept_for_the_version_that_knows_it(
    cloud: InProcessCloud,
) -> None:
    odd_row(cloud, {"status": {"S": "HIBERNATING"}})
    neighbour = submit(cloud, "echo")

    cloud.deliver_records()

    assert len(cloud.queues.of("failures").messages) == 1
    cloud.advance(seconds=1)
    assert get(cloud, neighbour).status == "COMPLETED"


@pytest.mark.parametrize("sk", ["echo", "echo#a b", "echo#" + "x" * 200, "#", "echo#c#d#e"])
def test_a_row_whose_key_is_none_is_listed(
    cloud: InProcessCloud, api: InProcessApi, sk: str
) -> None:
    good = submit(cloud, "echo")
    item = {"pk": f"TASK#{TENANT}#3", "sk": sk, "row": "TASK", "status": "CREATED"}
    cloud.table.put_item(Item=encode_item(item))

    answer = api.get(f"/v1/tenants/{TENANT}/tasks")
    cloud.run()

    assert answer.status == 200
    assert {each["sk"] for each in answer.body["items"]} == {good.sk, sk}
    assert get(cloud, good).status == "COMPLETED"


# Batches, schedules, callback mappings


@pytest.mark.parametrize(
    "odd",
    [
        {"status": {"S": "SHUT"}},
        {"status": GONE},
        {"counts": {"S": "all"}},
        {"counts": {"M": {"completed": {"S": "2"}}}},
        {"first": {"S": "0"}},
        {"fence": {"N": "1"}},
        {"claims": {"S": "one"}},
        {"leaseUntil": {"S": "never"}},
    ],
    ids=str,
)
def test_an_odd_batch_row_costs_no_other_batch(cloud: InProcessCloud, odd: dict[str, Any]) -> None:
    key = fan_out(cloud, "echo", range(6), batch_size=2, tolerated_failures=2)
    cloud.deliver_records()
    subtasks.split({**key.as_dict(), "retry": 0}, cloud.context())
    subtasks.batch(
        {**key.as_dict(), "range": [2, 3], "retry": 0, "execution": "x"}, cloud.context()
    )
    write(cloud, BatchKey(key, 1).stored, odd)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert get(cloud, key).attributes["counts"]["total"] == 6  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    "odd",
    [
        {"expression": {"N": "5"}},
        {"expression": {"S": "every day"}},
        {"input": {"S": "{"}},
        {"callbacks": {"S": "mail"}},
        {"createdAt": {"S": "yesterday"}},
        {"taskType": GONE},
        {"version": {"S": "one"}},
        {"state": {"N": "1"}},
    ],
    ids=str,
)
def test_an_odd_schedule_is_shown_and_stops_no_other(
    cloud: InProcessCloud, api: InProcessApi, odd: dict[str, Any]
) -> None:
    for name in ("good", "odd"):
        cloud.service.schedule(
            tenant_code=TENANT, name=name, task_type="echo", expression="rate(1 hour)"
        )
    write(cloud, StoredKey(f"SCHEDULE#{TENANT}", "odd"), odd)
    path = f"/v1/tenants/{TENANT}/schedules"

    listed = api.get(path)
    shown = api.get(f"{path}/odd")
    changes = [api.post(f"{path}/odd/pause"), api.delete(f"{path}/odd")]
    cloud.advance(seconds=3_700)

    assert (listed.status, shown.status) == (200, 200)
    assert [(each["name"], bool(each.get("unreadable"))) for each in listed.body["items"]] == [
        ("good", False),
        ("odd", True),
    ]
    assert {each.status for each in changes} <= {200, 409}
    ran = cloud.service.list_items_by_pk(tenant_code=TENANT).items
    assert "good" in {each.schedule for each in ran}


@pytest.mark.parametrize(
    "odd",
    [
        {"event": {"N": "1"}},
        {"event": GONE},
        {"callbackType": {"S": "a b"}},
        {"callbackType": {"L": []}},
        {"createdAt": {"S": "yesterday"}},
        {"createdAt": {"N": "9" * 20}},
        {"version": {"S": "one"}},
    ],
    ids=str,
)
def test_an_odd_mapping_is_shown_and_stops_no_other(
    cloud: InProcessCloud, api: InProcessApi, odd: dict[str, Any]
) -> None:
    for target in ("flaky", "sized"):
        cloud.service.register_callback(
            tenant_code=TENANT, task_type="echo", event="success", callback_type=target
        )
    write(cloud, StoredKey(f"CALLBACK#{TENANT}#echo", "success~sized"), odd)
    path = f"/v1/tenants/{TENANT}/callbacks"

    listed = api.get(path, type="echo")
    shown = api.get(f"{path}/echo~success~sized")
    key = submit(cloud, "echo", 1)
    cloud.run()

    assert (listed.status, shown.status) == (200, 200)
    assert [bool(each.get("unreadable")) for each in listed.body["items"]] == [False, True]
    ran = {each.type for each in cloud.service.list_items_by_pk(tenant_code=TENANT).items}
    assert get(cloud, key).status == "COMPLETED"
    assert "flaky" in ran
    again = api.put(f"{path}/echo~success~sized", {"event": "success", "callbackType": "sized"})
    assert again.status == (200 if odd == {"createdAt": {"N": "9" * 20}} else 409)
    assert api.delete(f"{path}/echo~success~sized").status in (200, 204)
