"""What was seen to fail in the task package that taskmill takes over: a test for each finding.

Those that need queues, functions and gateways as they are deployed stand in
`tests/e2e/test_seen_to_fail_there.py`.
"""

from collections import Counter
from typing import Any

import pytest
from clouds import TENANT, fan_out, get, outcome, result, results_stored, statuses, submit

from taskmill.errors import InvalidKey, TaskNotFound
from taskmill.handlers import dispatch, subtasks
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import FINAL
from taskmill.models import CreateTask
from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

TENANT_PATH = f"/v1/tenants/{TENANT}"


@pytest.mark.parametrize("size", [130_000, 400_000])
def test_large_inputs_stayed_created_for_ever_and_blocked_the_stream(
    cloud: InProcessCloud, size: int
) -> None:
    large = submit(cloud, "measure", "x" * size)
    parts = fan_out(cloud, "measure", ["x" * size, "small"])
    behind = submit(cloud, "echo", "behind it")

    cloud.run()

    assert result(cloud, large) == size
    assert result(cloud, parts.subtask(0)) == size
    assert get(cloud, behind).status == "COMPLETED"


def test_results_over_256_kb_made_completed_work_run_again_and_fail(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    value = "x" * 300_000
    alone, parts = submit(cloud, "echo", value), fan_out(cloud, "echo", [value])

    cloud.run()

    assert len(runs) == 2
    assert result(cloud, alone) == result(cloud, parts.subtask(0)) == value
    assert [get(cloud, key).attempts for key in (alone, parts.subtask(0))] == [1, 1]


def test_about_458_subtasks_were_the_most() -> None:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        key = fan_out(cloud, "echo", range(5_000))
        cloud.run()

        counts = {"total": 5_000, "completed": 5_000, "failed": 0, "cancelled": 0}
        assert get(cloud, key).attributes["counts"] == counts


def test_two_subtasks_at_a_time_were_the_most(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", range(10), batch_size=1, max_concurrency=7)
    cloud.deliver_records()
    (name,) = cloud.executions.started

    plan = subtasks.split({**key.as_dict(), "execution": name}, cloud.context())

    assert (len(plan["batches"]), plan["maxConcurrency"]) == (10, 7)


def test_400_subtasks_took_32_800_queries() -> None:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        fan_out(cloud, "echo", range(400), batch_size=100, notify="progress")
        cloud.run()

        assert cloud.meter.calls["dynamodb.query"] <= 6
        assert cloud.meter.writes <= 400 * 2 + 30
        assert cloud.meter.calls.total() / 400 <= 0.2


def test_a_late_aggregator_left_the_parent_stuck_with_all_children_done(
    cloud: InProcessCloud,
) -> None:
    key = fan_out(cloud, "echo", range(9), batch_size=3)
    cloud.run()
    done = outcome(cloud, key)
    closed = [
        record
        for record in cloud.stream.seen
        if record["dynamodb"]["NewImage"]["row"]["S"] == "BATCH"
    ]

    cloud.invoke(dispatch.handler, {"Records": closed[::-1]})  # the counts, late and backwards
    cloud.run()

    assert outcome(cloud, key) == done
    assert get(cloud, key).status == "COMPLETED"


def test_queued_was_written_after_the_worker_had_finished(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo")
    (created,) = cloud.stream.take(1)
    cloud.wiring.runner.run(key, remaining_ms=lambda: 60_000)

    cloud.invoke(dispatch.handler, {"Records": [created]})  # sends, and marks QUEUED too late
    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert set(results_stored(cloud).values()) == {1}


def test_a_redelivered_parent_reset_its_subtasks_and_started_again(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = fan_out(cloud, "echo", range(6), batch_size=2)
    cloud.run()
    done = outcome(cloud, key)

    cloud.invoke(dispatch.handler, {"Records": list(cloud.stream.seen)})
    cloud.run()

    assert outcome(cloud, key) == done
    assert len(cloud.executions.started) == 1
    assert Counter(runs) == Counter(range(6))


def test_a_parent_completed_although_all_subtasks_had_failed(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "aborts", range(4))

    cloud.run()

    assert get(cloud, key).status == "FAILED"


def test_an_empty_array_stayed_processing_for_ever(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "echo", [])

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


@pytest.mark.parametrize("kind", list(Kind))
def test_an_update_of_a_missing_key_made_a_ghost_row(cloud: InProcessCloud, kind: Kind) -> None:
    ghost = TaskKey(kind, TENANT, "echo", "ghost")

    for update in (
        lambda: cloud.service.update_status(key=ghost, status="COMPLETED"),
        lambda: cloud.service.cancel(key=ghost),
        lambda: cloud.service.retry(key=ghost),
    ):
        with pytest.raises(TaskNotFound):
            update()

    assert cloud.table.records == []


def test_errors_were_stored_as_empty_objects(cloud: InProcessCloud) -> None:
    key = submit(cloud, "fails")

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert (error["type"], error["message"]) == ("RuntimeError", "always")
    assert "flow_tasks.py" in error["stack"]


def test_a_hash_sign_in_a_type_or_tenant_was_accepted_and_never_ran(cloud: InProcessCloud) -> None:
    api = InProcessApi()

    refused = [
        api.post(f"{TENANT_PATH}/tasks", {"taskType": "a#b"}),
        api.post(f"{TENANT_PATH}/step-function-tasks", {"taskType": "a#b", "input": []}),
        api.post("/v1/tenants/a%23b/tasks", {"taskType": "echo"}),
    ]

    assert [answer.status for answer in refused] == [422, 422, 400]
    with pytest.raises((InvalidKey, ValueError)):
        CreateTask(tenant_code="a#b", task_type="echo")
    assert cloud.table.records == []


def test_the_fan_out_route_refused_arrays(cloud: InProcessCloud) -> None:
    body = {"taskType": "echo", "input": [1, 2]}

    answer = InProcessApi().post(f"{TENANT_PATH}/step-function-tasks", body)
    cloud.run()

    assert answer.status == 202
    assert statuses(cloud, TaskKey.of(answer.body)) == ["COMPLETED"] * 2


def test_a_missing_task_was_answered_with_200_and_nothing(cloud: InProcessCloud) -> None:
    answer = InProcessApi().get(f"{TENANT_PATH}/tasks/echo/missing")

    assert (answer.status, answer.error["code"]) == (404, "not_found")


def test_lists_showed_the_first_ten_only_with_subtasks_among_them(cloud: InProcessCloud) -> None:
    api = InProcessApi()
    keys = [submit(cloud, "echo", number) for number in range(25)]
    parents = [fan_out(cloud, "echo", range(3)) for _ in range(12)]
    cloud.run()

    for path, wanted in (("tasks", keys), ("step-function-tasks", parents)):
        found, cursor = [], None
        while True:
            query = {"limit": 10} | ({"cursor": cursor} if cursor else {})
            page = api.get(f"{TENANT_PATH}/{path}", **query).body
            found += [each["code"] for each in page["items"]]
            if (cursor := page["cursor"]) is None:
                break
        assert sorted(found) == sorted(key.code for key in wanted)


def test_no_tenant_was_checked_anywhere(cloud: InProcessCloud) -> None:
    key = submit(cloud, "echo")

    assert cloud.service.list_items_by_pk(tenant_code="other").items == ()
    answer = InProcessApi().get(f"/v1/tenants/other/tasks/echo/{key.code}")
    assert answer.status == 404


def test_alarms_went_to_the_dead_letters_or_nowhere(cloud: InProcessCloud) -> None:
    keys = [submit(cloud, "aborts"), fan_out(cloud, "aborts", [1])]

    cloud.run()

    assert {alarm["sk"] for alarm in cloud.alarms} == {key.sk for key in keys}
    assert {alarm["action"] for alarm in cloud.alarms} == {"sfn-alarm"}
    assert not cloud.queues.queues.get("dead-letters")


def test_after_an_out_of_memory_tasks_stayed_processing(cloud: InProcessCloud) -> None:
    keys = [submit(cloud, "dies", 99), fan_out(cloud, "one-kills", ["a", "killer", "b"])]

    cloud.run()

    assert [get(cloud, key).status for key in keys] == ["FAILED", "FAILED"]
    assert statuses(cloud, keys[1]) == ["COMPLETED", "FAILED", "COMPLETED"]


class TestWasAbsent:
    def test_cancel(self, cloud: InProcessCloud, runs: list[Any]) -> None:
        key = submit(cloud, "echo")
        cloud.service.cancel(key=key)
        cloud.run()

        assert (get(cloud, key).status, runs) == ("CANCELLED", [])

    def test_a_retry_by_hand(self, cloud: InProcessCloud) -> None:
        key = submit(cloud, "aborts")
        cloud.run()
        cloud.service.retry(key=key)
        cloud.run()

        assert (get(cloud, key).run, get(cloud, key).status) == (2, "FAILED")

    def test_a_heartbeat_that_extends_the_lease(self, cloud: InProcessCloud) -> None:
        key = submit(cloud, "reports", 5)
        row = cloud.wiring.claims.claim(
            key, fence="f", lease_until=cloud.now + 1_000, max_attempts=3
        )

        extended = cloud.wiring.claims.extend(
            row, lease_until=cloud.now + 60_000, kept={"progress": {"done": 1}}
        )

        assert extended.lease_until == cloud.now + 60_000
        assert get(cloud, key).status == "PROCESSING"

    def test_a_delay(self, cloud: InProcessCloud) -> None:
        due = cloud.now + 100_000
        key = submit(cloud, "echo", delay_seconds=100)
        cloud.run()

        assert get(cloud, key).status == "COMPLETED"
        assert cloud.now >= due

    def test_progress_in_percent(self, cloud: InProcessCloud) -> None:
        key = fan_out(cloud, "echo", range(8))
        assert cloud.service.get_progress(key=key).percent == 0.0
        cloud.run()

        assert cloud.service.get_progress(key=key).percent == 100.0

    def test_a_history(self, cloud: InProcessCloud) -> None:
        key = submit(cloud, "flaky", 1)
        cloud.run()

        told = [str(each.status) for each in get(cloud, key).history]
        assert told == ["CREATED", "QUEUED", "STARTED", "ERRORED", "STARTED", "COMPLETED"]

    def test_expiry(self, cloud: InProcessCloud) -> None:
        key = fan_out(cloud, "echo", [1])
        cloud.run()

        for each in (key, key.subtask(0)):
            ends = get(cloud, each).ttl
            assert ends is not None
            # All rows of a fan-out stay for as long as an execution may take, and 90 days.
            assert abs(ends - cloud.now / 1000 - (30 + 90) * 86_400) < 60

    def test_idempotency(self, cloud: InProcessCloud, runs: list[Any]) -> None:
        keys = {submit(cloud, "echo", 1, idempotency_key="once") for _ in range(3)}
        cloud.run()

        assert len(keys) == 1
        assert runs == [1]

    def test_a_reaper(self, cloud: InProcessCloud) -> None:
        """A worker that is gone leaves no task behind: its message comes again and ends it."""
        key = submit(cloud, "dies", 99)
        cloud.run()

        assert get(cloud, key).status in FINAL
