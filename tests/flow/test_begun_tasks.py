"""A task that has begun does not expire, and is not replaced, when it waits to go on."""

from __future__ import annotations

from collections.abc import Iterator

import gated_and_paced_tasks
import limited_tasks
import pytest
from clouds import TENANT, get, submit
from slots import check_rest, submit_all

from taskmill.errors import Conflict
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import Status
from taskmill.testing import InProcessCloud


@pytest.fixture
def cloud() -> Iterator[InProcessCloud]:
    with InProcessCloud(modules=["limited_tasks", "gated_and_paced_tasks"]) as cloud:
        limited_tasks.reset(cloud)
        gated_and_paced_tasks.reset(cloud)
        yield cloud


def waiting_parent(cloud: InProcessCloud, **options: object) -> TaskKey:
    """A parent that waits for its child."""
    key = submit(cloud, "lim-family", 1, expires_seconds=60, **options)
    while get(cloud, key).status is not Status.WAITING:
        assert cloud.step()
    return key


def parked_parent(cloud: InProcessCloud, **options: object) -> TaskKey:
    """A parent whose child has ended, PARKED long after it would have expired."""
    key = waiting_parent(cloud, **options)
    cloud.service.pause(tenant_code=TENANT, task_type="lim-family")
    cloud.sleep(20)  # workers hear of it within 15 s
    cloud.advance(seconds=120)
    assert (get(cloud, key).status, get(cloud, key).attempts) == (Status.PARKED, 0)
    return key


def test_a_parent_that_gets_its_slot_again_after_its_expiry_goes_on(cloud: InProcessCloud) -> None:
    key = waiting_parent(cloud)
    cloud.sleep(120)
    cloud.run()

    assert get(cloud, key).status is Status.COMPLETED
    check_rest(cloud)


def test_a_parent_that_was_parked_after_its_expiry_goes_on(cloud: InProcessCloud) -> None:
    key = parked_parent(cloud)
    cloud.service.resume(tenant_code=TENANT, task_type="lim-family")
    cloud.run()

    assert get(cloud, key).status is Status.COMPLETED
    check_rest(cloud)


@pytest.mark.parametrize("on_conflict", ["replace", "coalesce"])
def test_a_parent_that_was_parked_keeps_its_key_and_its_input(
    cloud: InProcessCloud, on_conflict: str
) -> None:
    unique = {"key": "k", "onConflict": on_conflict}
    key = parked_parent(cloud, unique=unique)

    if on_conflict == "replace":
        with pytest.raises(Conflict):
            submit(cloud, "lim-family", 0, unique=unique)
    else:
        assert submit(cloud, "lim-family", 0, unique=unique) != key
    assert (get(cloud, key).status, get(cloud, key).input) == (Status.PARKED, 1)


def test_an_attempt_that_was_given_back_has_begun_all_the_same(cloud: InProcessCloud) -> None:
    """It meets a 429, comes again after its expiry, and has to wait for its slot then."""
    key = submit(cloud, "both-returned", 1, expires_seconds=30)
    while get(cloud, key).status is not Status.ERRORED:
        assert cloud.step()
    cloud.sleep(60)
    submit_all(cloud, "both-returned", range(2, 6))
    cloud.run()

    assert get(cloud, key).status is Status.COMPLETED
    check_rest(cloud)


def test_what_was_begun_from_outside_does_not_expire_either(cloud: InProcessCloud) -> None:
    key = submit(cloud, "lim-one", 1, expires_seconds=60)
    cloud.deliver_records()
    cloud.service.update_status(key=key, status="STARTED")
    cloud.service.update_status(key=key, status="WAITING")
    cloud.sleep(120)
    cloud.run()

    assert get(cloud, key).status is Status.COMPLETED
    check_rest(cloud)


def test_a_retry_of_a_task_that_had_begun_expires_anew(cloud: InProcessCloud) -> None:
    key = submit(cloud, "lim-fails", 1, expires_seconds=100)
    cloud.run()
    assert get(cloud, key).status is Status.FAILED
    cloud.service.retry(key=key)
    cloud.sleep(101)
    cloud.run()

    assert get(cloud, key).status is Status.CANCELLED
    check_rest(cloud)
