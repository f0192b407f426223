"""C6: retry and cancel of all that match: each once, whatever crashes and is delivered twice."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bulk_tasks
import pytest
from clouds import TENANT, fan_out, get, submit

from taskmill.model.api.bulk import BulkCount, BulkFilter, NewBulk
from taskmill.model.api.requests import InvokeContext, KeyModel
from taskmill.model.bulk_filter import Matching
from taskmill.model.errors import Conflict, InvalidOption, InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.models import Task
from taskmill.service.bulk import counting, running
from taskmill.testing import Chaos, InProcessCloud
from taskmill.testing.clients import Crash

ALICE = InvokeContext(user="arn:aws:iam::123456789012:user/alice")
COUNT = int(os.environ.get("TASKMILL_BULK_TASKS", "230"))
"""Tasks of the test of size; 100,000 is what an operator may meet."""


@pytest.fixture(autouse=True)
def _broken() -> Iterator[None]:
    bulk_tasks.BROKEN.clear()
    bulk_tasks.BROKEN.update({"bulk-fails", "bulk-other"})
    yield
    bulk_tasks.BROKEN.clear()


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["bulk_tasks"]) as cloud:
        yield cloud


def failed(cloud: InProcessCloud, count: int, task_type: str = "bulk-fails") -> list[TaskKey]:
    keys = [submit(cloud, task_type, number) for number in range(count)]
    cloud.run()
    cloud.advance(seconds=1)
    return keys


def bulk(cloud: InProcessCloud, action: str = "retry", **fields: Any) -> Task:
    fields.setdefault("filter", BulkFilter(type="bulk-fails"))
    asked = NewBulk(action=action, reason="deploy 7", **fields)
    task = cloud.service.bulk(tenant_code=TENANT, bulk=asked, invoke_context=ALICE)
    assert isinstance(task, Task)
    return task


def count(cloud: InProcessCloud, action: str = "retry", **fields: Any) -> BulkCount:
    fields.setdefault("filter", BulkFilter(type="bulk-fails"))
    asked = NewBulk(action=action, dry_run=True, **fields)
    counted = cloud.service.bulk(tenant_code=TENANT, bulk=asked)
    assert isinstance(counted, BulkCount)
    return counted


def runs(cloud: InProcessCloud, keys: list[TaskKey]) -> Counter[tuple[str, int]]:
    """How many of the tasks have which status, in which run."""
    rows = cloud.wiring.tasks.find_many(keys)
    return Counter((str(row.status), row.run) for row in rows if row is not None)


def test_all_that_failed_is_retried_once_and_told(cloud: InProcessCloud) -> None:
    keys, others = failed(cloud, COUNT), failed(cloud, 2, "bulk-other")
    assert (count(cloud).count, count(cloud).exact) == (COUNT, True)
    bulk_tasks.BROKEN.clear()

    task = bulk(cloud)
    cloud.run()

    assert runs(cloud, keys) == {("COMPLETED", 2): COUNT}
    assert runs(cloud, others) == {("FAILED", 1): 2}
    done = get(cloud, task.key)
    assert done.attributes["result"] == {"acted": COUNT, "skipped": {}}
    assert done.attributes["progress"] == {"done": COUNT, "total": COUNT}
    assert (done.created_by, done.input["reason"]) == (ALICE.user, "deploy 7")
    retried = [each for each in get(cloud, keys[0]).history if each.by]
    assert [(each.status, each.by, each.reason) for each in retried] == [
        ("CREATED", "alice", f"bulk {task.code}: deploy 7")
    ]


def test_what_fails_again_meanwhile_is_not_retried_a_second_time(cloud: InProcessCloud) -> None:
    keys = failed(cloud, 30)
    with_pages(cloud, page=4, turn_pages=1)

    task = bulk(cloud)
    cloud.run()

    assert runs(cloud, keys) == {("FAILED", 2): 30}
    assert get(cloud, task.key).attributes["result"] == {"acted": 30, "skipped": {}}


def with_pages(cloud: InProcessCloud, **limits: int) -> None:
    """Let bulk operations go on by small pages."""
    runner = replace(cloud.wiring.bulk_runner, **limits)
    cloud.wiring.__dict__["bulk_runner"] = runner


def crashed(crash_at: int | None, *, after: bool, chaos: Chaos) -> tuple[Any, int]:
    """Retry 4 tasks in pages of 2, the process dying at one call."""
    bulk_tasks.BROKEN.add("bulk-fails")
    with InProcessCloud(modules=["bulk_tasks"], chaos=chaos) as cloud:
        keys = failed(cloud, 4)
        with_pages(cloud, page=2, turn_pages=1)
        bulk_tasks.BROKEN.discard("bulk-fails")
        task = bulk(cloud)
        cloud.meter.calls.clear()
        cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
        cloud.run()
        calls, cloud.meter.crash_at = cloud.meter.calls.total(), None
        done = get(cloud, task.key)
        return (runs(cloud, keys), str(done.status), done.attributes.get("result")), calls


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=5)], ids=str)
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_a_crash_at_any_call_leads_to_the_same_end(*, after: bool, chaos: Chaos) -> None:
    calm, calls = crashed(None, after=after, chaos=chaos)
    assert calm == ({("COMPLETED", 2): 4}, "COMPLETED", {"acted": 4, "skipped": {}})

    for position in range(1, calls + 1):
        ends, _ = crashed(position, after=after, chaos=chaos)
        assert ends == calm, f"crash at call {position} of {calls}"


def turn(cloud: InProcessCloud, task: Task) -> None:
    """Run one turn of a bulk, and nothing else."""
    cloud.wiring.runner.run(task.key, remaining_ms=lambda: 300_000)


def test_a_retry_costs_two_write_units_a_task(cloud: InProcessCloud) -> None:
    """One for the row and one for the index of failures, which the row leaves."""
    keys = failed(cloud, 100)
    task = bulk(cloud)
    before = cloud.meter.write_units

    turn(cloud, task)

    spent = cloud.meter.write_units - before
    of_index = left_the_index(cloud, keys)
    assert of_index == 100
    assert spent + of_index <= 2 * 100 + 25  # the bulk's own row, with the keys of its page


def left_the_index(cloud: InProcessCloud, keys: list[TaskKey]) -> int:
    """How many writes took one of these tasks out of the index of failures."""
    stored = {tuple(key.stored) for key in keys}
    changes = (
        each["dynamodb"]
        for each in cloud.table.records
        if tuple(part["S"] for part in each["dynamodb"]["Keys"].values()) in stored
    )
    return sum(
        "attention" in each.get("OldImage", {}) and "attention" not in each["NewImage"]
        for each in changes
    )


def test_a_bulk_that_is_cancelled_stops_at_its_next_page_and_goes_on_when_retried(
    cloud: InProcessCloud,
) -> None:
    keys = failed(cloud, 20)
    with_pages(cloud, page=5, turn_pages=2)
    bulk_tasks.BROKEN.clear()
    task = bulk(cloud)
    turn(cloud, task)
    assert runs(cloud, keys)[("CREATED", 2)] == 5  # of two pages, one is acted on in the next turn

    cloud.service.cancel(key=task.key)
    cloud.run()
    assert get(cloud, task.key).status == "CANCELLED"
    assert runs(cloud, keys)[("FAILED", 1)] == 15

    cloud.advance(seconds=5)
    cloud.service.retry(key=task.key)
    cloud.run()
    assert runs(cloud, keys) == {("COMPLETED", 2): 20}
    assert get(cloud, task.key).attributes["result"] == {"acted": 20, "skipped": {}}


@pytest.mark.parametrize("chaos", [Chaos(), Chaos(deliveries=2, seed=3)])
def test_two_bulks_over_the_same_rows_retry_each_once(chaos: Chaos) -> None:
    with InProcessCloud(modules=["bulk_tasks"], chaos=chaos) as cloud:
        keys = failed(cloud, 30)
        with_pages(cloud, page=5, turn_pages=2)
        bulk_tasks.BROKEN.clear()

        tasks = [
            bulk(cloud),
            bulk(cloud),
            bulk(cloud, keys=[_of(key) for key in keys], filter=None),
        ]
        cloud.run()

        assert runs(cloud, keys) == {("COMPLETED", 2): 30}
        results = [get(cloud, each.key) for each in tasks]
        assert [str(each.status) for each in results] == ["COMPLETED"] * 3
        if chaos.deliveries == 1:
            assert sum(each.attributes["result"]["acted"] for each in results) == 30


def test_a_retry_and_a_cancel_of_the_same_rows_leave_none_between(cloud: InProcessCloud) -> None:
    keys = failed(cloud, 30)
    with_pages(cloud, page=5, turn_pages=2)
    bulk_tasks.BROKEN.clear()

    tasks = [bulk(cloud), bulk(cloud, "cancel")]
    cloud.run()

    assert {str(get(cloud, each.key).status) for each in tasks} == {"COMPLETED"}
    ends = runs(cloud, keys)
    assert sum(ends.values()) == 30
    assert set(ends) <= {("COMPLETED", 2), ("CANCELLED", 2)}


def _of(key: TaskKey) -> KeyModel:
    return KeyModel(pk=key.pk, sk=key.sk)


def test_a_bulk_goes_on_in_turns_that_cost_no_attempt(cloud: InProcessCloud) -> None:
    keys = failed(cloud, 40)
    with_pages(cloud, page=2, turn_pages=1)

    task = bulk(cloud)
    cloud.run()

    done = get(cloud, task.key)
    assert (done.status, done.attempts) == ("COMPLETED", 1)
    assert runs(cloud, keys) == {("FAILED", 2): 40}


def dies_when_a_page_is_done(cloud: InProcessCloud, task: Task) -> bool:
    """Run a bulk on a worker that dies as soon as it has stored the next page."""
    reopened = cloud.meter.calls["dynamodb.update_item"]

    def fault(name: str) -> Any:
        done = cloud.meter.calls["dynamodb.update_item"] - reopened
        return Crash(name) if done > 4 else None  # the claim, two tasks and the next page

    cloud.meter.fault = fault
    try:
        turn(cloud, task)
    except Crash:
        return True
    finally:
        cloud.meter.fault = None
        cloud.sleep(200)  # the lease is over
    return False


def test_a_bulk_gets_done_though_its_worker_dies_at_each_page(cloud: InProcessCloud) -> None:
    keys = failed(cloud, 30)
    with_pages(cloud, page=2)
    bulk_tasks.BROKEN.clear()
    task = bulk(cloud)

    deaths = 0
    while get(cloud, task.key).status != "COMPLETED":
        assert get(cloud, task.key).status != "FAILED"
        deaths += dies_when_a_page_is_done(cloud, task)

    assert deaths == 15  # of ten attempts
    assert get(cloud, task.key).attributes["result"] == {"acted": 30, "skipped": {}}
    assert {len([h for h in get(cloud, key).history if h.by]) for key in keys} == {1}


def test_all_that_waits_is_cancelled(cloud: InProcessCloud) -> None:
    keys = [submit(cloud, "bulk-fails", each, delay_seconds=3_600) for each in range(250)]
    submit(cloud, "bulk-other", 1, delay_seconds=3_600)
    cloud.advance(seconds=1)
    assert count(cloud, "cancel").count == 250

    task = bulk(cloud, "cancel")
    cloud.advance(seconds=1)

    assert runs(cloud, keys) == {("CANCELLED", 1): 250}
    assert get(cloud, task.key).attributes["result"] == {"acted": 250, "skipped": {}}
    assert get(cloud, keys[0]).history[-1].by == "alice"


def test_what_was_cancelled_can_be_retried_by_status_and_time(cloud: InProcessCloud) -> None:
    old = [submit(cloud, "bulk-fails", each, delay_seconds=3_600) for each in range(3)]
    cloud.advance(seconds=60)
    new = [submit(cloud, "bulk-fails", each, delay_seconds=3_600) for each in range(3)]
    for key in (*old, *new):
        cloud.service.cancel(key=key)
    since = get(cloud, new[0]).created_at
    cloud.advance(seconds=1)
    bulk_tasks.BROKEN.clear()
    wanted = BulkFilter(status=["CANCELLED"], created_after=since)
    assert count(cloud, filter=wanted).count == 3

    bulk(cloud, filter=wanted)
    cloud.run()

    assert runs(cloud, new)[("COMPLETED", 2)] == 3
    assert runs(cloud, old) == {("CANCELLED", 1): 3}


def test_given_keys_are_acted_on_and_what_cannot_be_is_told(cloud: InProcessCloud) -> None:
    keys = failed(cloud, 3)
    cloud.service.retry(key=keys[0])
    gone = replace(keys[1], code="gone")
    bulk_tasks.BROKEN.clear()
    models = [key.as_dict() for key in (*keys, gone)]

    task = bulk(cloud, filter=None, keys=models)
    cloud.run()

    told = get(cloud, task.key).attributes["result"]
    assert told["acted"] == 2
    assert sum(told["skipped"].values()) == 2
    assert told["skipped"]["not found"] == 1


def test_more_than_expected_is_refused(cloud: InProcessCloud) -> None:
    failed(cloud, 3)

    with pytest.raises(Conflict, match="3 tasks match by now"):
        bulk(cloud, expected=2)

    bulk(cloud, expected=3)


@pytest.mark.parametrize(("limit", "told"), [(4, (6, False)), (12, (12, True))])
def test_a_count_that_passes_its_limit_says_so(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, limit: int, told: tuple[int, bool]
) -> None:
    failed(cloud, 12)
    monkeypatch.setattr(counting, "COUNTED_KEYS", limit)
    monkeypatch.setattr(counting, "_AT_ONCE", 2)

    counted = count(cloud)

    assert (counted.count, counted.exact) == told
    assert len(counted.sample) == 5


def test_what_is_counted_by_a_list_is_what_a_bulk_acts_on(cloud: InProcessCloud) -> None:
    keys = [submit(cloud, "bulk-fails", each, delay_seconds=3_600) for each in range(7)]
    submit(cloud, "bulk-other", 1, delay_seconds=3_600)
    cloud.advance(seconds=1)
    last = submit(cloud, "bulk-other", 2, delay_seconds=3_600)
    fan_out(cloud, "bulk-element", range(8), batch_size=2)
    cloud.service.cancel(key=keys[0])
    cloud.advance(seconds=1)
    bulk(cloud, "cancel", filter=BulkFilter(type="none"))  # a bulk is itself no match
    since = get(cloud, last).created_at

    assert count(cloud, "cancel").count == 6
    every = count(cloud, "cancel", filter=BulkFilter())
    later = BulkFilter(created_after=since)
    assert (every.count, every.exact, len(every.sample)) == (8, True, 5)
    assert count(cloud, "cancel", filter=later).count == 1
    assert count(cloud, filter=BulkFilter(status=["CANCELLED"])).count == 1

    task = bulk(cloud, "cancel", filter=BulkFilter())
    cloud.run()
    assert get(cloud, task.key).attributes["result"] == {"acted": 8, "skipped": {}}


def test_a_count_for_which_there_is_no_time_is_that_of_the_statistics(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [submit(cloud, "bulk-fails", each, delay_seconds=3_600) for each in range(30)]
    cloud.advance(seconds=1)
    cloud.count_statistics()
    monkeypatch.setattr(counting, "COUNTED_MS", 0)

    told = count(cloud, "cancel")
    since = BulkFilter(type="bulk-fails", created_after=get(cloud, keys[0]).created_at)
    by_time = count(cloud, "cancel", filter=since)

    assert (told.count, told.exact) == (30, False)
    assert (by_time.count < 30, by_time.exact) == (True, False)  # the statistics know no times


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"filter": None}, "either filter or keys"),
        ({"filter": BulkFilter(status=["QUEUED"])}, "can be retried"),
        ({"filter": BulkFilter(status=["CANCELLED"], fingerprint="f")}, "only FAILED"),
        ({"filter": None, "keys": [{"pk": "TASK#other", "sk": "a#b"}]}, "another tenant"),
        ({"filter": None, "keys": [{"pk": "TASK#mbc", "sk": "taskmill.bulk#b"}]}, "itself"),
    ],
)
def test_what_makes_no_sense_is_refused(
    cloud: InProcessCloud, fields: dict[str, Any], match: str
) -> None:
    with pytest.raises(InvalidRequest, match=match):
        bulk(cloud, **fields)


def test_bulks_are_listed_newest_first(cloud: InProcessCloud) -> None:
    first = bulk(cloud)
    cloud.advance(seconds=1)
    second = bulk(cloud, "cancel")
    cloud.run()

    listed = cloud.service.list_bulks(tenant_code=TENANT).items

    assert [each.code for each in listed] == [second.code, first.code]


def test_a_bulk_leaves_bulks_alone(cloud: InProcessCloud) -> None:
    waiting = bulk(cloud)

    bulk(cloud, "cancel", filter=BulkFilter())
    cloud.run()

    assert get(cloud, waiting.key).status == "COMPLETED"


def test_no_type_of_users_begins_like_ours(cloud: InProcessCloud) -> None:
    from taskmill import task

    with pytest.raises(InvalidOption, match=r"begins with 'taskmill\.'"):
        task("taskmill.mine")
    with pytest.raises(InvalidRequest, match=r"begins with 'taskmill\.'"):
        submit(cloud, "taskmill.bulk", {"action": "cancel"})


def test_an_input_that_is_none_fails_at_once() -> None:
    with pytest.raises(LookupError):
        Matching.of({})
    assert running.PAGE <= 100  # keys in the row of a bulk: 10 KB at most


def test_what_failed_with_one_fingerprint_is_retried(cloud: InProcessCloud) -> None:
    keys, others = failed(cloud, 3), failed(cloud, 3, "bulk-other")
    fingerprint = get(cloud, keys[0]).fingerprint
    wanted = BulkFilter(fingerprint=fingerprint)
    assert count(cloud, filter=wanted).count == 3
    bulk_tasks.BROKEN.clear()

    bulk(cloud, filter=wanted)
    cloud.run()

    assert runs(cloud, keys) == {("COMPLETED", 2): 3}
    assert runs(cloud, others) == {("FAILED", 1): 3}


def test_failed_subtasks_of_one_error_are_retried_together(cloud: InProcessCloud) -> None:
    bulk_tasks.BAD.update({1, 2, 5})
    parent = fan_out(cloud, "bulk-element", range(8), batch_size=2)
    cloud.run()
    cloud.advance(seconds=1)
    bulk_tasks.BAD.clear()
    bulk_tasks.RAN.clear()
    wanted = BulkFilter(fingerprint=get(cloud, parent.subtask(1)).fingerprint)
    assert count(cloud, filter=wanted).count == 3
    with_pages(cloud, page=1, turn_pages=1)

    task = bulk(cloud, filter=wanted)
    cloud.run()

    assert sorted(bulk_tasks.RAN) == [1, 2, 5]
    assert (get(cloud, parent).status, get(cloud, parent).run) == ("COMPLETED", 2)
    assert get(cloud, task.key).attributes["result"] == {"acted": 3, "skipped": {}}


def test_subtasks_of_many_fan_outs_go_in_pages_that_fit_the_row_of_the_bulk(
    cloud: InProcessCloud,
) -> None:
    bulk_tasks.BAD.update(range(1, 20, 2))  # no two beside each other: each takes room of its own
    parents = [fan_out(cloud, "bulk-element", range(20), batch_size=20) for _ in range(3)]
    cloud.run()
    cloud.advance(seconds=1)
    bulk_tasks.BAD.clear()
    wanted = BulkFilter(fingerprint=get(cloud, parents[0].subtask(1)).fingerprint)
    assert count(cloud, filter=wanted).count == 30
    with_pages(cloud, page_characters=100, turn_pages=1)

    task = bulk(cloud, filter=wanted)
    pages: list[int] = []
    while cloud.step():
        (row,) = cloud.wiring.tasks.find_many([task.key])
        pages.append(len(row.attributes.get("bulk", {}).get("page", ())))

    assert max(pages) == 1
    assert [get(cloud, each).status for each in parents] == ["COMPLETED"] * 3
    assert get(cloud, task.key).attributes["result"] == {"acted": 30, "skipped": {}}
