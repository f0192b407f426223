"""Where the second reference system (table B) was seen to fail, taskmill does not."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import family_tasks
import pytest
from botocore.exceptions import ClientError
from clouds import TENANT, get, result, submit

from taskmill.errors import IllegalStatusChange, InvalidRequest
from taskmill.model.statuses import FINAL
from taskmill.testing import Chaos, InProcessCloud

MODULES = ["family_tasks"]


@pytest.fixture
def runs() -> list[Any]:
    family_tasks.RUNS.clear()
    return family_tasks.RUNS


@pytest.fixture
def cloud(runs: list[Any]) -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=MODULES) as cloud:
        yield cloud


def test_a_throwing_task_ran_once_whatever_its_retries(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    key = submit(cloud, "flaky-leaf", 2)

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert runs == [("flaky-leaf", 1), ("flaky-leaf", 2), ("flaky-leaf", 3)]


def test_nothing_could_be_scheduled(cloud: InProcessCloud, runs: list[Any]) -> None:
    due = cloud.now + 7_200_000
    submit(cloud, "leaf", 1, delay_seconds=7_200)
    submit(cloud, "leaf", 2)

    while cloud.step():
        pass
    assert runs == [("leaf", 2)]
    cloud.run()

    assert runs == [("leaf", 2), ("leaf", 1)]
    assert cloud.now >= due


@pytest.mark.parametrize("task_type", ["leaf", "waits-for-slow"])
def test_nothing_could_be_cancelled(cloud: InProcessCloud, runs: list[Any], task_type: str) -> None:
    key = submit(cloud, task_type, 1, delay_seconds=30)

    cloud.service.cancel(key=key)
    cloud.run()

    assert get(cloud, key).status == "CANCELLED"
    assert runs == []


@pytest.mark.parametrize(
    ("types", "outcome"), [(["leaf", "broken-leaf"], "FAILED"), (["leaf", "leaf"], "COMPLETED")]
)
def test_parents_were_never_evaluated(
    cloud: InProcessCloud, types: list[str], outcome: str
) -> None:
    key = submit(cloud, "starts", types)

    cloud.run()

    assert get(cloud, key).status == outcome


def test_a_task_whose_process_died_stayed_running(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = submit(cloud, "leaf", 1)
    while get(cloud, key).status != "QUEUED" or cloud.stream.pending():
        cloud.step()
    claim = cloud.meter.calls.total() + 2  # before it, the worker looks what is paused
    cloud.meter.crash_at, cloud.meter.crash_after = claim, True
    while cloud.meter.calls.total() < claim:
        cloud.step()
    assert (get(cloud, key).status, runs) == ("STARTED", [])

    cloud.run()

    assert (get(cloud, key).status, get(cloud, key).attempts) == ("COMPLETED", 2)
    assert runs == [("leaf", 1)]


def test_three_deliveries_were_three_runs_and_three_callbacks(runs: list[Any]) -> None:
    with InProcessCloud(modules=MODULES, chaos=Chaos(deliveries=3, seed=1)) as cloud:
        key = submit(cloud, "leaf", 1, on_completion="hears")

        cloud.run()

        (callback,) = cloud.service.list_children(key=key)
        assert callback.status == "COMPLETED"
        assert Counter(runs) == {("leaf", 1): 1, ("hears", "COMPLETED"): 1}


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_between_row_and_queue_left_it_pending_for_ever(
    cloud: InProcessCloud, runs: list[Any], *, after: bool
) -> None:
    key = submit(cloud, "leaf", 1)
    cloud.meter.crash_at, cloud.meter.crash_after = cloud.meter.calls.total() + 1, after

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"
    assert runs == [("leaf", 1)]


def test_a_queue_that_is_down_made_the_caller_hang(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch, runs: list[Any]
) -> None:
    def down(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "no"}}, "Send")

    with monkeypatch.context() as outage:
        outage.setattr(cloud.queues, "send_message_batch", down)
        key = submit(cloud, "leaf", 1)  # the caller has its task at once
        while cloud.stream.pending():
            cloud.step()
        assert get(cloud, key).status == "CREATED"

    cloud.run()

    assert get(cloud, key).status == "COMPLETED"


def test_a_late_write_came_over_a_cancelled_task(cloud: InProcessCloud, runs: list[Any]) -> None:
    key = submit(cloud, "cancels-itself-late")

    cloud.run()

    assert runs == ["went on to its end"]
    assert get(cloud, key).status == "CANCELLED"
    assert "result" not in get(cloud, key).attributes
    with pytest.raises(IllegalStatusChange):
        cloud.service.update_status(key=key, status="COMPLETED", attributes={"result": 1})


def test_a_wrong_result_was_stored_as_completed(cloud: InProcessCloud) -> None:
    key = submit(cloud, "returns-text-for-a-number")

    cloud.run()

    error: Any = get(cloud, key).attributes["error"]
    assert (get(cloud, key).status, error["type"]) == ("FAILED", "InvalidResult")


def test_a_callback_bound_to_itself_ran_69_times_in_3_seconds(
    cloud: InProcessCloud, runs: list[Any]
) -> None:
    with pytest.raises(InvalidRequest, match="itself"):
        submit(cloud, "hears", None, on_completion="hears")

    # By way of another type it is a loop all the same: it ends, with an alarm.
    for source, target in [("hears", "echoes"), ("echoes", "hears")]:
        cloud.service.register_callback(
            tenant_code=TENANT, task_type=source, event="completion", callback_type=target
        )
    submit(cloud, "hears", {"task": {"status": "first"}})
    cloud.run()

    assert len(runs) <= 33
    assert len(cloud.alarms) == 1


def test_integer_ids_were_refused_by_the_queue(runs: list[Any]) -> None:
    with InProcessCloud(modules=MODULES, environment={"TASKMILL_IDS": "integer"}) as cloud:
        keys = [submit(cloud, "leaf", number) for number in range(3)]

        cloud.run()

        assert [key.code for key in keys] == ["1", "2", "3"]
        assert [result(cloud, key) for key in keys] == [0, 10, 20]
        assert all(get(cloud, key).status in FINAL for key in keys)
