"""The nine invariants of the design, each by its number; every test tries to break one."""

import itertools
import json
from collections import Counter
from typing import Any

import pytest
from clouds import TENANT, fan_out, get, result, results_stored, statuses, submit

from taskmill.aws.dynamodb.batch_counts import BatchCounts
from taskmill.errors import (
    ClaimLost,
    IllegalStatusChange,
    InvalidKey,
    InvalidRequest,
    LimitExceeded,
)
from taskmill.handlers import dispatch, subtasks, work
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.statuses import FINAL, Status
from taskmill.models import CreateStepFunctionTask, CreateTask
from taskmill.testing import Chaos, InProcessCloud
from taskmill.testing.http import InProcessApi

SOURCES = list(Status)


def message_of(key: TaskKey) -> dict[str, Any]:
    record = {"messageId": "m", "receiptHandle": "m", "body": json.dumps(key.as_dict())}
    return {"Records": [{**record, "attributes": {}, "eventSource": "aws:sqs"}]}


def play(cloud: InProcessCloud, *, steps: int) -> None:
    """Let the execution that was just started make so many steps."""
    for _ in range(steps):
        assert cloud.player.ready()
        cloud.player.step()


def row_of(cloud: InProcessCloud, key: TaskKey) -> Any:
    return cloud.wiring.table.get(key.stored)


class Test1AFinalStatusIsNeverOverwritten:
    @pytest.mark.parametrize("final", sorted(FINAL))
    def test_not_by_any_update(self, cloud: InProcessCloud, final: Status) -> None:
        key = submit(cloud, "echo")
        cloud.service.update_status(key=key, status=final)
        before = row_of(cloud, key)

        for status in Status:
            with pytest.raises(IllegalStatusChange):
                cloud.service.update_status(key=key, status=status)
        with pytest.raises(IllegalStatusChange):
            cloud.service.cancel(key=key)

        assert row_of(cloud, key) == before

    @pytest.mark.parametrize("final", sorted(FINAL))
    def test_not_by_a_late_message_or_mark(
        self, cloud: InProcessCloud, runs: list[Any], final: Status
    ) -> None:
        key = submit(cloud, "echo")
        cloud.service.update_status(key=key, status=final)
        before = row_of(cloud, key)

        cloud.run()  # the record of its insert is delivered only now
        cloud.invoke(work.handler, message_of(key))

        assert (row_of(cloud, key), runs) == (before, [])

    def test_not_by_an_execution_that_ends_after_a_cancel(self, cloud: InProcessCloud) -> None:
        key = fan_out(cloud, "echo", range(6), batch_size=2)
        cloud.deliver_records()
        play(cloud, steps=2)  # split, and the first batch
        cloud.service.cancel(key=key)

        cloud.run()

        assert get(cloud, key).status == "CANCELLED"

    def test_but_by_an_explicit_retry(self, cloud: InProcessCloud) -> None:
        key = submit(cloud, "fails")
        cloud.run()

        assert cloud.service.retry(key=key).status == "CREATED"


class Test2OfAnyNumberOfDeliveriesOneHoldsTheClaim:
    def test_of_ten_claims_one_wins(self, cloud: InProcessCloud) -> None:
        key = submit(cloud, "echo")
        won = []

        for number in range(10):
            try:
                cloud.wiring.claims.claim(
                    key, fence=f"f{number}", lease_until=cloud.now + 60_000, max_attempts=3
                )
                won.append(number)
            except ClaimLost:
                continue

        assert won == [0]
        assert get(cloud, key).attempts == 1

    def test_a_worker_whose_lease_passed_on_writes_nothing_more(
        self, cloud: InProcessCloud
    ) -> None:
        key = submit(cloud, "echo", "theirs")
        late = cloud.wiring.claims.claim(
            key, fence="late", lease_until=cloud.now + 1_000, max_attempts=3
        )
        cloud.now += 2_000
        cloud.invoke(work.handler, message_of(key))  # takes over and completes
        before = row_of(cloud, key)

        for write in (
            lambda: cloud.wiring.claims.extend(late, lease_until=cloud.now + 60_000),
            lambda: cloud.wiring.claims.end(
                late, Status.COMPLETED, attributes={"result": '"late"'}
            ),
            lambda: cloud.wiring.claims.errored(late, attributes={"error": {}}, retry_at=cloud.now),
        ):
            with pytest.raises(ClaimLost):
                write()

        assert row_of(cloud, key) == before
        assert cloud.stream.pending()
        assert set(results_stored(cloud).values()) == {1}


class Test3AReactionThatFailedIsDeliveredAgainAndTwiceChangesNothing:
    @pytest.mark.parametrize("broken", ["send_message_batch", "start_execution", "publish_batch"])
    def test_what_could_not_be_emitted_is_emitted_later(
        self, cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        keys = [submit(cloud, "echo", 1), fan_out(cloud, "echo", range(4))]
        service = next(
            each for each in (cloud.queues, cloud.executions, cloud.topics) if hasattr(each, broken)
        )
        works = getattr(service, broken)
        calls = itertools.count()

        def breaks_twice(**request: Any) -> Any:
            if next(calls) < 2:
                raise ConnectionError("not now")
            return works(**request)

        monkeypatch.setattr(service, broken, breaks_twice)
        cloud.run()

        assert [get(cloud, key).status for key in keys] == ["COMPLETED", "COMPLETED"]

    def test_every_record_once_more_at_every_moment(self, cloud: InProcessCloud) -> None:
        keys = [submit(cloud, "flaky", 1), fan_out(cloud, "odd-fails", range(6), batch_size=2)]
        for _ in range(40):
            step, *_ = [*cloud._possible_steps(), cloud._pass_time]
            step()
            cloud.invoke(dispatch.handler, {"Records": list(cloud.stream.seen)})
        cloud.run()

        assert [get(cloud, key).status for key in keys] == ["COMPLETED", "FAILED"]
        assert len(cloud.executions.started) == 1
        assert set(results_stored(cloud).values()) == {1}


class Test4CountsAreExactUnderRedelivery:
    @pytest.mark.parametrize("seed", range(4))
    def test_records_and_steps_three_times_in_any_order(self, seed: int) -> None:
        chaos = Chaos(deliveries=3, seed=seed)
        with InProcessCloud(modules=["flow_tasks"], chaos=chaos) as cloud:
            key = fan_out(cloud, "odd-fails", range(50), batch_size=3, tolerated_failures=25)
            cloud.run()

            counts = {"total": 50, "completed": 25, "failed": 25, "cancelled": 0}
            assert get(cloud, key).attributes["counts"] == counts
            seen = Counter(statuses(cloud, key))
            assert seen == {"COMPLETED": 25, "FAILED": 25}

    def test_a_batch_is_counted_once_by_any_number_of_transactions(
        self, cloud: InProcessCloud
    ) -> None:
        key = fan_out(cloud, "echo", range(6), batch_size=3)
        cloud.deliver_records()
        play(cloud, steps=2)  # split, and the first batch
        found = cloud.wiring.batches.find(cloud.wiring.tasks.get(key), range(2)).values()
        (closed,) = [each for each in found if isinstance(each, BatchRow)]
        assert closed.status is Status.COMPLETED
        counts = BatchCounts(table=cloud.wiring.table)

        seen = []
        for _ in range(5):
            counts.tell(key, [closed])
            seen.append(cloud.service.get_progress(key=key).completed)

        assert seen == [3] * 5


class Test5WorkPerSubtaskIsConstant:
    def test_ten_times_the_subtasks_take_ten_times_the_calls_at_most(self) -> None:
        calls = []
        for count in (100, 1_000):
            with InProcessCloud(modules=["flow_tasks"]) as cloud:
                fan_out(cloud, "echo", range(count), batch_size=50, notify="progress")
                cloud.run()
                calls.append(cloud.meter.calls.total())

        assert calls[1] <= 10 * calls[0]

    def test_no_read_grows_with_the_siblings(self) -> None:
        with InProcessCloud(modules=["flow_tasks"]) as cloud:
            fan_out(cloud, "echo", range(500), batch_size=50, notify="each")
            cloud.run()

            # A batch's own rows; the batches; what is to follow from the end.
            assert cloud.meter.calls["dynamodb.query"] <= 10 + 1 + 1


class Test6AParentsOutcomeIsTrue:
    def test_all_failed_is_failed(self, cloud: InProcessCloud) -> None:
        key = fan_out(cloud, "aborts", range(5))
        cloud.run()

        assert get(cloud, key).status == "FAILED"

    def test_nothing_to_do_is_complete(self, cloud: InProcessCloud) -> None:
        assert get(cloud, fan_out(cloud, "echo", [])).status == "COMPLETED"

    @pytest.mark.parametrize("step", ["split", "batch"])
    def test_a_step_that_always_breaks_ends_failed_with_an_alarm(
        self, cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, step: str
    ) -> None:
        def breaks(*_: Any) -> None:
            raise RuntimeError(f"{step} is broken")

        monkeypatch.setattr(subtasks, step, breaks)
        key = fan_out(cloud, "echo", range(5))

        cloud.run()

        assert get(cloud, key).status == "FAILED"
        assert get(cloud, key).attributes["counts"]["failed"] == 5  # type: ignore[index, call-overload]
        assert set(statuses(cloud, key)) <= {"FAILED"}
        assert [each["sk"] for each in cloud.alarms] == [key.sk]

    def test_an_execution_that_broke_off_ends_failed(self, cloud: InProcessCloud) -> None:
        key = fan_out(cloud, "echo", range(5))
        cloud.deliver_records()
        cloud.player._adopt()
        (name,) = cloud.executions.started
        cloud.player._running.clear()
        detail = {"status": "TIMED_OUT", "name": name, "input": json.dumps(key.as_dict())}

        subtasks.finish({"source": "aws.states", "detail": detail}, cloud.context())
        cloud.run()

        assert get(cloud, key).status == "FAILED"
        assert len(cloud.alarms) == 1


class Test7ATenantReadsAndWritesOnlyItsOwnRows:
    @pytest.mark.parametrize(
        "tenant", ["", "a#b", "a/b", "..", "é", "a" * 65, "TASK#a", " a", "a b", "-a", "a\n"]
    )
    def test_no_name_reaches_into_another_key(self, tenant: str) -> None:
        with pytest.raises((InvalidKey, ValueError)):
            CreateTask(tenant_code=tenant, task_type="echo")
        with pytest.raises(InvalidKey):
            TaskKey(Kind.TASK, tenant, "echo", "code")

    def test_lists_idempotency_and_uploads_are_the_tenant_s_own(
        self, cloud: InProcessCloud
    ) -> None:
        submit(cloud, "echo", idempotency_key="k")
        upload = cloud.service.create_upload(tenant_code=TENANT)

        other = CreateTask(tenant_code="other", task_type="echo", input=2, idempotency_key="k")
        key = cloud.service.create_task(task=other).key

        assert key.tenant == "other"
        listed = cloud.service.list_items_by_pk(tenant_code="other").items
        assert [each.code for each in listed] == [key.code]
        theirs = CreateStepFunctionTask(
            tenant_code="other", task_type="echo", input_ref=upload.input_ref
        )
        with pytest.raises(InvalidRequest, match="not from an upload of this tenant"):
            cloud.service.create_step_function_task(task=theirs)

    def test_a_token_for_one_tenant_opens_no_path_of_another(self) -> None:
        claim = {"TASKMILL_TENANT_CLAIM": "custom:tenant"}
        caller = InProcessApi(authorizer={"jwt": {"claims": {"custom:tenant": "mine"}}})
        with InProcessCloud(modules=["flow_tasks"], environment=claim) as cloud:
            body = {"taskType": "echo"}
            assert caller.post("/v1/tenants/mine/tasks", body).status == 202
            before = len(cloud.table.records)
            for answer in (
                caller.post("/v1/tenants/yours/tasks", body),
                caller.get("/v1/tenants/yours/tasks"),
                caller.get("/v1/tenants/yours/tasks/echo/code"),
                caller.post("/v1/tenants/yours/uploads", {"size": 1}),
            ):
                assert answer.status == 403
            assert len(cloud.table.records) == before


class Test8EveryPayloadSizeWorksOrIsRefusedWithTheLimit:
    LIMIT = 20_000

    @pytest.mark.parametrize("size", [1, 599, 600, 601, 3_001, 7_999, 8_000, 8_001, 19_999, 20_000])
    def test_up_to_the_limit_it_works_both_ways(self, size: int) -> None:
        value = "x" * max(size - 2, 0)
        with self._cloud() as cloud:
            alone = submit(cloud, "echo", value)
            beside = fan_out(cloud, "echo", [value])
            cloud.run()

            assert result(cloud, alone) == value
            assert result(cloud, beside.subtask(0)) == value

    def test_beyond_it_is_refused_before_anything_is_stored(self) -> None:
        with self._cloud() as cloud:
            for refused in (
                lambda: submit(cloud, "echo", "x" * self.LIMIT),
                lambda: fan_out(cloud, "echo", ["x" * self.LIMIT]),
            ):
                with pytest.raises(LimitExceeded, match="at most 20,000"):
                    refused()
            assert cloud.table.records == []
            assert cloud.bucket.objects == {}

    def test_a_result_beyond_it_fails_its_task_with_the_limit(self) -> None:
        with self._cloud() as cloud:
            key = submit(cloud, "sized", self.LIMIT + 10)
            cloud.run()

            error: Any = get(cloud, key).attributes["error"]
            assert (get(cloud, key).status, error["type"]) == ("FAILED", "InvalidResult")

    def _cloud(self) -> InProcessCloud:
        limit = {"TASKMILL_MAX_PAYLOAD_BYTES": str(self.LIMIT)}
        return InProcessCloud(modules=["flow_tasks"], environment=limit)


class Test9AnErrorIsStoredWithTypeMessageAndStack:
    @pytest.mark.parametrize("task_type", ["fails", "aborts", "exits", "nobody-knows-me", "dies"])
    def test_of_a_task_and_of_a_subtask(self, cloud: InProcessCloud, task_type: str) -> None:
        alone = submit(cloud, task_type, 99)
        beside = fan_out(cloud, task_type, [99])

        cloud.run()

        for key in (alone, beside.subtask(0), beside):
            error: Any = get(cloud, key).attributes["error"]
            assert set(error) == {"type", "message", "stack"}
            assert error["type"]
            assert error["message"]
            assert len(error["stack"]) <= 2_000

    @pytest.mark.parametrize("given", [{}, "", "text", {"type": ""}, KeyError(), ValueError("x")])
    def test_whatever_an_outside_worker_reports(self, cloud: InProcessCloud, given: Any) -> None:
        key = submit(cloud, "echo")

        cloud.service.update_status(key=key, status="FAILED", attributes={"error": given})

        error: Any = get(cloud, key).attributes["error"]
        assert error["type"]
        assert error["message"]
        assert "stack" in error
