"""The sweep: whatever message or event is lost, its task is found; and nothing else is touched."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from clouds import fan_out, get, outcome, result, results_stored, submit

from taskmill.aws.dynamodb.sweeps import START
from taskmill.dispatch.overdue import GRACE_MS
from taskmill.dispatch.sweeper import Sweep
from taskmill.handlers import sweep as sweep_handler
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.lanes import IN_ORDER
from taskmill.model.statuses import Status
from taskmill.testing import Chaos, Crash, InProcessCloud

MODULES = ["flow_tasks", "sweep_tasks"]
_keys = count()
HOUR = 3_600
DAY = 24 * HOUR


@pytest.fixture
def cloud(runs: list[Any]) -> Iterator[InProcessCloud]:
    """A worker as containers have it, so that all lanes are drained; with a queue for each lane."""
    lanes = {f"TASKMILL_{lane}_QUEUE_URL": lane.lower() for lane in ("PRIORITY", "CONTAINER")}
    with InProcessCloud(modules=MODULES, environment=lanes) as cloud:
        yield cloud


def sweep(cloud: InProcessCloud) -> dict[str, int]:
    """What one invocation of the function does."""
    answer = cloud.invoke(sweep_handler.handler, {}, seconds=900)
    return dict(answer["done"])


def lose_messages(cloud: InProcessCloud) -> int:
    lost = sum(len(messages) for messages in cloud.queues.queues.values())
    for messages in cloud.queues.queues.values():
        messages.clear()
    return lost


def lose_records(cloud: InProcessCloud) -> int:
    lost = 0
    while cloud.stream.pending():
        lost += len(cloud.stream.take(100))
    return lost


def pass_time(cloud: InProcessCloud, seconds: float) -> None:
    """Let time pass, doing nothing: what is due stays undone."""
    cloud.now += round(seconds * 1000)


def play(cloud: InProcessCloud, *, steps: int) -> None:
    """Let the execution that was just started make so many steps."""
    for _ in range(steps):
        assert cloud.player.ready()
        cloud.player.step()


# What can be lost of a single task


def submit_unsent(cloud: InProcessCloud, value: Any = "value") -> TaskKey:
    """A task that only the stream sends: those with an idempotency key are not sent on submit."""
    return submit(cloud, "echo", value, idempotency_key=str(next(_keys)))


def lose_record(cloud: InProcessCloud) -> TaskKey:
    """CREATED: the stream never delivered it."""
    key = submit_unsent(cloud)
    assert lose_records(cloud) == 1
    return key


def lose_message(cloud: InProcessCloud) -> TaskKey:
    """QUEUED: a process that was forked inside a delivery deleted the message."""
    key = submit(cloud, "echo", "value")
    assert lose_messages(cloud) == 1
    return key


def lose_urgent_message(cloud: InProcessCloud) -> TaskKey:
    """QUEUED in a lane of its own."""
    key = submit(cloud, "echo", "value", priority="urgent")
    cloud.deliver_records()
    assert lose_messages(cloud) == 1
    return key


def lose_container_message(cloud: InProcessCloud) -> TaskKey:
    """QUEUED for containers."""
    key = submit(cloud, "contained", "value")
    cloud.deliver_records()
    assert lose_messages(cloud) == 1
    return key


def lose_schedule(cloud: InProcessCloud) -> TaskKey:
    """SCHEDULED: EventBridge Scheduler dropped the delivery."""
    key = submit(cloud, "echo", "value", delay_seconds=HOUR)
    cloud.deliver_records()
    assert lose_messages(cloud) == 1
    pass_time(cloud, HOUR)
    return key


def lose_worker(cloud: InProcessCloud) -> TaskKey:
    """STARTED: the worker died, and its message with it."""
    key = submit_unsent(cloud)
    cloud.wiring.claims.claim(key, fence="dead", lease_until=cloud.now + 60_000, max_attempts=3)
    lose_records(cloud)
    return key


def lose_worker_in_mid_task(cloud: InProcessCloud) -> TaskKey:
    """PROCESSING: as before, after its first progress."""
    key = submit_unsent(cloud)
    until = cloud.now + 60_000
    row = cloud.wiring.claims.claim(key, fence="dead", lease_until=until, max_attempts=3)
    cloud.wiring.claims.extend(row, lease_until=until, kept={"progress": {"done": 1, "total": 2}})
    lose_records(cloud)
    return key


def lose_retry(cloud: InProcessCloud) -> TaskKey:
    """ERRORED: the message of the next attempt was lost."""
    key = submit(cloud, "flaky", 1)
    while get(cloud, key).status != "ERRORED":
        assert cloud.step()
    while cloud.stream.pending():
        cloud.deliver_records()
    assert lose_messages(cloud) >= 1
    return key


def lose_direct_record(cloud: InProcessCloud) -> TaskKey:
    """CREATED and run by its submitter, who died before the claim; nor did the record arrive."""
    key = submit_unsent(cloud)
    lose_records(cloud)
    row = cloud.wiring.tasks.get(key)
    cloud.wiring.table.put(replace(row, direct=True, lease_until=cloud.now + 5_000).to_values())
    lose_records(cloud)
    return key


LOSSES = [
    lose_record,
    lose_message,
    lose_urgent_message,
    lose_container_message,
    lose_schedule,
    lose_worker,
    lose_worker_in_mid_task,
    lose_retry,
    lose_direct_record,
]


@pytest.mark.parametrize("lose", LOSSES)
def test_a_task_whose_message_is_gone_is_found(
    cloud: InProcessCloud, lose: Callable[[InProcessCloud], TaskKey]
) -> None:
    key = lose(cloud)
    cloud.run()
    assert get(cloud, key).status not in ("COMPLETED", "FAILED"), "nothing was lost"

    pass_time(cloud, 2 * HOUR)
    done = sweep(cloud)
    cloud.run()

    assert (done, get(cloud, key).status) == ({"sent": 1}, "COMPLETED")
    assert set(results_stored(cloud).values()) == {1}


@pytest.mark.parametrize("lose", LOSSES)
def test_before_the_grace_period_is_over_nothing_is_done(
    cloud: InProcessCloud, lose: Callable[[InProcessCloud], TaskKey]
) -> None:
    key = lose(cloud)
    before = cloud.wiring.table.get(key.stored)

    assert sweep(cloud) == {}

    assert cloud.wiring.table.get(key.stored) == before


@pytest.mark.parametrize("lose", LOSSES)
def test_a_dry_run_tells_the_same_and_writes_nothing(
    cloud: InProcessCloud, lose: Callable[[InProcessCloud], TaskKey]
) -> None:
    key = lose(cloud)
    pass_time(cloud, 2 * HOUR)
    before, writes, told = cloud.wiring.table.get(key.stored), len(cloud.table.records), []

    found = cloud.wiring.sweeper.sweep(dry_run=True, found=told.append)

    assert [(each.key, each.did) for each in told] == [(key, "sent")]
    assert (dict(found.done), found.errors) == ({"sent": 1}, 0)
    assert cloud.wiring.table.get(key.stored) == before
    assert (len(cloud.table.records), lose_messages(cloud)) == (writes, 0)


def test_a_worker_that_died_with_the_last_attempt_fails_the_task(cloud: InProcessCloud) -> None:
    key = submit_unsent(cloud)
    cloud.wiring.claims.claim(key, fence="dead", lease_until=cloud.now + 1_000, max_attempts=1)
    cloud.wiring.table.update(
        key.stored, "SET attempts = :n", condition="attribute_exists(pk)", values={"n": 3}
    )
    lose_records(cloud)
    pass_time(cloud, 2 * HOUR)

    sweep(cloud)
    cloud.run()

    assert get(cloud, key).status == "FAILED"


# Families


def parent_of_two(cloud: InProcessCloud) -> TaskKey:
    key = submit(cloud, "sweep-gathers", [1, 2])
    while get(cloud, key).status != "WAITING":
        assert cloud.step()
    return key


def end_children_unseen(cloud: InProcessCloud, parent: TaskKey) -> None:
    """Let the children end, and lose the records that would count them."""
    children = list(cloud.wiring.children.keys_of(parent))
    while not all(get(cloud, child).finished_at for child in children):
        if any(cloud.deliveries.steps()):
            next(iter(cloud.deliveries.steps()))()
        else:
            cloud.deliver_records()
    lose_records(cloud)


def test_a_waiting_parent_is_found_whose_children_were_never_counted(
    cloud: InProcessCloud,
) -> None:
    key = parent_of_two(cloud)
    end_children_unseen(cloud, key)
    cloud.run()
    assert get(cloud, key).status == "WAITING"

    pass_time(cloud, 2 * HOUR)
    assert sweep(cloud) == {"counted": 1}
    cloud.run()

    assert (get(cloud, key).status, result(cloud, key)) == ("COMPLETED", [1, 2])


def test_a_waiting_parent_is_found_whose_wake_up_is_gone(cloud: InProcessCloud) -> None:
    key = parent_of_two(cloud)
    while (cloud.wiring.tasks.get(key).awaited_done or 0) < 2:
        assert cloud.step()
    lose_records(cloud)
    lose_messages(cloud)
    cloud.run()
    assert get(cloud, key).status == "WAITING"

    pass_time(cloud, 2 * HOUR)
    assert sweep(cloud) == {"sent": 1}
    cloud.run()

    assert (get(cloud, key).status, result(cloud, key)) == ("COMPLETED", [1, 2])


def test_a_parent_whose_child_still_runs_is_left_alone(cloud: InProcessCloud) -> None:
    key = parent_of_two(cloud)
    [first, second] = cloud.wiring.children.keys_of(key)
    for child in (first, second):
        cloud.wiring.claims.claim(
            child, fence="f", lease_until=cloud.now + DAY * 1000, max_attempts=3
        )
    pass_time(cloud, 2 * HOUR)

    assert sweep(cloud) == {}


def test_a_finished_parent_is_found_whose_child_was_never_counted(cloud: InProcessCloud) -> None:
    key = submit(cloud, "sweep-leaves-a-child", 1)
    while get(cloud, key).status != "FINISHED":
        assert cloud.step()
    end_children_unseen(cloud, key)
    cloud.run()
    assert get(cloud, key).status == "FINISHED"

    pass_time(cloud, 2 * HOUR)
    assert sweep(cloud) == {"counted": 1}
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


def test_a_finished_parent_is_found_whose_end_is_gone(cloud: InProcessCloud) -> None:
    key = submit(cloud, "sweep-leaves-a-child", 1)
    while not (cloud.wiring.tasks.get(key).children_completed or 0):
        assert cloud.step()
    lose_records(cloud)
    cloud.run()
    assert get(cloud, key).status == "FINISHED"

    pass_time(cloud, 2 * HOUR)
    assert sweep(cloud) == {"settled": 1}

    assert get(cloud, key).status == "COMPLETED"


# Fan-outs


def test_a_fan_out_that_was_never_started_is_started(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(4))
    lose_records(cloud)
    pass_time(cloud, 2 * HOUR)

    assert sweep(cloud) == {"started": 1}
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert get(cloud, key).attributes["counts"]["completed"] == 4


def test_a_fan_out_whose_execution_ended_unheard_is_finished(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(6), batch_size=2)
    cloud.deliver_records()
    play(cloud, steps=2)  # split, and the first batch
    [name] = cloud.executions.started
    cloud.executions.silent = True
    cloud.executions.stopped.add(name)  # somebody stops it in the console of AWS
    cloud.run()
    assert get(cloud, key).status == "PROCESSING"

    pass_time(cloud, 2 * HOUR)
    assert sweep(cloud) == {"finished": 1}

    task = get(cloud, key)
    counts = task.attributes["counts"]
    assert task.status == "FAILED"
    assert "ExecutionAborted: stopped" in str(task.attributes["error"])
    assert (counts["completed"], counts["failed"]) == (2, 4)


def test_a_fan_out_whose_execution_aws_has_forgotten_is_finished(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(2))
    cloud.deliver_records()
    assert get(cloud, key).status == "STARTED"
    cloud.executions.started.clear()
    cloud.executions.waiting.clear()
    pass_time(cloud, 100 * DAY)

    assert sweep(cloud) == {"finished": 1}

    assert get(cloud, key).status == "FAILED"


def test_a_fan_out_whose_execution_runs_is_left_alone(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(6), batch_size=2)
    cloud.deliver_records()
    play(cloud, steps=1)
    pass_time(cloud, 6 * DAY)

    assert sweep(cloud) == {}
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


# What a backlog looks like


def test_a_task_that_waits_in_a_backlog_is_not_gone(cloud: InProcessCloud) -> None:
    submit(cloud, "echo", "first")
    cloud.deliver_records()
    pass_time(cloud, 60)
    key = submit(cloud, "echo", "second")
    cloud.deliver_records()
    pass_time(cloud, 2 * DAY)

    assert sweep(cloud) == {}
    cloud.run()
    assert set(results_stored(cloud).values()) == {1}
    assert get(cloud, key).status == "COMPLETED"


def test_a_task_that_is_older_than_the_whole_backlog_is_gone(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo", "lost")
    cloud.deliver_records()
    lose_messages(cloud)
    pass_time(cloud, HOUR)
    for value in range(3):
        submit(cloud, "echo", value)
    cloud.deliver_records()
    pass_time(cloud, HOUR)

    assert sweep(cloud) == {"sent": 1}
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


def test_without_figures_a_queue_with_messages_is_trusted(cloud: InProcessCloud) -> None:
    submit(cloud, "echo", "lost")
    cloud.deliver_records()
    lose_messages(cloud)
    pass_time(cloud, DAY)
    submit(cloud, "echo", "waits")
    cloud.deliver_records()
    cloud.queues.unmeasured = True

    assert sweep(cloud) == {}


def test_without_figures_an_empty_queue_has_lost_what_was_queued(cloud: InProcessCloud) -> None:
    submit(cloud, "echo", "lost")
    cloud.deliver_records()
    lose_messages(cloud)
    cloud.queues.unmeasured = True
    pass_time(cloud, 2 * HOUR)

    assert sweep(cloud) == {"sent": 1}


def test_a_message_is_sent_again_once_a_day_at_most(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo", "value")
    cloud.deliver_records()
    sent = []
    for _ in range(60):
        lose_messages(cloud)
        pass_time(cloud, HOUR)
        sent.append(sweep(cloud).get("sent", 0))

    assert sum(sent) == 3  # after one hour, and one and two days later
    assert get(cloud, key).status == "QUEUED"


def test_of_two_sweeps_at_once_one_sends(cloud: InProcessCloud) -> None:
    key = lose_message(cloud)
    pass_time(cloud, 2 * HOUR)
    row = cloud.wiring.tasks.get(key)
    store = cloud.wiring.sweeper.store

    assert [store.note(row) is None for _ in range(2)] == [False, True]


def test_a_task_that_is_claimed_meanwhile_is_not_noted(cloud: InProcessCloud) -> None:
    key = lose_message(cloud)
    row = cloud.wiring.tasks.get(key)
    cloud.wiring.claims.claim(key, fence="f", lease_until=cloud.now + 1_000, max_attempts=3)

    assert cloud.wiring.sweeper.store.note(row) is None


def test_a_task_that_is_retried_by_hand_may_be_sent_again_the_same_day(
    cloud: InProcessCloud,
) -> None:
    key = lose_message(cloud)
    pass_time(cloud, 2 * HOUR)
    sweep(cloud)
    cloud.service.cancel(key=key)
    cloud.service.retry(key=key)
    lose_records(cloud)
    lose_messages(cloud)
    pass_time(cloud, 2 * HOUR)

    assert sweep(cloud) == {"sent": 1}


# What is none of its business


@pytest.mark.parametrize(("status", "done"), [("WAITING", "sent"), ("FINISHED", "settled")])
def test_a_task_that_was_only_reported_to_wait_is_moved_on(
    cloud: InProcessCloud, status: str, done: str
) -> None:
    key = submit_unsent(cloud)
    cloud.service.update_status(key=key, status=Status(status))
    lose_records(cloud)
    pass_time(cloud, 30 * DAY)

    assert sweep(cloud) == {done: 1}
    cloud.run()
    assert cloud.service.get_task(key=key).status == "COMPLETED"


def test_a_task_that_an_outside_worker_left_is_taken_over(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo", "value")
    cloud.service.update_status(key=key, status=Status.STARTED)  # leases it for 15 minutes
    lose_records(cloud)
    pass_time(cloud, 2 * HOUR)

    assert sweep(cloud) == {"sent": 1}
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


def test_one_odd_row_stops_nothing(cloud: InProcessCloud) -> None:
    odd, key = submit_unsent(cloud, "odd"), submit_unsent(cloud)
    lose_records(cloud)
    cloud.wiring.table.update(
        odd.stored, "SET runAt = :text", condition="attribute_exists(pk)", values={"text": "noon"}
    )
    lose_records(cloud)
    pass_time(cloud, 2 * HOUR)

    swept = cloud.wiring.sweeper.sweep()
    cloud.run()

    assert (dict(swept.done), swept.errors) == ({"sent": 1}, 1)
    assert get(cloud, key).status == "COMPLETED"


def test_the_function_tells_of_rows_that_it_could_not_sweep(cloud: InProcessCloud) -> None:
    odd = submit(cloud, "echo", "odd")
    cloud.wiring.table.update(
        odd.stored, "SET runAt = :text", condition="attribute_exists(pk)", values={"text": "noon"}
    )
    lose_records(cloud)
    pass_time(cloud, 2 * HOUR)

    with pytest.raises(sweep_handler.SweepIncomplete, match="1 rows"):
        sweep(cloud)


# A table that takes longer than a function


def test_a_sweep_that_runs_out_of_time_continues_where_it_stopped(cloud: InProcessCloud) -> None:
    keys = [submit(cloud, "echo", value) for value in range(40)]
    lose_records(cloud)
    pass_time(cloud, 2 * HOUR)
    store = replace_store(cloud, page_rows=3)
    sweeper = replace(cloud.wiring.sweeper, store=store)
    invocations = 1
    while sweeper.resume(remaining_ms=lambda: 0).left:
        assert store.position() != START
        invocations += 1
    cloud.run()

    assert invocations > 3
    assert store.position() == START
    assert [get(cloud, key).status for key in keys] == ["COMPLETED"] * 40
    assert set(results_stored(cloud).values()) == {1}


def replace_store(cloud: InProcessCloud, *, page_rows: int) -> Any:
    store = cloud.wiring.sweeper.store
    return type(store)(store.table, clock=store.clock, page_rows=page_rows)


def test_a_sweep_in_time_leaves_no_row_behind(cloud: InProcessCloud) -> None:
    assert sweep(cloud) == {}

    assert cloud.table.scan()["Items"] == []


def test_every_row_is_seen_however_small_the_pages(cloud: InProcessCloud) -> None:
    for value in range(25):
        submit_unsent(cloud, value)
    lose_records(cloud)
    pass_time(cloud, 2 * HOUR)

    for rows in (1, 2, 7, 100):
        sweeper = replace(cloud.wiring.sweeper, store=replace_store(cloud, page_rows=rows))
        assert sweeper.sweep(dry_run=True).done == {"sent": 25}


def test_reads_are_eventually_consistent_and_ask_for_open_tasks_only(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half the price; and what is returned is parsed, which takes the function's time."""
    done, asked, scan = submit(cloud, "echo", 1), [], cloud.table.scan
    cloud.run()
    monkeypatch.setattr(
        cloud.table, "scan", lambda **request: asked.append(request) or scan(**request)
    )
    pass_time(cloud, 2 * HOUR)

    swept = cloud.wiring.sweeper.sweep()

    assert get(cloud, done).status == "COMPLETED"
    assert (len(asked), swept.open_tasks) == (len(START), 0)
    assert not any(request.get("ConsistentRead") for request in asked)


# Harmless


def mixed_work(cloud: InProcessCloud) -> list[TaskKey]:
    return [
        submit(cloud, "echo", 1),
        submit(cloud, "echo", 2, delay_seconds=30),
        submit(cloud, "flaky", 2),
        submit(cloud, "fails", 3),
        submit(cloud, "sweep-gathers", [4, 5, 6]),
        submit(cloud, "sweep-leaves-a-child", 7),
        submit(cloud, "echo", 8, priority="high"),
        fan_out(cloud, "odd-fails", range(5), batch_size=2, tolerated_failures="2"),
    ]


def end_of(cloud: InProcessCloud, key: TaskKey) -> Any:
    """What a task came to, with its subtasks or children."""
    if key.kind is Kind.SFN_TASK:
        return outcome(cloud, key)
    task = get(cloud, key)
    error = (task.attributes.get("error") or {}).get("type")  # type: ignore[union-attr]
    children = (task.children_completed, task.children_failed, task.children_cancelled)
    return (str(task.status), task.attempts, task.attributes.get("result"), error, children)


def suspicious(cloud: InProcessCloud) -> Sweep:
    """A sweep that takes every message for lost, at once."""
    everything = dict.fromkeys(IN_ORDER, cloud.now + 10 * DAY * 1000)
    sweeper = replace(cloud.wiring.sweeper, grace_ms=-1_000, oldest=lambda _: everything)
    return sweeper.sweep()


@pytest.mark.parametrize("seed", range(25))
def test_a_sweep_at_any_step_changes_no_end_and_stores_no_second_result(
    runs: list[Any], seed: int
) -> None:
    ends = []
    for step in (None, 3 + 5 * seed):
        chaos = Chaos(deliveries=2, seed=seed)
        with InProcessCloud(modules=MODULES, chaos=chaos) as cloud:
            keys = mixed_work(cloud)
            for number in count():
                if number == step:
                    suspicious(cloud)
                if not cloud.step() and not cloud._pass_time():
                    break
            ends.append([end_of(cloud, key) for key in keys])
            assert set(results_stored(cloud).values()) == {1}
    assert ends[0] == ends[1]


def test_sweeps_after_every_step_change_no_end(runs: list[Any]) -> None:
    ends = []
    for sweeping in (False, True):
        with InProcessCloud(modules=MODULES, chaos=Chaos(seed=1)) as cloud:
            keys = mixed_work(cloud)
            while cloud.step() or cloud._pass_time():
                if sweeping:
                    assert suspicious(cloud).errors == 0
            ends.append([end_of(cloud, key) for key in keys])
            assert set(results_stored(cloud).values()) == {1}
    assert ends[0] == ends[1]


def test_a_sweep_over_a_healthy_busy_stack_writes_and_sends_nothing(cloud: InProcessCloud) -> None:
    mixed_work(cloud)
    while cloud.step() or cloud._pass_time():
        writes, sent = len(cloud.table.records), cloud.meter.calls["sqs.send_message_batch"]
        assert sweep(cloud) == {}
        assert len(cloud.table.records) == writes
        assert cloud.meter.calls["sqs.send_message_batch"] == sent


@pytest.mark.parametrize("after", [False, True])
def test_a_sweep_that_dies_at_any_call_does_no_harm(runs: list[Any], *, after: bool) -> None:
    for call in count(1):
        with InProcessCloud(modules=MODULES) as cloud:
            keys = [lose_record(cloud), lose_message(cloud)]
            parent = parent_of_two(cloud)
            end_children_unseen(cloud, parent)
            pass_time(cloud, 2 * HOUR)
            cloud.meter.crash_at = cloud.meter.calls.total() + call
            cloud.meter.crash_after = after
            try:
                cloud.wiring.sweeper.sweep()
            except Crash:
                crashed = True
            else:
                crashed = False
            cloud.meter.crash_at = None
            cloud.run()
            pass_time(cloud, DAY + 2 * HOUR)
            sweep(cloud)
            cloud.run()
            assert [get(cloud, key).status for key in (*keys, parent)] == ["COMPLETED"] * 3
            assert set(results_stored(cloud).values()) == {1}
        if not crashed:
            return


def test_a_sweep_finds_all_of_many_kinds_at_once(cloud: InProcessCloud) -> None:
    keys = [lose(cloud) for lose in LOSSES]
    pass_time(cloud, 2 * HOUR)
    lose_messages(cloud)
    assert sweep(cloud) == {"sent": len(keys)}
    cloud.run()

    assert {get(cloud, key).status for key in keys} == {"COMPLETED"}


def test_the_grace_period_is_an_hour() -> None:
    assert GRACE_MS == HOUR * 1000
