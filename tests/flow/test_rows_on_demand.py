"""Subtasks are stored once there is something to say about them; readers see them all the same."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from clouds import TENANT, fan_out, get, statuses
from earlier_layout import split_before, submitted_before

from taskmill import task
from taskmill.errors import Conflict, IllegalStatusChange, TaskNotFound
from taskmill.functions.events import StepFunctionTaskEvent
from taskmill.handlers import subtasks
from taskmill.model.errors import SubtasksRemain, Throttled
from taskmill.model.keys import BatchKey, TaskKey
from taskmill.model.subtask_layout import NewerLayout
from taskmill.models import CreateStepFunctionTask
from taskmill.testing import InProcessCloud

HOLD = threading.Event()


@task("rows-holds")
def holds(value: int) -> int:
    """The last one runs until the test has seen enough."""
    if value == -1:
        HOLD.wait(20)
    return value


@pytest.fixture(autouse=True)
def released() -> Iterator[None]:
    HOLD.clear()
    yield
    HOLD.set()


@pytest.fixture
def held() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=[__name__, "flow_tasks"]) as cloud:
        yield cloud


def stored(cloud: InProcessCloud, kind: str = "SUBTASK") -> list[str]:
    return [each["sk"]["S"] for each in cloud.table.scan()["Items"] if each["row"]["S"] == kind]


def counts(cloud: InProcessCloud, key: TaskKey) -> dict[str, int]:
    found: dict[str, int] = get(cloud, key).attributes["counts"]  # type: ignore[assignment]
    return {name: count for name, count in found.items() if name != "total" and count}


def split(cloud: InProcessCloud) -> None:
    """Start the execution, up to the end of its first step."""
    cloud.deliver_records()
    assert cloud.player.ready()
    cloud.player.step()


def test_split_stores_no_subtask_and_all_of_them_are_there(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(30), batch_size=10)
    assert statuses(cloud, key) == ["CREATED"] * 30

    split(cloud)

    assert stored(cloud) == []
    assert stored(cloud, "BATCH") == []
    assert statuses(cloud, key) == ["CREATED"] * 30
    assert get(cloud, key.subtask(29)).status == "CREATED"
    with pytest.raises(TaskNotFound):
        get(cloud, key.subtask(30))
    with pytest.raises(Conflict, match="it has no result"):
        cloud.service.get_result(key=key.subtask(3))


def test_a_batch_that_begins_reads_no_rows(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(30), batch_size=10, notify="progress")
    cloud.run()

    assert counts(cloud, key) == {"completed": 30}
    assert cloud.meter.calls["dynamodb.query"] <= 1  # of mappings of callbacks


def test_an_outcome_waits_two_seconds_for_others_whatever_runs_meanwhile(
    held: InProcessCloud,
) -> None:
    key = fan_out(held, "rows-holds", [0, 1, -1], batch_size=3)
    split(held)
    running = threading.Thread(target=held.player.step)
    running.start()
    began = time.monotonic()
    while len(stored(held)) < 2 and time.monotonic() - began < 15:
        time.sleep(0.05)
    waited = time.monotonic() - began
    HOLD.set()
    running.join()
    held.run()

    assert 1 < waited < 5
    assert counts(held, key) == {"completed": 3}


def test_a_batch_tells_its_counts_while_it_runs(
    held: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.fanout.ticking.TELL_SECONDS", 0.5)
    monkeypatch.setattr("taskmill.fanout.ticking.TICK_SECONDS", 0.1)
    monkeypatch.setattr("taskmill.fanout.outcomes.FLUSH_SECONDS", 0.1)
    key = fan_out(held, "rows-holds", [0, 1, 2, -1], batch_size=4)
    split(held)
    running = threading.Thread(target=held.player.step)
    running.start()
    began = time.monotonic()
    while counts(held, key) != {"completed": 3} and time.monotonic() - began < 15:
        time.sleep(0.05)
        held.deliver_records()
    seen = counts(held, key)
    HOLD.set()
    running.join()
    held.run()

    assert seen == {"completed": 3}
    assert counts(held, key) == {"completed": 4}


def test_a_throttled_table_hands_the_batch_back_unharmed(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(4), batch_size=4)
    split(cloud)

    def fault(name: str) -> Exception | None:
        return Throttled("busy") if name == "dynamodb.batch_execute_statement" else None

    cloud.meter.fault = fault
    event = {**key.as_dict(), "range": [0, 3], "retry": 0, "execution": "x"}
    with pytest.raises(SubtasksRemain):
        subtasks.batch(event, cloud.context(60))
    cloud.meter.fault = None

    row = cloud.wiring.batches.find(cloud.wiring.tasks.get(key), [0])[0]
    assert (row.claims, row.released) == (1, 1)  # type: ignore[union-attr]
    cloud.run()
    assert counts(cloud, key) == {"completed": 4}


# Reports from outside


def test_a_report_is_kept_and_the_subtask_is_not_run(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "echo", range(6), batch_size=2)
    report = cloud.service.update_sub_task_status
    with pytest.raises(Conflict, match="not split yet"):
        report(key=key.subtask(0), status="COMPLETED")
    split(cloud)
    with pytest.raises(TaskNotFound):
        report(key=key.subtask(6), status="COMPLETED")

    report(key=key.subtask(0), status="COMPLETED", attributes={"result": "mine"})
    report(key=key.subtask(5), status="PROCESSING", attributes={"note": 1})
    assert statuses(cloud, key) == ["COMPLETED", *["CREATED"] * 4, "PROCESSING"]
    with pytest.raises(IllegalStatusChange):
        report(key=key.subtask(0), status="FAILED")
    cloud.run()

    assert sorted(runs) == [1, 2, 3, 4, 5]
    assert counts(cloud, key) == {"completed": 6}
    assert cloud.service.get_result(key=key.subtask(0)).result == "mine"


def test_a_report_counts_although_its_batch_never_begins(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(6), batch_size=2)
    split(cloud)
    report = cloud.service.update_sub_task_status
    report(key=key.subtask(3), status="COMPLETED")

    cloud.service.cancel(key=key)
    cloud.run()

    assert statuses(cloud, key) == [*["CANCELLED"] * 3, "COMPLETED", *["CANCELLED"] * 2]
    assert counts(cloud, key) == {"completed": 1, "cancelled": 5}
    for index in (0, 3):
        with pytest.raises(IllegalStatusChange):
            report(key=key.subtask(index), status="PROCESSING")


def test_a_report_in_another_run_begins_the_subtask_anew(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "aborts", range(4), batch_size=2)
    cloud.run()
    assert statuses(cloud, key) == ["FAILED"] * 4

    cloud.service.retry(key=key)
    assert statuses(cloud, key) == ["CREATED"] * 4
    assert cloud.service.list_failed(tenant_code=TENANT) == []
    split(cloud)
    told = cloud.service.update_sub_task_status(key=key.subtask(1), status="COMPLETED")
    cloud.run()

    assert (told.status, told.attributes.get("error")) == ("COMPLETED", None)
    assert counts(cloud, key) == {"completed": 1, "failed": 3}


# Cancel and retry


def test_a_cancel_writes_once_for_a_batch_whatever_its_size(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "flaky", [1] * 2_000, batch_size=1_000, max_concurrency=1)
    split(cloud)
    cloud.player.step()  # the first batch: all its subtasks wait for their second attempts
    before = len(cloud.table.records)

    cloud.service.cancel(key=key)
    cloud.run()

    assert len(cloud.table.records) - before == 1 + 2 + 1  # the cancel, the batches, the counts
    shown = Counter(each.lower() for each in statuses(cloud, key))
    assert counts(cloud, key) == shown
    assert shown["cancelled"] > 1_000


def test_a_retry_writes_one_row(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "aborts", range(200), batch_size=20)
    cloud.run()
    before = len(cloud.table.records)

    cloud.service.retry(key=key)

    assert len(cloud.table.records) == before + 1


def test_subtasks_that_are_stored_beforehand_run_as_well(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(4), batch_size=2)
    made = cloud.service.create_sub_task(event=StepFunctionTaskEvent(key=key))
    assert [each.input for each in made] == [0, 1, 2, 3]
    assert len(stored(cloud)) == 4

    cloud.run()

    assert counts(cloud, key) == {"completed": 4}


def test_an_input_that_was_replaced_is_taken_to_be_gone(cloud: InProcessCloud) -> None:
    upload = cloud.service.create_upload(tenant_code=TENANT)
    s3 = cloud.wiring.client("s3")
    s3.put_object(Bucket="payloads", Key=upload.input_ref, Body=b"1\n2\n3")
    request = CreateStepFunctionTask(
        tenant_code=TENANT, task_type="echo", input_ref=upload.input_ref, batch_size=2
    )
    key = cloud.service.create_step_function_task(task=request).key
    split(cloud)
    s3.put_object(Bucket="payloads", Key=upload.input_ref, Body=b"4\n5\n6")

    cloud.run()

    assert counts(cloud, key) == {"failed": 3}
    error: Any = get(cloud, key.subtask(0)).attributes["error"]
    assert error["type"] == "PayloadMissing"


def test_all_rows_of_a_fan_out_expire_together_and_its_own_not_before(
    cloud: InProcessCloud,
) -> None:
    key = fan_out(cloud, "flaky", [0, 1, 3], batch_size=1)
    cloud.run()

    items = cloud.table.scan()["Items"]
    of_subtasks = {int(each["ttl"]["N"]) for each in items if each["row"]["S"] != "SFN_TASK"}
    assert len(of_subtasks) == 1
    assert (get(cloud, key).ttl or 0) >= of_subtasks.pop()


# Layouts


@pytest.mark.parametrize("before", [submitted_before, split_before])
def test_a_fan_out_of_an_earlier_version_runs_to_its_end(
    cloud: InProcessCloud, before: Any
) -> None:
    key = fan_out(cloud, "odd-fails", range(6), batch_size=2, tolerated_failures=3)
    before(cloud, key)
    assert [each.index for each in cloud.service.get_all_sub_task(key=key)] in ([], [*range(6)])

    cloud.run()

    assert counts(cloud, key) == {"completed": 3, "failed": 3}
    assert statuses(cloud, key) == ["COMPLETED", "FAILED"] * 3


def test_one_of_an_earlier_version_is_cancelled_and_retried(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "echo", range(6), batch_size=2)
    split_before(cloud, key)
    event = {**key.as_dict(), "range": [0, 1], "retry": 0, "execution": "x"}
    subtasks.batch(event, cloud.context(900))
    cloud.service.cancel(key=key)
    cloud.run()
    cloud.executions.stopped.clear()
    subtasks.finish({**key.as_dict()}, cloud.context(900))
    assert statuses(cloud, key) == ["COMPLETED"] * 2 + ["CANCELLED"] * 4
    assert counts(cloud, key) == {"completed": 2, "cancelled": 4}

    cloud.service.retry(key=key)
    cloud.run()

    assert counts(cloud, key) == {"completed": 6}
    assert sorted(runs) == [*range(6)]
    assert cloud.wiring.tasks.get(key).rows == 2


def test_a_layout_of_a_newer_version_is_left_to_it(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(4), batch_size=2)
    row = cloud.wiring.tasks.get(key).but(rows=3)
    cloud.wiring.table.put(row.to_values())

    event = {**key.as_dict(), "range": [0, 1], "retry": 0, "execution": "x"}
    for step in (subtasks.split, subtasks.batch, subtasks.finish):
        with pytest.raises(NewerLayout, match="layout 3"):
            step(event if step is subtasks.batch else key.as_dict(), cloud.context(900))
    assert cloud.wiring.table.get(BatchKey(key, 0).stored) is None
