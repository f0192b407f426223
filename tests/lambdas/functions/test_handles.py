"""Handles, over both ways to a task: a service in this process, and the API over HTTP."""

import asyncio
import pickle
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from handle_tasks import Invoice, Order, bill, counts_up, fill, untyped
from network import URL, Network

from taskmill import MapHandle, TaskFailed, TaskHandle, TaskNotFound, WaitTimeout, connected
from taskmill.client import TaskClient
from taskmill.errors import Conflict, IllegalStatusChange, InvalidInput, InvalidKey, InvalidRequest
from taskmill.model.keys import Kind, TaskKey
from taskmill.testing import InProcessCloud

LATER = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)


@dataclass
class Place:
    """Where handles lead to in a test."""

    cloud: InProcessCloud

    def tasks(self) -> int:
        return sum(
            len(self.cloud.service.list_items_by_pk(tenant_code="mbc", type=kind).items)
            for kind in Kind
        )


@pytest.fixture(params=["service", "http"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with InProcessCloud(["handle_tasks"], environment={"TASKMILL_TENANT": "mbc"}) as cloud:
        if request.param == "service":
            yield Place(cloud)
            return
        session = botocore.session.Session()
        session.set_credentials("AKIAEXAMPLE", "secret")
        network = Network(cloud, idle=True)
        with (
            TaskClient(
                URL, tenant="mbc", session=session, transport=network, sleep=cloud.wait
            ) as client,
            connected(client),
        ):
            yield Place(cloud)


def test_a_submit_returns_at_once(place: Place) -> None:
    handle = bill.submit(Order(number=1), tenant="abc")

    assert handle.status() == "QUEUED"
    assert (handle.key.tenant, handle.key.type) == ("abc", "bill")
    assert handle.task().input == {"number": 1, "due": "2030-01-01"}


def test_waiting_gives_the_typed_result(place: Place) -> None:
    handle = bill.submit(Order(number=3))

    assert handle.wait() == Invoice(order=3, cents=300)
    assert handle.result() == Invoice(order=3, cents=300)


def test_an_argument_may_be_given_as_json_makes_it(place: Place) -> None:
    handle = bill.submit({"number": "3", "due": "2031-01-01"})

    assert handle.wait() == Invoice(order=3, cents=300)


def test_a_call_stays_a_plain_call(place: Place) -> None:
    assert bill(Order(number=2, due=date(2031, 1, 1))) == Invoice(order=2, cents=200)
    assert place.tasks() == 0


def test_a_wrong_argument_is_refused_with_its_field_before_anything_is_stored(
    place: Place,
) -> None:
    with pytest.raises(InvalidInput, match=r"^due: .*date"):
        bill.submit({"number": 1, "due": "tomorrow"})

    assert place.tasks() == 0


def test_every_option_arrives(place: Place) -> None:
    task = bill.submit(
        Order(number=1),
        name="March",
        code="march",
        notify="none",
        run_at=LATER,
        priority="high",
        on_success=untyped,
        on_failure="page-somebody",
        on_completion=["untyped", "other"],
        log_ids={"orderId": "17"},
    ).task()

    assert (task.name, task.code, task.notify, task.priority) == ("March", "march", "none", "high")
    assert task.run_at == LATER
    assert task.callbacks == (
        ("success", "untyped"),
        ("failure", "page-somebody"),
        ("completion", "untyped"),
        ("completion", "other"),
    )
    assert task.log_ids == {"orderId": "17"}


def test_the_same_idempotency_key_gives_the_same_task(place: Place) -> None:
    first, again = (bill.submit(Order(number=1), idempotency_key="r-17") for _ in range(2))

    assert first == again
    assert place.tasks() == 1


def test_a_wrong_option_is_refused_with_its_name(place: Place) -> None:
    with pytest.raises(InvalidRequest, match=r"run(_a|A)t.*time ?zone"):
        bill.submit(Order(number=1), run_at=LATER.replace(tzinfo=None))
    with pytest.raises(InvalidRequest, match=r"delay(_s|S)econds: "):
        bill.submit(Order(number=1), delay_seconds=-1)

    assert place.tasks() == 0


def test_a_failed_task_raises_its_stored_error(place: Place) -> None:
    handle = bill.submit(Order(number=-1))

    with pytest.raises(TaskFailed, match="Abort: -1 is no order") as failed:
        handle.wait()

    error = failed.value.error
    assert (error["type"], error["message"]) == ("Abort", "-1 is no order")
    assert "raise Abort" in error["stack"]
    with pytest.raises(TaskFailed, match="-1 is no order"):
        handle.result()


def test_a_task_that_has_not_ended_has_no_result(place: Place) -> None:
    with pytest.raises(Conflict, match="is QUEUED: it has no result yet; wait"):
        bill.submit(Order(number=1)).result()


def test_waiting_ends_when_its_time_is_over(place: Place) -> None:
    handle = bill.submit(Order(number=1), delay_seconds=86_400)

    with pytest.raises(WaitTimeout, match=r"after 0\.05 s") as late:
        handle.wait(timeout_seconds=0.05)

    assert late.value.task.key == handle.key
    assert handle.status() in ("CREATED", "SCHEDULED")


def test_a_missing_task_is_not_found(place: Place) -> None:
    handle = TaskHandle.of("TASK#mbc/bill#nowhere")

    for ask in (handle.task, handle.wait, handle.result, handle.cancel, handle.retry):
        with pytest.raises(TaskNotFound, match="no task bill nowhere of tenant mbc"):
            ask()


def test_a_task_can_be_cancelled_and_retried(place: Place) -> None:
    handle = bill.submit(Order(number=1))

    assert handle.cancel().status == "CANCELLED"
    with pytest.raises(TaskFailed, match="is CANCELLED"):
        handle.wait()
    assert handle.retry().run == 2
    assert handle.wait() == Invoice(1, 100)
    with pytest.raises(IllegalStatusChange):
        handle.retry()


def test_progress_of_a_single_task_is_what_it_last_said(place: Place) -> None:
    handle = counts_up.submit(50)
    before = handle.progress()
    place.cloud.service.update_status(
        key=handle.key, status="PROCESSING", attributes={"progress": {"done": 12, "total": 50}}
    )
    between = handle.progress()
    place.cloud.service.update_status(key=handle.key, status="COMPLETED")
    after = handle.progress()

    assert (before.status, before.percent) == ("QUEUED", 0.0)
    assert (between.completed, between.total, between.percent) == (12, 50, 24.0)
    assert between.running == 38
    assert (after.status, after.percent, after.running) == ("COMPLETED", 100.0, 0)


def test_progress_may_hold_anything(place: Place) -> None:
    handle = counts_up.submit(50)
    for told in ("half", {"done": "half"}, {"done": 1, "total": 0}, {"done": None}):
        attributes = {"progress": told}
        place.cloud.service.update_status(
            key=handle.key, status="PROCESSING", attributes=attributes
        )

        assert handle.progress().percent == 0.0


def test_a_large_result_is_fetched(place: Place) -> None:
    handle = fill.submit(50_000)

    assert handle.wait() == "x" * 50_000
    assert "resultRef" in handle.task().attributes


def test_a_map_waits_for_its_counts_and_reads_typed_results_in_order(place: Place) -> None:
    handle = bill.map([Order(number=2), {"number": -1}, Order(number=3)], tolerated_failures=1)

    counts = handle.wait()

    assert counts == {"total": 3, "completed": 2, "failed": 1, "cancelled": 0}
    assert handle.result() == counts
    assert list(handle.results()) == [Invoice(2, 200), None, Invoice(3, 300)]
    assert [each.status for each in handle.subtasks()] == ["COMPLETED", "FAILED", "COMPLETED"]
    progress = handle.progress()
    assert (progress.total, progress.completed, progress.failed) == (3, 2, 1)


def test_large_results_of_subtasks_are_fetched(place: Place) -> None:
    handle = fill.map([5_000, 1, 6_000])

    handle.wait()

    assert [len(each) for each in handle.results()] == [5_000, 1, 6_000]


def test_a_map_has_no_results_before_its_end_nor_after_a_failure(place: Place) -> None:
    handle = bill.map([Order(number=-1)])

    with pytest.raises(Conflict, match="is CREATED"):
        handle.results()
    with pytest.raises(TaskFailed):
        handle.wait()
    with pytest.raises(TaskFailed):
        handle.results()


def test_a_map_over_many_pages_keeps_its_order(place: Place) -> None:
    handle = untyped.map(range(1_100), notify="none")

    handle.wait()

    assert list(handle.results()) == list(range(1_100))


def test_a_wrong_element_is_named_by_its_place_before_anything_is_stored(place: Place) -> None:
    with pytest.raises(InvalidInput, match=r"^input\[2\]: number: "):
        bill.map({"number": each} for each in (0, 1, "two"))

    assert place.tasks() == 0


@pytest.mark.parametrize("inputs", ["abc", {"a": 1}, b"abc"])
def test_what_is_no_list_of_inputs_is_refused(place: Place, inputs: object) -> None:
    with pytest.raises(InvalidRequest, match="give a list or an iterator"):
        untyped.map(inputs)  # type: ignore[arg-type]


def test_a_map_takes_the_options_of_fan_outs(place: Place) -> None:
    handle = untyped.map(
        range(4), tolerated_failures="50%", batch_size=2, max_concurrency=1, name="four"
    )

    task = handle.task()
    assert (task.batch_size, task.max_concurrency, task.name) == (2, 1, "four")
    assert task.tolerated_failures == "50%"


def test_a_handle_is_taken_up_by_whatever_names_its_task(place: Place) -> None:
    submitted = bill.submit(Order(number=4))
    submitted.wait()

    for name in (submitted, submitted.key, str(submitted), submitted.task(), _mapping(submitted)):
        handle = TaskHandle.of(name)
        assert handle == submitted
        assert handle.result() == Invoice(4, 400)  # typed: the function is in this process


def test_a_function_of_ones_own_types_a_result(place: Place) -> None:
    key = untyped.submit({"order": 1, "cents": 2}).key
    TaskHandle.of(key).wait()

    assert TaskHandle.of(key).result() == {"order": 1, "cents": 2}
    assert TaskHandle.of(key, bill).result() == Invoice(1, 2)


def test_a_fan_out_is_taken_up_as_what_it_is(place: Place) -> None:
    submitted = untyped.map([1, 2])

    assert isinstance(TaskHandle.of(submitted.key), MapHandle)
    assert MapHandle.of(str(submitted)).wait()["completed"] == 2
    assert TaskHandle.of(submitted.key.subtask(1)).result() == 2
    with pytest.raises(InvalidKey, match="is no step function task"):
        MapHandle.of(TaskKey(Kind.TASK, "mbc", "untyped", "1"))


def test_handles_are_pickled_by_key(place: Place) -> None:
    single, fan_out = bill.submit(Order(number=5)), bill.map([Order(number=6)])

    taken_up, fan_out_taken_up = pickle.loads(pickle.dumps([single, fan_out]))  # noqa: S301

    assert taken_up.wait() == Invoice(5, 500)
    assert fan_out_taken_up.wait()["completed"] == 1
    assert {single, taken_up} == {single}


def test_a_handle_says_what_it_is() -> None:
    text = "TASK#mbc/bill#17"

    assert repr(TaskHandle.of(text)) == f"TaskHandle.of({text!r})"
    assert repr(MapHandle.of(f"SFN_{text}")) == f"MapHandle.of('SFN_{text}')"
    assert f"{TaskHandle.of(text)}" == text


def test_many_are_waited_for_at_once_in_an_event_loop(place: Place) -> None:
    handles = [bill.submit(Order(number=each), delay_seconds=each) for each in range(40)]

    async def wait_for_all() -> list[Invoice]:
        return await asyncio.gather(*(each.wait_async() for each in handles))

    assert asyncio.run(wait_for_all()) == [Invoice(each, 100 * each) for each in range(40)]


def test_who_waits_at_once_sees_nothing_half_done(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = place.cloud.stream.take

    def take_slowly(count: int) -> list[dict[str, Any]]:
        records = take(count)
        time.sleep(0.01)  # for others to look: the stream is empty, and nothing was sent yet
        return records

    monkeypatch.setattr(place.cloud.stream, "take", take_slowly)
    handles = [bill.submit(Order(number=each)) for each in range(8)]

    async def wait_for_all() -> list[Invoice]:
        return await asyncio.gather(*(each.wait_async() for each in handles))

    assert asyncio.run(wait_for_all()) == [Invoice(each, 100 * each) for each in range(8)]


def test_an_event_loop_learns_of_failures_and_timeouts_too(place: Place) -> None:
    failing, late = (
        bill.submit(Order(number=-1)),
        bill.submit(Order(number=1), delay_seconds=86_400),
    )

    with pytest.raises(TaskFailed):
        asyncio.run(failing.wait_async())
    with pytest.raises(WaitTimeout):
        asyncio.run(late.wait_async(timeout_seconds=0.05))


def _mapping(handle: TaskHandle) -> dict[str, str]:
    return handle.key.as_dict()
