"""What has not begun by its expiry does not run; what has not ended by its deadline fails."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import timed_tasks
from builders import sqs_record
from clouds import TENANT, fan_out, get, statuses, submit
from hypothesis import given, settings
from hypothesis import strategies as st

from taskmill.aws.sqs.protocol import Message, message_body
from taskmill.errors import IllegalStatusChange
from taskmill.handlers import dead_letters, subtasks, sweep
from taskmill.model.errors import SubtasksRemain
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.models import CreateTask
from taskmill.testing import Chaos, InProcessCloud
from taskmill.testing.http import InProcessApi
from taskmill.testing.sizes import item_size

CHAOS = {
    "calm": Chaos(),
    "doubled": Chaos(deliveries=2),
    "any order": Chaos(deliveries=2, seed=3),
    "faulty": Chaos(seed=4, conflicts=0.2, lost_answers=0.2),
    "clock behind": Chaos(clock_skew_seconds=-300),
    "clock ahead": Chaos(clock_skew_seconds=300),
}
WORKERS: dict[str, dict[str, str]] = {"lambda": {}, "consumer": {"TASKMILL_RUNNER": "container"}}


@pytest.fixture(autouse=True)
def runs() -> Iterator[list[Any]]:
    for each in (timed_tasks.RUNS, timed_tasks.DURING, timed_tasks.PASSES):
        each.clear()
    yield timed_tasks.RUNS
    timed_tasks.DURING.clear()
    timed_tasks.PASSES.clear()


def cloud_with(chaos: Chaos, **environment: str) -> InProcessCloud:
    return InProcessCloud(["timed_tasks"], chaos=chaos, environment=environment)


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with cloud_with(Chaos()) as cloud:
        yield cloud


@pytest.fixture(params=CHAOS)
def rough(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    """A cloud with each kind of chaos, whose processes know the services' time."""
    with cloud_with(CHAOS[request.param]) as cloud:
        cloud.wiring.queue("TASKMILL_QUEUE_URL").receive(1)
        yield cloud


def error_of(cloud: InProcessCloud, key: TaskKey) -> tuple[Any, ...]:
    """Status, type of the error, type of what made it final."""
    task = get(cloud, key)
    error: Any = task.attributes.get("error") or {}
    return str(task.status), error.get("type"), error.get("final", {}).get("type")


def ends_of(cloud: InProcessCloud, key: TaskKey, status: str) -> set[Any]:
    """The types of the errors of a fan-out's subtasks in this status."""
    rows: Any = cloud.service.get_all_sub_task(key=key)
    return {row.attributes["error"]["type"] for row in rows if row.status == status}


def sent(cloud: InProcessCloud) -> None:
    """Everything that was stored is on the queues; nothing has run."""
    while cloud.stream.pending():
        cloud.deliver_records()


EXPIRED = ("CANCELLED", "Expired", None)
TOO_LATE = ("FAILED", "DeadlineExceeded", None)


# Expiry


def test_a_task_that_is_reached_in_time_runs(rough: InProcessCloud, runs: list[Any]) -> None:
    key = submit(rough, "otp", 1)
    sent(rough)
    rough.sleep(50)

    rough.run()

    assert (get(rough, key).status, runs) == ("COMPLETED", [("otp", 1)])


@pytest.mark.parametrize("worker", WORKERS)
@pytest.mark.parametrize("chaos", CHAOS)
def test_a_task_that_expires_while_its_message_waits_is_cancelled_unrun(
    runs: list[Any], chaos: str, worker: str
) -> None:
    with cloud_with(CHAOS[chaos], **WORKERS[worker]) as cloud:
        cloud.wiring.queue("TASKMILL_QUEUE_URL").receive(1)
        keys = [submit(cloud, "otp", n, on_completion="tells-of-end") for n in range(4)]
        sent(cloud)
        cloud.sleep(70)

        cloud.run()

        assert [error_of(cloud, key) for key in keys] == [EXPIRED] * 4
        assert {each[0] for each in runs} == {"told"}
        assert all(each == ("told", "CANCELLED", "Expired") for each in runs)
        told = {
            note["sk"] for note in cloud.notifications if note["content"]["status"] == "CANCELLED"
        }
        assert told == {key.sk for key in keys}
        assert not cloud.alarms


def test_one_write_ends_an_expired_task(cloud: InProcessCloud) -> None:
    submit(cloud, "otp", 1)
    sent(cloud)
    cloud.sleep(70)
    before = cloud.meter.writes

    cloud.run()

    assert cloud.meter.writes - before == 1  # where one that runs has two


def test_expiry_ends_with_the_begin(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = submit(cloud, "fails-twice", 7, expires_seconds=30)

    cloud.run()

    assert (get(cloud, key).status, len(runs)) == ("COMPLETED", 3)  # attempts 100 s apart


def test_a_parent_that_waited_past_its_expiry_goes_on(cloud: InProcessCloud) -> None:
    key = submit(cloud, "waits-later", 3_000, expires_seconds=30)

    cloud.run()

    assert error_of(cloud, key) == ("COMPLETED", None, None)


def test_a_delayed_task_counts_from_its_start(cloud: InProcessCloud) -> None:
    soon = submit(cloud, "otp", 1, delay_seconds=500)
    far = submit(cloud, "otp", 2, delay_seconds=5_000)

    cloud.run()

    for key in (soon, far):
        task = get(cloud, key)
        assert task.status == "COMPLETED"
        assert task.run_at is not None
        assert task.expires_at is not None
        assert (task.expires_at - task.run_at).total_seconds() == 60


@pytest.mark.parametrize("times", [1, 3])
def test_a_retry_of_an_expired_task_gets_a_new_expiry(
    cloud: InProcessCloud, runs: list[Any], times: int
) -> None:
    key = submit(cloud, "otp", 1)
    for _ in range(times):
        sent(cloud)
        cloud.sleep(100)
        cloud.run()
        assert error_of(cloud, key) == EXPIRED
        cloud.sleep(1_000)
        cloud.service.retry(key=key)
        row = cloud.wiring.tasks.get(key)
        assert (row.expires_at, row.deadline_at) == (cloud.now + 60_000, cloud.now + 600_000)

    cloud.run()

    assert error_of(cloud, key) == ("COMPLETED", None, None)
    assert runs == [("otp", 1)]


def test_a_retry_of_a_task_that_was_cancelled_before_it_was_due_keeps_its_start(
    cloud: InProcessCloud,
) -> None:
    key = submit(cloud, "otp", 1, delay_seconds=500)
    start = cloud.now + 500_000
    cloud.service.cancel(key=key)
    cloud.sleep(200)

    cloud.service.retry(key=key)

    assert cloud.wiring.tasks.get(key).expires_at == start + 60_000


def test_a_waiting_parent_gets_the_end_of_an_expired_child(rough: InProcessCloud) -> None:
    key = submit(rough, "waits-for", {"type": "otp", "options": {"expires_seconds": 5}})
    while not rough.service.list_children(key=key):
        assert rough.step()
    sent(rough)
    rough.sleep(10)

    rough.run()

    assert get(rough, key).attributes["result"] == ["CANCELLED", "Expired"]


def test_the_times_are_shown(cloud: InProcessCloud) -> None:
    key = submit(cloud, "untimed", 1, expires_seconds=10, deadline_seconds=20)

    answer = InProcessApi().get(f"/v1/tenants/{TENANT}/tasks/untimed/{key.code}")

    task = get(cloud, key)
    assert task.created_at is not None
    assert task.expires_at is not None
    assert task.deadline_at is not None
    assert (task.expires_at - task.created_at).total_seconds() == 10
    assert (task.deadline_at - task.created_at).total_seconds() == 20
    assert {"expiresAt", "deadlineAt"} <= answer.body.keys()
    other = get(cloud, submit(cloud, "untimed", 2))
    assert (other.expires_at, other.deadline_at) == (None, None)


# Reports from outside


@pytest.mark.parametrize("status", ["STARTED", "PROCESSING"])
def test_nobody_begins_an_expired_task_from_outside(cloud: InProcessCloud, status: str) -> None:
    key = submit(cloud, "otp", 1)
    sent(cloud)
    cloud.sleep(60)

    with pytest.raises(IllegalStatusChange, match="had not begun within 60 s"):
        cloud.service.update_status(key=key, status=status)

    assert error_of(cloud, key) == EXPIRED
    cloud.run()
    assert error_of(cloud, key) == EXPIRED


@pytest.mark.parametrize("status", ["STARTED", "PROCESSING", "ERRORED"])
def test_what_was_begun_from_outside_in_time_does_not_expire(
    cloud: InProcessCloud, runs: list[Any], status: str
) -> None:
    key = submit(cloud, "otp", 1, deadline_seconds=9_000)
    sent(cloud)
    cloud.service.update_status(key=key, status=status)
    cloud.sleep(61)

    cloud.run()

    assert (get(cloud, key).status, runs) == ("COMPLETED", [("otp", 1)])


def test_progress_from_outside_is_refused_after_the_deadline(cloud: InProcessCloud) -> None:
    key = submit(cloud, "otp", 1, deadline_seconds=100)
    cloud.service.update_status(key=key, status="STARTED")
    cloud.sleep(101)

    with pytest.raises(IllegalStatusChange, match="had not ended within 100 s"):
        cloud.service.update_status(key=key, status="PROCESSING")

    assert get(cloud, key).status == "STARTED"  # the caller's lease: it may still report an end
    cloud.run()
    assert error_of(cloud, key)[:2] == ("FAILED", "DeadlineExceeded")


def test_an_end_is_taken_from_outside_at_any_time(cloud: InProcessCloud) -> None:
    key = submit(cloud, "otp", 1)
    cloud.sleep(10_000)

    cloud.service.update_status(key=key, status="COMPLETED")

    assert get(cloud, key).status == "COMPLETED"


# Deadline


def test_a_task_whose_deadline_passed_on_the_queue_fails_unrun(
    rough: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(rough, "untimed", 1, deadline_seconds=60)
    sent(rough)
    rough.sleep(70)

    rough.run()

    assert (error_of(rough, key), runs) == (TOO_LATE, [])
    assert rough.alarms


def test_an_attempt_ends_at_the_deadline(cloud: InProcessCloud) -> None:
    timed_tasks.DURING.append(lambda: time.sleep(30))
    key = submit(cloud, "otp", 1, deadline_seconds=1)
    began = time.monotonic()
    sent(cloud)

    cloud.run()

    assert time.monotonic() - began < 10
    assert error_of(cloud, key) == ("FAILED", "TaskTimeout", "DeadlineExceeded")


def test_no_retry_is_later_than_the_deadline(rough: InProcessCloud, runs: list[Any]) -> None:
    key = submit(rough, "fails-twice", 1, deadline_seconds=250)  # retries after 100 s and 200 s

    rough.run()

    assert error_of(rough, key) == ("FAILED", "ValueError", "DeadlineExceeded")
    assert [each[1] for each in runs] == [1, 2]


def test_a_task_that_ends_in_time_completes(rough: InProcessCloud) -> None:
    key = submit(rough, "fails-twice", 1, deadline_seconds=400)

    rough.run()

    assert get(rough, key).status == "COMPLETED"


def test_a_task_that_returns_a_moment_late_completes(cloud: InProcessCloud) -> None:
    timed_tasks.PASSES.append(cloud)
    key = submit(cloud, "lasts", 61, deadline_seconds=60)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"  # it was not cut off: its result is true


@pytest.mark.parametrize("deadline", [600, 5_000], ids=["an SQS delay", "a schedule"])
@pytest.mark.parametrize("kind", ["waits-later", "leaves-later"])
def test_a_parent_does_not_wait_past_its_deadline(
    rough: InProcessCloud, kind: str, deadline: int
) -> None:
    began = rough.now
    key = submit(rough, kind, 50_000, deadline_seconds=deadline)

    rough.advance(seconds=deadline + 30)

    assert error_of(rough, key) == TOO_LATE
    ended = get(rough, key).finished_at
    assert ended is not None
    assert -5 <= ended.timestamp() - (began / 1000 + deadline) <= 5


def test_a_child_has_no_later_deadline_than_its_parent(cloud: InProcessCloud) -> None:
    options = {"deadline_seconds": 50}
    shorter = submit(
        cloud, "waits-for", {"type": "untimed", "options": options}, deadline_seconds=500
    )
    longer = submit(cloud, "waits-for", {"type": "otp"}, deadline_seconds=500)
    cloud.run()

    (own,) = cloud.service.list_children(key=shorter)
    (inherited,) = cloud.service.list_children(key=longer)

    assert own.deadline_at is not None
    assert own.created_at is not None
    assert (own.deadline_at - own.created_at).total_seconds() == 50
    assert inherited.deadline_at == get(cloud, longer).deadline_at


def test_a_retried_parent_and_its_children_get_new_times(cloud: InProcessCloud) -> None:
    key = submit(cloud, "waits-later", 50_000, deadline_seconds=600)
    cloud.advance(seconds=700)
    assert error_of(cloud, key) == TOO_LATE
    (child,) = cloud.service.list_children(key=key)
    cloud.service.update_status(key=child.key, status="COMPLETED")

    cloud.service.retry(key=key)
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


def test_a_child_taken_over_by_the_next_run_gets_new_times(cloud: InProcessCloud) -> None:
    given = {"type": "untimed", "options": {"deadline_seconds": 300}}
    key = submit(cloud, "waits-for", given, deadline_seconds=600)
    while not cloud.service.list_children(key=key):
        assert cloud.step()
    (child,) = cloud.service.list_children(key=key)
    cloud.sleep(700)  # both messages are late
    cloud.run()
    assert get(cloud, child.key).status == get(cloud, key).status == "FAILED"

    cloud.service.retry(key=key)
    cloud.run()

    assert error_of(cloud, key) == ("COMPLETED", None, None)
    assert get(cloud, child.key).status == "COMPLETED"


def test_a_sweep_ends_a_waiting_parent_whose_message_is_lost(cloud: InProcessCloud) -> None:
    key = submit(cloud, "waits-later", 90_000, deadline_seconds=600)
    while get(cloud, key).status != "WAITING":
        assert cloud.step()
    sent(cloud)
    queue = cloud.queues.queues["queue"]
    queue[:] = [each for each in queue if key.code not in each.body]
    cloud.sleep(2 * 3_600)

    cloud.invoke(sweep.handler, {})
    while cloud.step():
        pass

    assert error_of(cloud, key) == TOO_LATE


def test_a_dead_letter_ends_a_waiting_parent_that_is_too_late(cloud: InProcessCloud) -> None:
    key = submit(cloud, "waits-later", 90_000, deadline_seconds=600)
    while get(cloud, key).status != "WAITING":
        assert cloud.step()
    cloud.sleep(601)

    event = {"Records": [sqs_record("m", message_body(key))]}
    cloud.invoke(dead_letters.handler, event)

    assert error_of(cloud, key) == TOO_LATE


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
@pytest.mark.parametrize("kind", ["otp", "waits-later", "leaves-later"])
def test_a_crash_at_any_call_leads_to_the_same_end(kind: str, *, after: bool) -> None:
    def end(crash_at: int | None) -> tuple[Any, int]:
        with cloud_with(Chaos()) as cloud:
            key = submit(cloud, kind, 90_000, deadline_seconds=600)
            if kind == "otp":
                sent(cloud)
                cloud.sleep(60)
            cloud.meter.calls.clear()
            cloud.meter.crash_at, cloud.meter.crash_after = crash_at, after
            cloud.advance(seconds=1_000)
            cloud.meter.crash_at = None
            return error_of(cloud, key), cloud.meter.calls.total()

    calm, calls = end(None)
    assert calm == (EXPIRED if kind == "otp" else TOO_LATE)
    for position in range(1, calls + 1):
        assert end(position)[0] == calm, f"crash at call {position} of {calls}"


# Fan-outs


def split(cloud: InProcessCloud) -> None:
    """Start the execution, up to the end of its first step."""
    cloud.deliver_records()
    assert cloud.player.ready()
    cloud.player.step()


def test_batches_that_begin_after_the_expiry_run_nothing(
    rough: InProcessCloud, runs: list[Any]
) -> None:
    timed_tasks.DURING.append(lambda: rough.sleep(20))
    key = fan_out(rough, "otp", range(12), batch_size=3, max_concurrency=1, expires_seconds=50)

    rough.run()

    assert error_of(rough, key) == EXPIRED
    ends = statuses(rough, key)
    begun = ends.count("COMPLETED")
    assert begun in (3, 6)  # a batch that began in time is run to its end
    assert ends.count("CANCELLED") == 12 - begun
    assert len({value for _, value in runs}) == begun
    counts: Any = get(rough, key).attributes["counts"]
    assert (counts["completed"], counts["cancelled"], counts["failed"]) == (begun, 12 - begun, 0)
    assert ends_of(rough, key, "CANCELLED") == {"Expired"}


def test_a_retry_of_an_expired_fan_out_runs_what_expired(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "otp", range(6), batch_size=3)
    sent(cloud)
    cloud.sleep(61)
    cloud.run()
    assert (error_of(cloud, key), runs) == (EXPIRED, [])

    cloud.service.retry(key=key)
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert statuses(cloud, key) == ["COMPLETED"] * 6


def test_a_batch_that_has_expired_is_given_up_in_one_write(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "otp", range(300), batch_size=100, notify="progress")
    split(cloud)
    cloud.sleep(61)
    before = len(cloud.table.records)

    cloud.run()

    assert (error_of(cloud, key), runs) == (EXPIRED, [])
    # A claim and an end of each batch, the end of the fan-out; no subtask has a row.
    assert len(cloud.table.records) - before == 3 * 2 + 1
    subtask: Any = get(cloud, key.subtask(299))
    assert (subtask.status, subtask.attributes["error"]["type"]) == ("CANCELLED", "Expired")
    assert subtask.finished_at.timestamp() == cloud.now / 1000
    with pytest.raises(IllegalStatusChange):
        cloud.service.update_sub_task_status(key=key.subtask(0), status="COMPLETED")


def test_what_was_reported_of_a_batch_before_it_expired_stands(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "otp", range(6), batch_size=3)
    split(cloud)
    report = cloud.service.update_sub_task_status
    report(key=key.subtask(1), status="COMPLETED", attributes={"result": "mine"})
    report(key=key.subtask(2), status="PROCESSING")
    cloud.sleep(61)
    report(key=key.subtask(3), status="FAILED")

    cloud.run()

    assert runs == []
    assert statuses(cloud, key) == [
        *("CANCELLED", "COMPLETED", "CANCELLED"),
        *("FAILED", "CANCELLED", "CANCELLED"),
    ]
    counts: Any = get(cloud, key).attributes["counts"]
    assert (counts["completed"], counts["failed"], counts["cancelled"]) == (1, 1, 4)
    assert cloud.service.get_result(key=key.subtask(1)).result == "mine"


def test_a_batch_that_began_in_time_goes_on_after_the_expiry(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    """Its first invocation has run one subtask when it must stop; the next one comes too late."""
    key = fan_out(cloud, "otp", range(4), batch_size=4)
    split(cloud)
    timed_tasks.DURING.append(lambda: cloud.sleep(61))
    event = {**key.as_dict(), "range": [0, 3], "retry": 0, "execution": "x"}
    with pytest.raises(SubtasksRemain):
        subtasks.batch(event, cloud.context(80))
    timed_tasks.DURING.clear()
    assert 0 < len(runs) < 4

    cloud.run()

    assert statuses(cloud, key) == ["COMPLETED"] * 4


def test_expired_subtasks_may_be_tolerated(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "otp", range(6), batch_size=3, tolerated_failures="100%")
    sent(cloud)
    cloud.sleep(61)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert statuses(cloud, key) == ["CANCELLED"] * 6


def test_the_deadline_of_a_fan_out_fails_what_is_left(
    rough: InProcessCloud, runs: list[Any]
) -> None:
    timed_tasks.PASSES.append(rough)
    key = fan_out(rough, "lasts", [20] * 8, batch_size=2, max_concurrency=1, deadline_seconds=75)

    rough.run()

    ends = statuses(rough, key)
    assert error_of(rough, key)[:2] == ("FAILED", "SubtasksFailed")
    assert ends.count("COMPLETED") == len(ends) - ends.count("FAILED") >= 2
    assert "FAILED" in ends
    assert ends_of(rough, key, "FAILED") == {"DeadlineExceeded"}


def test_a_subtask_is_not_retried_beyond_the_deadline(cloud: InProcessCloud) -> None:
    began = cloud.now
    key = fan_out(cloud, "fails-twice", [1, 2], deadline_seconds=50)

    cloud.run()

    subtask: Any = cloud.service.get_all_sub_task(key=key)[0]
    assert subtask.attributes["error"]["final"]["type"] == "DeadlineExceeded"
    assert cloud.now - began < 60_000


def test_a_parent_gets_the_end_of_an_expired_map(cloud: InProcessCloud) -> None:
    given = {"inputs": [1, 2], "options": {"expires_seconds": 5}}
    key = submit(cloud, "maps-timed", given)
    while not cloud.service.list_children(key=key):
        assert cloud.step()
    cloud.sleep(6)

    cloud.run()

    assert get(cloud, key).attributes["result"] == ["CANCELLED", "Expired"]


# Schedules


def tasks_of(cloud: InProcessCloud) -> list[Any]:
    return list(cloud.service.list_items_by_pk(tenant_code=TENANT).items)


def test_the_tasks_of_a_schedule_count_from_the_fire(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    cloud.service.schedule(
        tenant_code=TENANT,
        name="hourly",
        task_type="untimed",
        expression="rate(1 hour)",
        expires_seconds=30,
        deadline_seconds=900,
    )
    cloud.advance(seconds=3_700)
    (task,) = tasks_of(cloud)
    assert (task.status, len(runs)) == ("COMPLETED", 1)
    row = cloud.wiring.tasks.get(task.key)
    assert row.timed_from is not None
    assert row.expires_at == row.timed_from + 30_000
    assert row.deadline_at == row.timed_from + 900_000


def test_a_fire_that_arrives_too_late_expires(cloud: InProcessCloud, runs: list[Any]) -> None:
    cloud.service.schedule(
        tenant_code=TENANT,
        name="hourly",
        task_type="untimed",
        expression="rate(1 hour)",
        expires_seconds=30,
    )
    sent(cloud)
    fire = cloud.schedules.next_due(after=cloud.now)
    assert fire is not None
    cloud.now = fire
    cloud.schedules.fire(fire, times=1)
    cloud.sleep(31)

    cloud.run()

    (task,) = tasks_of(cloud)
    assert (error_of(cloud, task.key), runs) == (EXPIRED, [])


# What it costs


def costs(options: dict[str, int]) -> Any:
    """Calls, writes and write units of one task, and the size of its new row."""
    with cloud_with(Chaos()) as cloud:
        key = submit(cloud, "untimed", "x" * 100, **options)
        assert cloud.stream.pending()
        size = item_size(cloud.stream.seen[0]["dynamodb"]["NewImage"])
        cloud.run()
        assert get(cloud, key).status == "COMPLETED"
        return dict(cloud.meter.calls), cloud.meter.writes, cloud.meter.write_units, size


def test_a_task_with_limits_costs_no_call_and_no_write_more() -> None:
    without, timed = costs({}), costs({"expires_seconds": 60, "deadline_seconds": 600})

    assert without[:3] == timed[:3]
    assert 0 < timed[3] - without[3] <= 2 * 20


def test_a_deadline_costs_a_waiting_parent_one_message_and_its_refused_claim() -> None:
    def calls(**options: int) -> Any:
        with cloud_with(Chaos()) as cloud:
            submit(cloud, "waits-later", 10, **options)
            cloud.run()
            return cloud.meter.calls, cloud.meter.writes

    (without, writes), (timed, timed_writes) = calls(), calls(deadline_seconds=600)

    # The child was sent by the attempt that starts it, so the message shares no call.
    # It comes so late that the worker reads anew what is paused.
    assert timed - without == {
        "dynamodb.update_item": 1,
        "sqs.send_message_batch": 1,
        "dynamodb.batch_get_item": 1,
    }
    assert timed_writes == writes


# Many at once


@pytest.mark.parametrize("worker", WORKERS)
def test_tasks_that_are_claimed_together_expire_one_by_one(runs: list[Any], worker: str) -> None:
    with cloud_with(Chaos(), **WORKERS[worker]) as cloud:
        limits = [{"expires_seconds": 10}, {"deadline_seconds": 10}, {}]
        tasks = [
            CreateTask(tenant_code=TENANT, task_type="untimed", input=n, **limits[n % 3])
            for n in range(9)
        ]
        keys = [task.key for task in cloud.service.create_tasks(tasks=tasks)]
        sent(cloud)
        cloud.sleep(11)

        cloud.run()

        ends = [error_of(cloud, key) for key in keys]
        assert ends == [EXPIRED, TOO_LATE, ("COMPLETED", None, None)] * 3
        assert sorted(value for _, value in runs) == [2, 5, 8]


MOVES: dict[str, Callable[[InProcessCloud, TaskKey], Any]] = {
    "cancel": lambda cloud, key: cloud.service.cancel(key=key),
    "report": lambda cloud, key: cloud.service.update_status(key=key, status="STARTED"),
    "end": lambda cloud, key: cloud.service.update_status(key=key, status="COMPLETED"),
    "retry": lambda cloud, key: cloud.service.retry(key=key),
    "send": lambda cloud, key: cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(key)]),
    "step": lambda cloud, _: cloud.step(),
    "wait": lambda cloud, _: cloud.sleep(25),
}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=14), st.integers(0, 5))
def test_whatever_happens_nothing_begins_after_its_expiry(moves: list[str], seed: int) -> None:
    """Claims, cancels, reports, retries and expiry in any order, with every delivery doubled."""
    late: list[int] = []

    with cloud_with(Chaos(deliveries=2, seed=seed)) as cloud:
        key = submit(cloud, "otp", 1)

        def began() -> None:
            row = cloud.wiring.tasks.get(key)
            if row.attempts == 1 and cloud.now >= (row.expires_at or 0):
                late.append(cloud.now)

        timed_tasks.DURING[:] = [began]
        for name in moves:
            try:
                MOVES[name](cloud, key)
            except IllegalStatusChange:
                continue
        cloud.run()

        status, error, _ = error_of(cloud, key)
        assert not late or "report" in moves  # begun in time by a report, then taken over
        assert get(cloud, key).status in (Status.COMPLETED, Status.CANCELLED, Status.FAILED)
        if error == "Expired":
            assert status == "CANCELLED"
            assert get(cloud, key).attempts == 0
        if status == "FAILED":
            assert error == "DeadlineExceeded"  # of a report whose lease outlived it
