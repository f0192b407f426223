"""Pauses of a type or a tenant: what is not running waits, without messages, until it resumes."""

from collections import Counter

import pytest
from clouds import TENANT, fan_out, submit

from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import Chaos, InProcessCloud

WILD = Chaos(seed=3, deliveries=2)


@pytest.fixture(params=[Chaos(), WILD], ids=["calm", "wild"])
def cloud(request: pytest.FixtureRequest):
    with InProcessCloud(modules=["flow_tasks"], chaos=request.param) as started:
        yield started


def statuses(cloud: InProcessCloud, keys: list[TaskKey]) -> Counter[str]:
    return Counter(str(cloud.wiring.tasks.get(key).status) for key in keys)


def rest(cloud: InProcessCloud) -> None:
    """Do all that is due, and see that no message is left."""
    cloud.advance(seconds=60)
    assert not any(cloud.queues.visible(url) for url in cloud.deliveries.all_urls)


def test_what_is_submitted_to_a_paused_type_waits_until_it_resumes(cloud: InProcessCloud) -> None:
    pauses = cloud.wiring.pauses
    pauses.pause(TENANT, "echo", by="ops")
    held = [submit(cloud, "echo", number) for number in range(20)]
    others = [submit(cloud, "sized", number) for number in range(5)]
    rest(cloud)

    assert statuses(cloud, held) == {"PARKED": 20}
    assert statuses(cloud, others) == {"COMPLETED": 5}
    assert [each.task_type for each in pauses.of_tenant(TENANT)] == ["echo"]

    pauses.resume(TENANT, "echo")
    cloud.run()
    assert statuses(cloud, held) == {"COMPLETED": 20}
    assert list(pauses.of_tenant(TENANT)) == []
    assert {cloud.wiring.tasks.get(key).attempts for key in held} == {1}


def test_a_paused_tenant_holds_back_all_its_types_and_nobody_elses(cloud: InProcessCloud) -> None:
    cloud.wiring.pauses.pause(TENANT, "", by=None)
    held = [submit(cloud, task_type, 1) for task_type in ("echo", "sized", "echo")]
    with cloud.client("other") as client:
        theirs = client.submit("echo", 1)
    rest(cloud)

    assert statuses(cloud, held) == {"PARKED": 3}
    assert cloud.wiring.tasks.get(theirs.key).status is Status.COMPLETED
    cloud.wiring.pauses.resume(TENANT, "")
    cloud.run()
    assert statuses(cloud, held) == {"COMPLETED": 3}


def test_a_task_between_two_attempts_waits_and_keeps_its_attempts(cloud: InProcessCloud) -> None:
    key = submit(cloud, "flaky", 2)
    cloud.advance(seconds=1)
    assert cloud.wiring.tasks.get(key).status is Status.ERRORED
    cloud.wiring.pauses.pause(TENANT, "flaky", by=None)
    cloud.advance(seconds=3_600)

    assert cloud.wiring.tasks.get(key).status is Status.PARKED
    cloud.wiring.pauses.resume(TENANT, "flaky")
    cloud.run()
    row = cloud.wiring.tasks.get(key)
    assert row.ended
    assert row.attempts >= 2


def test_a_fan_out_of_a_paused_type_starts_when_it_resumes(cloud: InProcessCloud) -> None:
    cloud.wiring.pauses.pause(TENANT, "echo", by=None)
    key = fan_out(cloud, "echo", range(50))
    rest(cloud)
    assert cloud.wiring.tasks.get(key).status is Status.PARKED

    cloud.wiring.pauses.resume(TENANT, "echo")
    cloud.run()
    assert cloud.wiring.tasks.get(key).attributes["counts"]["completed"] == 50


def test_a_held_task_can_be_cancelled_and_does_not_come_back(cloud: InProcessCloud) -> None:
    cloud.wiring.pauses.pause(TENANT, "echo", by=None)
    cancelled, kept = submit(cloud, "echo", 1), submit(cloud, "echo", 2)
    rest(cloud)
    cloud.service.cancel(key=cancelled)
    cloud.wiring.pauses.resume(TENANT, "echo")
    cloud.run()

    assert cloud.wiring.tasks.get(cancelled).status is Status.CANCELLED
    assert cloud.wiring.tasks.get(kept).status is Status.COMPLETED


def test_more_than_one_delivery_can_let_go_on_do_so(
    cloud: InProcessCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taskmill.dispatch.emitters.pauses.PAGES", 2)
    monkeypatch.setattr("taskmill.dispatch.emitters.pauses.PARKED_TOGETHER", 10)
    cloud.wiring.pauses.pause(TENANT, "echo", by=None)
    held = [submit(cloud, "echo", number) for number in range(95)]
    rest(cloud)
    assert statuses(cloud, held) == {"PARKED": 95}

    cloud.wiring.pauses.resume(TENANT, "echo")
    cloud.run()
    assert statuses(cloud, held) == {"COMPLETED": 95}


def test_a_worker_that_has_not_heard_that_it_is_over_holds_nobody_back(
    cloud: InProcessCloud,
) -> None:
    pauses = cloud.wiring.pauses
    pauses.pause(TENANT, "echo", by=None)
    assert pauses.may_hold(TENANT, "echo")
    pauses.resume(TENANT, "echo")
    assert pauses.may_hold(TENANT, "echo")  # as it was read some seconds ago

    key = submit(cloud, "echo", 1)
    cloud.run()
    assert cloud.wiring.tasks.get(key).status is Status.COMPLETED


def test_one_that_is_parked_after_the_pause_was_over_goes_on_by_itself(
    cloud: InProcessCloud,
) -> None:
    """The worker looked before the pause ended, and parks after that."""
    pauses, waiters = cloud.wiring.pauses, cloud.wiring.waiters
    key = submit(cloud, "echo", 1)
    pauses.pause(TENANT, "echo", by=None)
    gate = pauses.gate_of(TENANT, "echo")
    assert gate is not None
    pauses.resume(TENANT, "echo")
    cloud.deliver_records()  # the dispatcher finds nobody who waits
    waiters.park([cloud.wiring.tasks.get(key)], gate)
    assert cloud.wiring.tasks.get(key).status is Status.PARKED
    cloud.run()

    assert cloud.wiring.tasks.get(key).status is Status.COMPLETED


def test_pausing_twice_is_pausing_once(cloud: InProcessCloud) -> None:
    pauses = cloud.wiring.pauses
    first = pauses.pause(TENANT, "echo", by="ops")
    cloud.sleep(10)

    assert pauses.pause(TENANT, "echo", by="other") == first
    assert pauses.resume(TENANT, "echo") == first
    assert pauses.resume(TENANT, "echo") is None


def test_a_stack_without_pauses_pays_one_read_in_15_seconds() -> None:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        for number in range(50):
            submit(cloud, "echo", number)
        before = cloud.meter.calls["dynamodb.batch_get_item"]
        cloud.run()
        assert cloud.meter.calls["dynamodb.batch_get_item"] - before == 1


def test_a_pause_holds_back_those_that_wait_for_a_slot_too() -> None:
    with InProcessCloud(modules=["shown_limit_tasks"], chaos=WILD) as cloud:
        keys = [submit(cloud, "limited-import", number) for number in range(10)]
        cloud.deliver_records()
        assert statuses(cloud, keys) == {"QUEUED": 3, "PARKED": 7}
        cloud.wiring.pauses.pause(TENANT, "limited-import", by=None)
        cloud.sleep(16)  # what this process has read before is old now
        late = submit(cloud, "limited-import", 10)
        cloud.advance(seconds=60)

        # Those that had a slot have run. Nobody got it after them.
        assert statuses(cloud, [*keys, late]) == {"COMPLETED": 3, "PARKED": 8}
        cloud.wiring.pauses.resume(TENANT, "limited-import")
        cloud.run()
        assert statuses(cloud, [*keys, late]) == {"COMPLETED": 11}


def test_looking_at_pauses_reads_one_row_and_those_of_the_tenants_own() -> None:
    with InProcessCloud(modules=["flow_tasks"]) as cloud:
        pauses = cloud.wiring.pauses
        pauses.pause("other", "echo", by=None)
        before = cloud.meter.calls.copy()
        assert list(pauses.of_tenant(TENANT)) == []
        assert cloud.meter.calls - before == {"dynamodb.get_item": 1}

        pauses.pause(TENANT, "sized", by="ops")
        pauses.pause(TENANT, "echo", by=None)
        before = cloud.meter.calls.copy()
        found = [(each.task_type, each.by) for each in pauses.of_tenant(TENANT)]
        assert found == [("echo", None), ("sized", "ops")]
        assert cloud.meter.calls - before == {"dynamodb.get_item": 1, "dynamodb.batch_get_item": 1}
