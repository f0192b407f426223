"""The table's conditions on expiry and deadline say the same as the pure rule, on both tables."""

import itertools
from typing import Any

import pytest
from builders import any_key, any_row
from moto_cloud import BOTH_TABLES

from taskmill.aws.dynamodb.grouped_claims import GroupedClaims, Wanted
from taskmill.errors import DeadlineExceeded, Expired, IllegalStatusChange
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.model.time_bounds import too_late
from taskmill.testing import InProcessCloud

# Now, a moment later, or absent.
TIMES = [None, 0, 1]
CLAIMABLE: dict[Status, dict[str, Any]] = {
    Status.CREATED: {},
    Status.QUEUED: {},
    Status.SCHEDULED: {"run_at": 1},
    Status.ERRORED: {"retry_at": 1},
    Status.WAITING: {"awaited_total": 1, "awaited_done": 1},
    Status.PROCESSING: {"lease_until": 1, "fence": "theirs"},
}


def at(cloud: InProcessCloud, offset: int | None) -> int | None:
    return None if offset is None else cloud.now + offset


def every_row(cloud: InProcessCloud) -> list[TaskRow]:
    return [
        any_row(
            key=any_key(code=f"c-{number}"),
            status=status,
            attempts=attempts,
            expires_at=at(cloud, expires),
            deadline_at=at(cloud, deadline),
            **CLAIMABLE[status],
        )
        for number, (status, attempts, expires, deadline) in enumerate(
            itertools.product(CLAIMABLE, (0, 1), TIMES, TIMES)
        )
    ]


@BOTH_TABLES
def test_a_claim_is_refused_if_and_only_if_the_task_is_too_late(cloud: InProcessCloud) -> None:
    rows = every_row(cloud)
    cloud.wiring.tasks.put_many(rows)

    for row in rows:
        late, error = too_late(row, cloud.now), None
        try:
            cloud.wiring.claims.claim(
                row.key, fence="mine", lease_until=cloud.now + 60_000, max_attempts=3
            )
        except (Expired, DeadlineExceeded) as refused:
            error = refused
        assert type(error) is type(late), row


@BOTH_TABLES
def test_claims_that_share_requests_leave_out_what_is_too_late(cloud: InProcessCloud) -> None:
    together = (Status.CREATED, Status.QUEUED, Status.SCHEDULED, Status.ERRORED)
    rows = [row for row in every_row(cloud) if row.status in together]
    cloud.wiring.tasks.put_many(rows)
    claims = GroupedClaims(
        cloud.wiring.table, retention_days=7, logger=cloud.wiring.logger, clock=cloud.clock
    )
    wanted = [
        Wanted(key=row.key, fence="mine", lease_until=cloud.now + 60_000, max_attempts=3)
        for row in rows
    ]

    claimed = [
        each for start in range(0, len(rows), 25) for each in claims.claim_many(wanted[start:][:25])
    ]

    assert [each is None for each in claimed] == [
        too_late(row, cloud.now) is not None for row in rows
    ]


@BOTH_TABLES
@pytest.mark.parametrize("target", [Status.STARTED, Status.PROCESSING])
def test_a_report_that_begins_a_task_asks_the_same(cloud: InProcessCloud, target: Status) -> None:
    rows = [
        row
        for row in every_row(cloud)
        if row.status not in (Status.WAITING, target) and row.status is not Status.PROCESSING
    ]
    cloud.wiring.tasks.put_many(rows)

    for row in rows:
        try:
            cloud.service.update_status(key=row.key, status=target)
            taken = True
        except IllegalStatusChange:
            taken = False
        late = too_late(row, cloud.now)
        assert taken is (late is None), row
        stands = cloud.service.get_task(key=row.key).status
        assert stands is (target if late is None else late.ends_as)
