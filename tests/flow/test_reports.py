"""Reports from outside: no status that a caller may report parks a task, and none is forgotten."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import report_tasks
from clouds import TENANT, fan_out, get, statuses, submit

from taskmill.errors import IllegalStatusChange, InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL, Status, may_move
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

S = Status
# Of PARKED, which limits alone enter and leave, see test_concurrency_limits.py.
OPEN = [status for status in Status if status not in (*FINAL, S.PARKED)]
REPORTED = [status for status in Status if status not in (S.CREATED, S.PARKED)]
NEEDS_NO_MESSAGE = {S.ERRORED, S.WAITING, S.FINISHED, *FINAL}


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    report_tasks.DURING.clear()
    with InProcessCloud(["report_tasks"]) as cloud:
        yield cloud
    report_tasks.DURING.clear()


def brought_to(cloud: InProcessCloud, source: Status, report: Any) -> TaskKey:
    """A task that really is in this status, and whose `report` is made just then."""
    if source in (S.STARTED, S.PROCESSING):
        report_tasks.DURING.append(report)
        kind = "reported-while-started" if source is S.STARTED else "reported-while-processing"
        key = submit(cloud, kind)
        cloud.run()
        return key
    if source is S.CREATED:
        key = submit(cloud, "report-quick", idempotency_key="once")
    elif source is S.SCHEDULED:
        key = submit(cloud, "report-quick", delay_seconds=86_400)
        cloud.deliver_records()
    elif source is S.QUEUED:
        key = submit(cloud, "report-quick")
    else:
        kinds = {
            S.WAITING: "report-waits",
            S.FINISHED: "report-leaves-a-child",
            S.ERRORED: "fails-once",
        }
        key = submit(cloud, kinds[source])
        for _ in range(50):
            if get(cloud, key).status is source:
                break
            assert cloud.step()
    assert get(cloud, key).status is source
    report(key)
    return key


@pytest.mark.parametrize("target", REPORTED)
@pytest.mark.parametrize("source", OPEN)
def test_no_report_parks_a_task(cloud: InProcessCloud, source: Status, target: Status) -> None:
    """Every pair of statuses: what is accepted is in the history, and the task ends anyway."""
    seen: list[str] = []

    def report(key: TaskKey) -> None:
        try:
            task = cloud.service.update_status(key=key, status=target)
        except IllegalStatusChange:
            seen.append("refused")
        else:
            assert task.status is target
            seen.append("accepted")

    key = brought_to(cloud, source, report)
    cloud.run()

    task = get(cloud, key)
    assert task.status in FINAL
    waits = source is S.WAITING and target not in NEEDS_NO_MESSAGE
    assert seen == ["refused" if waits or not may_move(source, target) else "accepted"]
    if seen == ["accepted"]:
        assert target in [each.status for each in task.history]
    for child in cloud.service.list_children(key=key):
        assert child.status in FINAL


@pytest.mark.parametrize("target", REPORTED)
def test_no_report_parks_a_fan_out(cloud: InProcessCloud, target: Status) -> None:
    for steps in range(4):
        key = fan_out(cloud, "report-quick", [1, 2, 3])
        for _ in range(steps):
            cloud.step()
        if get(cloud, key).status in FINAL:
            continue
        if may_move(get(cloud, key).status, target):
            cloud.service.update_status(key=key, status=target)
        cloud.run()

        assert get(cloud, key).status in FINAL
        assert all(each.status in FINAL for each in cloud.service.get_all_sub_task(key=key))


@pytest.mark.parametrize("target", REPORTED)
def test_no_report_parks_a_subtask(cloud: InProcessCloud, target: Status) -> None:
    key = fan_out(cloud, "report-quick", [1, 2, 3])
    cloud.deliver_records()
    assert cloud.player.ready()
    cloud.player.step()  # split
    cloud.service.update_sub_task_status(key=key.subtask(1), status=target)
    cloud.run()

    assert get(cloud, key).status in FINAL
    assert all(each.status in FINAL for each in cloud.service.get_all_sub_task(key=key))


def test_finished_without_children_is_the_end(cloud: InProcessCloud) -> None:
    path = f"/v1/tenants/{TENANT}/tasks/elsewhere"
    code = (
        InProcessApi().post(f"/v1/tenants/{TENANT}/tasks", {"taskType": "elsewhere"}).body["code"]
    )
    InProcessApi().patch(f"{path}/{code}", {"status": "STARTED"})

    answer = InProcessApi().patch(
        f"{path}/{code}", {"status": "FINISHED", "attributes": {"result": 7}}
    )
    cloud.run()

    task = InProcessApi().get(f"{path}/{code}").body
    assert answer.status == 200
    assert (task["status"], task["attributes"]["result"]) == ("COMPLETED", 7)
    assert task["ttl"]


def test_finished_with_children_waits_for_them(cloud: InProcessCloud) -> None:
    seen: list[Status] = []

    def report(key: TaskKey) -> None:
        cloud.service.update_status(key=key, status="FINISHED")
        seen.append(get(cloud, key).status)

    key = brought_to(cloud, S.WAITING, report)
    cloud.run()

    assert seen == ["FINISHED"]
    assert get(cloud, key).status == "COMPLETED"


def test_who_reports_a_start_and_dies_is_taken_over_when_the_lease_has_passed(
    cloud: InProcessCloud,
) -> None:
    for status in (S.STARTED, S.PROCESSING):
        began = cloud.now
        key = submit(cloud, "report-quick")
        cloud.service.update_status(key=key, status=status)
        cloud.run()

        assert get(cloud, key).status == "COMPLETED"
        assert cloud.now - began >= 900_000


def test_a_report_while_a_worker_runs_the_task_stays_in_the_history(cloud: InProcessCloud) -> None:
    key = brought_to(
        cloud, S.STARTED, lambda key: cloud.service.update_status(key=key, status="PROCESSING")
    )

    history = [(str(each.status), each.attempt) for each in get(cloud, key).history]
    assert history == [
        ("CREATED", 0),
        ("QUEUED", 0),
        ("STARTED", 1),
        ("PROCESSING", 0),
        ("COMPLETED", 1),
    ]


def test_many_reports_while_a_worker_runs_the_task_leave_its_end_in_the_history(
    cloud: InProcessCloud,
) -> None:
    def report(key: TaskKey) -> None:
        for _ in range(40):
            cloud.service.update_status(key=key, status="PROCESSING")

    task = get(cloud, brought_to(cloud, S.STARTED, report))

    assert task.history[-1].status == "COMPLETED"
    assert len(task.history) <= 32


@pytest.mark.parametrize("count", [100, 101, 155, 1_000])
def test_more_attributes_than_fit_one_write_are_refused_with_the_limit(
    cloud: InProcessCloud, count: int
) -> None:
    key = submit(cloud, "report-quick")
    attributes = {f"a{number}": number for number in range(count)}
    path = f"/v1/tenants/{TENANT}/tasks/report-quick/{key.code}"

    answer = InProcessApi().patch(path, {"status": "PROCESSING", "attributes": attributes})

    if count <= 100:
        assert answer.status == 200
        return
    assert answer.status == 422
    assert answer.error["details"][0]["field"] == "attributes"
    assert "at most 100" in answer.error["message"]
    with pytest.raises(InvalidRequest, match="at most 100"):
        cloud.service.update_status(key=key, status="PROCESSING", attributes=attributes)


@pytest.mark.parametrize("status", ["STARTED", "COMPLETED", "FAILED", "FINISHED"])
def test_a_hundred_attributes_with_long_names_fit_one_write(
    cloud: InProcessCloud, status: str
) -> None:
    key = submit(cloud, "report-quick")
    attributes = {f"a{number:063}": number for number in range(99)} | {"result": 1}

    task = cloud.service.update_status(key=key, status=status, attributes=attributes)

    assert len(task.attributes) == 100


def test_attributes_larger_than_a_row_may_be_are_refused_with_the_limit(
    cloud: InProcessCloud,
) -> None:
    key = submit(cloud, "report-quick")
    for size in (20_000, 500_000):
        answer = InProcessApi().patch(
            f"/v1/tenants/{TENANT}/tasks/report-quick/{key.code}",
            {"status": "PROCESSING", "attributes": {"text": "x" * size}},
        )

        assert answer.status == 422
        assert "16,384" in answer.error["message"]


def test_a_task_without_attempts_that_is_reported_to_wait_fails(cloud: InProcessCloud) -> None:
    key = submit(cloud, "fails-once")
    for attempt in range(2):  # both are lost
        cloud.now += 60_000
        lease_until = cloud.now + 1_000
        cloud.wiring.claims.claim(key, fence=str(attempt), lease_until=lease_until, max_attempts=2)

    cloud.service.update_status(key=key, status="WAITING")
    cloud.run()

    assert get(cloud, key).status == "FAILED"


def test_a_fan_out_that_is_ended_while_it_is_split_again_ends_its_subtasks(
    cloud: InProcessCloud,
) -> None:
    key = fan_out(cloud, "report-quick", range(4), batch_size=2)
    cloud.service.cancel(key=key)
    cloud.run()
    cloud.service.retry(key=key)
    cloud.deliver_records()

    def ends_it(name: str) -> Exception | None:
        if name == "dynamodb.batch_get_item":  # split looks for batches of the first run
            cloud.meter.fault = None
            cloud.service.update_status(key=key, status="COMPLETED")
        return None

    cloud.meter.fault = ends_it
    cloud.run()

    assert cloud.meter.fault is None
    assert set(statuses(cloud, key)) == {"CANCELLED"}


@pytest.mark.parametrize("status", sorted(FINAL))
@pytest.mark.parametrize("call", range(1, 16))
def test_a_fan_out_that_ended_while_it_was_split_again_has_no_open_subtasks(
    cloud: InProcessCloud, call: int, status: Status
) -> None:
    """At every call of the second split, the fan-out ends and its finish is already over."""
    key = fan_out(cloud, "report-odd-fails", range(6), batch_size=2)
    cloud.run()
    assert get(cloud, key).status == "FAILED"
    cloud.service.retry(key=key)
    while cloud.stream.pending():
        cloud.deliver_records()
    calls = iter(range(1, call))

    def ends_it(_: str) -> None:
        if next(calls, None) is None:
            cloud.meter.fault = None
            if get(cloud, key).status not in FINAL:
                cloud.service.update_status(key=key, status=status)
                cloud.wiring.finisher.finish(key)
                cloud.executions.silent = True  # so nothing comes after it

    cloud.meter.fault = ends_it
    cloud.step()  # split
    cloud.meter.fault = None
    cloud.run()

    ended = get(cloud, key)
    found = Counter(statuses(cloud, key))
    assert set(found) <= FINAL
    assert ended.attributes["counts"] == {
        "total": 6,
        "completed": found["COMPLETED"],
        "failed": found["FAILED"],
        "cancelled": found["CANCELLED"],
    }
