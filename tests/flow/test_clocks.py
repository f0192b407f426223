"""Workers whose clocks disagree with AWS: nothing waits longer, starts sooner or is stolen."""

from collections.abc import Iterator
from typing import Any

import pytest
from builders import any_key, held, raw, stored
from clouds import get, submit

from taskmill.aws.sqs.protocol import Message
from taskmill.model.statuses import Status
from taskmill.testing import Chaos, InProcessCloud

WORKERS = {"lambda": {}, "consumer": {"TASKMILL_RUNNER": "container"}}


@pytest.fixture(params=[-600, 600, -30, 30], ids=lambda skew: f"{skew} s")
def skew(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture(params=WORKERS)
def cloud(request: pytest.FixtureRequest, skew: float) -> Iterator[InProcessCloud]:
    chaos = Chaos(clock_skew_seconds=skew)
    settings = WORKERS[request.param]
    with InProcessCloud(
        modules=["later_tasks", "unit_tasks"], environment=settings, chaos=chaos
    ) as cloud:
        cloud.wiring.queue("TASKMILL_QUEUE_URL").receive(1)  # as a consumer's first call
        yield cloud


def test_a_retry_that_is_due_is_not_hidden(cloud: InProcessCloud) -> None:
    row = stored(
        cloud, key=any_key(type="export"), status=Status.ERRORED, retry_at=cloud.now, input="1"
    )
    cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(row.key)])
    began = cloud.now

    cloud.run()

    assert get(cloud, row.key).status == "COMPLETED"
    started = get(cloud, row.key).started_at
    assert started is not None
    assert -3_000 <= started.timestamp() * 1000 - began <= 5_000


def test_a_lease_that_holds_is_not_taken(cloud: InProcessCloud) -> None:
    row = held(cloud, key=any_key(type="export"), input="1")
    before = raw(cloud, row.key)
    cloud.wiring.queue("TASKMILL_QUEUE_URL").send([Message(row.key)])

    while cloud.step():
        pass

    assert raw(cloud, row.key) == before


def test_a_later_task_is_neither_early_nor_late(cloud: InProcessCloud) -> None:
    began = cloud.now
    key = submit(cloud, "export", 1, delay_seconds=120)

    cloud.run()

    started = get(cloud, key).started_at
    assert started is not None
    assert -3_000 <= started.timestamp() * 1000 - (began + 120_000) <= 5_000


def test_the_lease_of_a_new_attempt_is_as_long_as_it_should_be(cloud: InProcessCloud) -> None:
    key = submit(cloud, "export", 1)

    cloud.run()

    until = cloud.wiring.tasks.get(key).lease_until or 0
    assert 60_000 <= until - cloud.now <= 140_000
