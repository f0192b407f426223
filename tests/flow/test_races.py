"""Cancel, retry, reports and completion at the same time, in many orders of their AWS calls.

Callers change tasks while two workers, which may hold the same message, run them. Whatever the
order, each request is done or refused, each move is legal, each run stores one result, and once
all is quiet every task has ended, with counts that agree with its parts.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from amounts import amount
from clouds import fan_out, submit
from interleaving import interleaved
from status_moves import illegal_moves

from taskmill.http.errors import as_known
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import is_fan_out
from taskmill.model.statuses import FINAL, Status
from taskmill.testing import Chaos, InProcessCloud

ORDERS = amount(100, fuzz=1_000)
GROUPS = 10  # the orders are divided among as many tests
REPORTED = [each for each in Status if each is not Status.CREATED]


def caller(
    cloud: InProcessCloud,
    keys: list[TaskKey],
    seed: int,
    refused: list[str],
    pause: Callable[[], None],
) -> Callable[[], None]:
    """Somebody who cancels, retries and reports, a few times, and is refused by the API's rules."""
    chance = random.Random(seed)  # noqa: S311  # an order, no secret

    def act() -> None:
        for _ in range(5):
            for _ in range(chance.randrange(12)):
                pause()
            key = chance.choice(keys)
            what = chance.choice(["cancel", "retry", "report", "report", "get_task"])
            told: dict[str, Any] = {}
            if what == "report":
                what, told["status"] = "update_status", chance.choice(REPORTED)
                told["attributes"] = {"note": "from outside"}
            try:
                getattr(cloud.service, what)(key=key, **told)
            except Exception as error:
                known = as_known(error)  # what the API would answer; None is a 500
                if known is None or known.http_status >= 500:
                    raise
                refused.append(known.code)

    return act


def works(cloud: InProcessCloud) -> Callable[[], None]:
    """Delivers messages, records and steps, as long as there are any."""

    def act() -> None:
        for _ in range(60):
            if not cloud.step():
                cloud.now += 20_000  # leases and pauses pass while others are in mid-call

    return act


def play(seed: int) -> Counter[str]:
    chaos = Chaos(deliveries=1 + seed % 2, seed=seed)
    cloud = InProcessCloud(modules=["flow_tasks", "family_tasks"], chaos=chaos)
    interleaving = interleaved(cloud, seed)
    with cloud:
        keys = [
            submit(cloud, "echo", 1),
            submit(cloud, "flaky", 1),
            submit(cloud, "fails"),
            submit(cloud, "gathers", 3),
            submit(cloud, "starts-then-waits", 2),
            fan_out(cloud, "flaky", [0, 1, 0, 1], batch_size=2),
        ]
        refused: list[str] = []
        interleaving.run(
            works(cloud),
            works(cloud),
            *(caller(cloud, keys, seed * 7 + n, refused, interleaving.pause) for n in range(3)),
        )
        cloud.run()
        check(cloud, keys)
    assert interleaving.switches > 50
    return Counter(refused)


def check(cloud: InProcessCloud, keys: list[TaskKey]) -> None:
    assert not list(illegal_moves(cloud))
    for key in keys:
        task = cloud.service.get_task(key=key)
        assert task.status in FINAL, key
        if is_fan_out(key):
            parts = list(cloud.service.get_all_sub_task(key=key))
            ends = Counter(str(each.status).lower() for each in parts)
            counts: Any = task.attributes["counts"]
            assert {name: counts[name] for name in ends} == ends, key
        else:
            parts = cloud.service.list_children(key=key)
        assert all(each.status in FINAL for each in parts), key
    assert not cloud.topics.published.get("dead-letters")


@pytest.mark.parametrize("group", range(GROUPS))
def test_requests_and_workers_in_any_order_leave_every_task_at_a_true_end(group: int) -> None:
    refused: Counter[str] = Counter()
    for seed in range(group, ORDERS, GROUPS):
        try:
            refused += play(seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
    assert refused  # some came too late
