"""Cancel stops whatever still writes: once things have settled, no row of the tree changes."""

from collections.abc import Callable, Iterator
from typing import Any

import cancel_tasks
import pytest
from cancel_tasks import DURING
from clouds import TENANT, fan_out, get, submit

from taskmill.model.keys import TaskKey
from taskmill.model.statuses import FINAL
from taskmill.testing import Chaos, InProcessCloud

DAY_MS = 86_400_000
ASKED = pytest.mark.parametrize("seed", [None, 1, 2])


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Iterator[InProcessCloud]:
    DURING.clear()
    cancel_tasks.RAN.clear()
    seed = request.node.callspec.params.get("seed") if hasattr(request.node, "callspec") else None
    chaos = Chaos() if seed is None else Chaos(deliveries=2, seed=seed)
    with InProcessCloud(["cancel_tasks"], chaos=chaos) as cloud:
        yield cloud
    DURING.clear()


def rows(cloud: InProcessCloud) -> dict[tuple[str, str], Any]:
    return {(item["pk"]["S"], item["sk"]["S"]): item for item in cloud.table.scan()["Items"]}


def settles(cloud: InProcessCloud, key: TaskKey, *, but: tuple[str, ...] = ()) -> None:
    """Everything ends in a bounded number of steps; a day later, every row is as it was."""
    for _ in range(2_000):
        if not cloud.step():
            break
    else:
        pytest.fail("it never settles")
    settled = rows(cloud)
    cloud.wait(DAY_MS / 1000)
    cloud.run()

    assert rows(cloud) == settled
    assert get(cloud, key).status == "CANCELLED"
    for kind in ("TASK", "SFN_TASK"):
        for task in cloud.service.list_items_by_pk(tenant_code=TENANT, type=kind).items:
            assert task.status in FINAL or task.type in but, task.key


def cancelled_during(cloud: InProcessCloud, key: TaskKey) -> Callable[[Any], None]:
    """For `DURING`: cancels this task while another one runs."""
    return lambda _: cloud.service.cancel(key=key)


@ASKED
@pytest.mark.parametrize("steps", range(1, 8))
def test_a_fan_out_at_any_step(cloud: InProcessCloud, steps: int, seed: int | None) -> None:
    key = fan_out(cloud, "cancel-quick", list(range(30)), batch_size=5)
    for _ in range(steps):
        cloud.step()
    if get(cloud, key).status in FINAL:
        return
    cloud.service.cancel(key=key)

    settles(cloud, key)
    assert all(each.status in FINAL for each in cloud.service.get_all_sub_task(key=key))


def during_split(cloud: InProcessCloud, act: Callable[[], object]) -> None:
    """Do something while split reads the input."""

    def fault(name: str) -> None:
        if name == "s3.get_object":
            cloud.meter.fault = None
            act()

    cloud.meter.fault = fault


def test_a_fan_out_while_it_is_split(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "cancel-quick", list(range(2_000)))
    during_split(cloud, lambda: cloud.service.cancel(key=key))
    settles(cloud, key)

    assert {str(each.status) for each in cloud.service.get_all_sub_task(key=key)} == {"CANCELLED"}
    assert get(cloud, key).attributes["counts"]["cancelled"] == 2_000  # type: ignore[index,call-overload]
    assert cancel_tasks.RAN == []


def test_a_fan_out_cancelled_while_it_was_split_runs_whole_when_it_is_retried(
    cloud: InProcessCloud,
) -> None:
    key = fan_out(cloud, "cancel-quick", list(range(300)))
    during_split(cloud, lambda: cloud.service.cancel(key=key))
    cloud.run()
    assert get(cloud, key).status == "CANCELLED"

    cloud.service.retry(key=key)
    cloud.run()

    assert get(cloud, key).attributes["counts"] == {
        "total": 300,
        "completed": 300,
        "failed": 0,
        "cancelled": 0,
    }


def test_a_batch_stops_between_two_subtasks(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.fanout.batch_work.LOOK_UP_SECONDS", 0.0)
    key = fan_out(cloud, "cancel-notes", list(range(50)), batch_size=50)
    DURING.append(cancelled_during(cloud, key))

    settles(cloud, key)

    assert cancel_tasks.RAN == [0]
    DURING.clear()


def test_a_subtask_that_reports_progress_is_stopped_by_it(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "progresses", [0], batch_size=1)
    DURING.append(cancelled_during(cloud, key))

    settles(cloud, key)

    assert cloud.service.get_all_sub_task(key=key)[0].status in FINAL


def test_subtasks_that_wait_for_their_next_attempt(cloud: InProcessCloud) -> None:
    key = fan_out(cloud, "always-fails", list(range(5)), batch_size=5)
    while "ERRORED" not in [str(each.status) for each in cloud.service.get_all_sub_task(key=key)]:
        assert cloud.step()
    cloud.service.cancel(key=key)

    settles(cloud, key)
    assert {str(each.status) for each in cloud.service.get_all_sub_task(key=key)} == {"CANCELLED"}


@ASKED
@pytest.mark.parametrize("levels", [1, 2, 3])
def test_a_waiting_parent_and_the_children_of_its_children(
    cloud: InProcessCloud, levels: int, seed: int | None
) -> None:
    key = submit(cloud, "tree", levels)
    while get(cloud, key).status != "WAITING":
        assert cloud.step()
    cloud.service.cancel(key=key)

    settles(cloud, key)
    tasks = cloud.service.list_items_by_pk(tenant_code=TENANT).items
    assert "COMPLETED" not in [str(each.status) for each in tasks if each.type == "leaf-tomorrow"]


@ASKED
def test_a_parent_that_waits_for_a_fan_out(cloud: InProcessCloud, seed: int | None) -> None:
    key = submit(cloud, "maps-failing")
    while get(cloud, key).status != "WAITING":
        assert cloud.step()
    cloud.service.cancel(key=key)

    settles(cloud, key)


def test_a_parent_that_is_just_starting_children(cloud: InProcessCloud) -> None:
    key = submit(cloud, "starts-after-the-call")
    DURING.append(cancelled_during(cloud, key))

    settles(cloud, key)


def test_a_parent_that_has_returned_but_whose_children_are_open(cloud: InProcessCloud) -> None:
    key = submit(cloud, "leaves")
    while get(cloud, key).status != "FINISHED":
        assert cloud.step()
    cloud.service.cancel(key=key)

    settles(cloud, key)


@pytest.mark.parametrize("task_type", ["stays", "cancel-reports", "fails-then"])
def test_a_task_that_runs(cloud: InProcessCloud, task_type: str) -> None:
    """Whatever it returns, raises or reports after that, is not stored."""
    key = submit(cloud, task_type)
    DURING.append(cancelled_during(cloud, key))

    settles(cloud, key)
    assert "result" not in get(cloud, key).attributes
    assert "error" not in get(cloud, key).attributes


def test_a_task_that_its_submitter_runs(cloud: InProcessCloud) -> None:
    from taskmill.models import CreateTask

    key = TaskKey.of({"pk": f"TASK#{TENANT}", "sk": "stays#direct"})
    DURING.append(cancelled_during(cloud, key))
    task = CreateTask(tenant_code=TENANT, task_type="stays", code="direct")
    ended = cloud.service.create_task(task=task, execute_now=True)

    assert ended.status == "CANCELLED"
    settles(cloud, key)


@pytest.mark.parametrize("delay", [60, 7_200])
def test_a_task_that_is_due_later(cloud: InProcessCloud, delay: int) -> None:
    key = submit(cloud, "cancel-notes", 1, delay_seconds=delay)
    cloud.deliver_records()
    cloud.service.cancel(key=key)

    settles(cloud, key)
    assert cancel_tasks.RAN == []


def test_a_task_that_waits_for_its_next_attempt(cloud: InProcessCloud) -> None:
    key = submit(cloud, "always-fails", 1)
    while get(cloud, key).status != "ERRORED":
        assert cloud.step()
    cloud.service.cancel(key=key)

    settles(cloud, key)
    assert get(cloud, key).attempts == 1


def test_the_callbacks_of_a_cancelled_task_run_once_and_no_more(cloud: InProcessCloud) -> None:
    key = submit(
        cloud,
        "cancel-quick",
        1,
        delay_seconds=60,
        on_completion=["cancel-notes"],
        on_success=["progresses"],
    )
    cloud.deliver_records()
    cloud.service.cancel(key=key)

    settles(cloud, key)
    assert len(cancel_tasks.RAN) == 1


def test_a_callback_that_is_cancelled_itself(cloud: InProcessCloud) -> None:
    submit(cloud, "cancel-quick", 1, on_completion=["cancel-notes"])
    while not (found := cloud.service.list_items_by_pk(tenant_code=TENANT).items) or (
        not (callbacks := [each.key for each in found if each.type == "cancel-notes"])
    ):
        assert cloud.step()
    cloud.service.cancel(key=callbacks[0])

    settles(cloud, callbacks[0])
    assert cancel_tasks.RAN == []
